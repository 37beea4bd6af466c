"""The canonical form of front matter: the order of its keys, and the space between what is written."""

import re

from surefoot.prompts.declarations import KEYS
from surefoot.prompts.front_matter import Written, top_keys, written_pieces


def front_formed(front: str) -> str:
    """The lines between the fences in canonical form, each line ended. Values and comments stay."""
    return _ordered(_spaced(front))


def _spaced(front: str) -> str:
    """One space where one belongs, two before a comment, no blank lines, none at a line's end."""
    written: list[str] = []
    before: Written | None = None
    for piece in [*written_pieces(front), None]:
        start = len(front) if piece is None else piece.start
        between = front[before.end if before else 0 : start]
        written.append(_between(before, between, piece))
        written.append(front[start : piece.end] if piece else "")
        before = piece
    text = "".join(written)
    return text.lstrip("\n") + ("" if text.endswith("\n") else "\n")


def _between(before: Written | None, between: str, after: Written | None) -> str:
    if between.strip(" \t\n") and not _is_comments(between):
        return between  # a sign of YAML that has no piece of its own
    if before is not None and before.kind == "block text":
        return between  # its own blank lines may end here
    if "\n" not in between and after is not None:
        return _space(before, between, after)
    first, *rest = between.split("\n")
    remark = first.strip(" \t")
    lines = [f"  {remark}" if remark and before is not None else remark]
    lines += [line.rstrip(" \t") for line in rest[:-1] if line.strip(" \t")]
    return "\n".join(
        [*lines, *(rest[-1:] if after is not None else [line for line in rest[-1:] if line.strip()])]
    )


def _is_comments(between: str) -> bool:
    return all(re.match(r"[ \t]*(#|\Z)", line) for line in between.split("\n"))


def _space(before: Written | None, between: str, after: Written) -> str:
    """What stands between two pieces of one line."""
    if before is None or "other" in (before.kind, after.kind):
        return between
    if before.kind == "open" or after.kind in ("close", "comma"):
        return ""
    if after.kind == "colon":
        return "" if before.kind == "scalar" else between
    return " " if before.kind in ("comma", "colon") else between


def _ordered(front: str) -> str:
    """The keys in their order, each with its value and the comments that stand right above it."""
    keys = top_keys(front)
    lines = front.removesuffix("\n").split("\n")
    starts = [(name, front.count("\n", 0, place)) for name, place in keys]
    if not starts or len({line for _, line in starts}) < len(starts):
        return front
    firsts = [_with_comments(lines, line) for _, line in starts]
    firsts[0] = _below_the_heading(lines, firsts[0], starts[0][1])
    last = _with_comments([*lines, ""], len(lines))
    ends = [*firsts[1:], max(last, starts[-1][1] + 1)]
    blocks = {name: lines[first:end] for (name, _), first, end in zip(starts, firsts, ends, strict=True)}
    ranked = sorted(blocks, key=lambda name: KEYS.index(name) if name in KEYS else len(KEYS))
    moved = [line for name in ranked for line in blocks[name]]
    return "".join(f"{line}\n" for line in [*lines[: firsts[0]], *moved, *lines[ends[-1] :]])


def _with_comments(lines: list[str], line: int) -> int:
    """The first of the comment lines right above a line."""
    while line and lines[line - 1].startswith("#"):
        line -= 1
    return line


def _below_the_heading(lines: list[str], first: int, key: int) -> int:
    """A comment for editors heads the front matter, whatever key comes first."""
    return next(
        (number + 1 for number in range(key - 1, first - 1, -1) if "yaml-language-server" in lines[number]),
        first,
    )
