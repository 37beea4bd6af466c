"""A writer of small PDF files: words where a test puts them, rules, and pages."""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT, WIDTH = 792, 612


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A line of text with its left end and its top, in points from the page's top left corner."""

    text: str
    left: float
    top: float
    size: float = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A straight line from one point to another."""

    start: tuple[float, float]
    end: tuple[float, float]


def column(lines: Sequence[str], left: float, top: float, *, leading: float = 12) -> list[Put]:
    """Lines below one another."""
    return [Put(text=line, left=left, top=top + at * leading) for at, line in enumerate(lines)]


def grid(rows: Sequence[Sequence[str]], left: float, top: float, *, wide: float = 110) -> list[Put | Rule]:
    """A ruled table."""
    high = 16.0
    right, bottom = left + wide * len(rows[0]), top + high * len(rows)
    lines: list[Put | Rule] = [
        Rule(start=(left, top + at * high), end=(right, top + at * high)) for at in range(len(rows) + 1)
    ]
    lines += [
        Rule(start=(left + at * wide, top), end=(left + at * wide, bottom)) for at in range(len(rows[0]) + 1)
    ]
    lines += [
        Put(text=cell, left=left + 4 + across * wide, top=top + 3 + down * high)
        for down, row in enumerate(rows)
        for across, cell in enumerate(row)
    ]
    return lines


def pdf(*pages: Sequence[Put | Rule]) -> bytes:
    """A whole file."""
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
    ]
    for at, page in enumerate(pages):
        drawn = b"\n".join(_drawn(one) for one in page)
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {5 + 2 * at} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        bodies.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
    out = b"%PDF-1.4\n"
    offsets = []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return out + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(bodies) + 1, table, len(bodies) + 1, len(out))
    )


def _drawn(one: Put | Rule) -> bytes:
    if isinstance(one, Rule):
        (left, top), (right, bottom) = one.start, one.end
        return f"1 w {left} {HEIGHT - top} m {right} {HEIGHT - bottom} l S".encode()
    text = one.text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    baseline = HEIGHT - one.top - one.size
    return f"BT /F1 {one.size} Tf {one.left} {baseline} Td ({text}) Tj ET".encode("cp1252")
