"""The canonical form of a template: role tags on lines of their own, and one space within every tag.

The text of messages stays as it is, but for the blank lines at a message's start and the white space at its
end, which no message keeps.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from surefoot.prompts.rendering import without_blank_lines
from surefoot.prompts.templates import new_environment

_BEGINNINGS = ("block_begin", "variable_begin", "comment_begin", "raw_begin")
_ENDS = ("block_end", "variable_end", "comment_end", "raw_end")
_ROLE = re.compile(r"\{%[-+]? (end)?(system|user|assistant|history) [-+]?%\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A tag as it is to be written, and the text that stood before it."""

    before: str
    tag: str
    role: str = ""


def body_formed(body: str) -> str:
    """The template in canonical form, its last line ended."""
    pieces, rest = _pieces(body)
    return "".join(_written(pieces, rest)).strip() + "\n"


def _written(pieces: list[_Piece], rest: str) -> Iterator[str]:
    within, opened = False, False
    for piece in pieces:
        if not within:
            yield _outside(piece)
        elif piece.role == "end":
            yield _last(piece.before, opened)
        else:
            yield _first(piece) if opened else piece.before
        yield piece.tag
        opened = piece.role == "begin"
        within = opened or (within and piece.role != "end")
    yield rest


def _outside(piece: _Piece) -> str:
    """Between messages: a line's end, and a blank line where there were some."""
    lines = piece.before.count("\n")
    if not lines and piece.tag.startswith("{#"):
        return " "
    return "\n" * min(max(lines, 1), 2)


def _first(piece: _Piece) -> str:
    """What stands between a role tag and the first tag of its message."""
    text = piece.before
    if text and not text.strip() and "\n" not in text and not piece.tag.startswith("{{"):
        return text  # on a line of its own the tag would lose this space
    return "\n" + without_blank_lines(text)


def _last(text: str, opened: bool) -> str:
    """What stands before the end tag of a message; all of the message, when it was just opened."""
    if not opened:
        return text.rstrip() + "\n"
    text = without_blank_lines(text).rstrip()
    return f"\n{text}\n" if text else "\n"


def _pieces(body: str) -> tuple[list[_Piece], str]:
    """The tags of the template with the texts before them, and the text after the last."""
    pieces: list[_Piece] = []
    at, begun, inner, kind = 0, 0, [""], ""
    before = ""
    for _, name, value in new_environment().lexer.tokeniter(body, None):
        if name in _BEGINNINGS:
            begun = body.index(value.strip(), at)
            before, inner, kind, at = body[at:begun], [], name, begun + len(value.strip())
        elif name in _ENDS:
            at = body.index(value.strip(), at) + len(value.strip())
            pieces.append(_piece(before, body[begun:at], inner, kind))
        elif name != "data":
            at = body.index(value, at) + len(value)
            inner.append(" " if name == "whitespace" and "\n" not in value else value)
    return pieces, body[at:]


def _piece(before: str, source: str, inner: list[str], kind: str) -> _Piece:
    if kind == "raw_begin":
        return _Piece(before=before, tag=source)
    opening = source[: 3 if source[2] in "-+" else 2]
    closing = source[-3 if source[-3] in "-+" else -2 :]
    held = "".join(inner).strip()
    tag = f"{opening} {held} {closing}" if held and not held.isspace() else source
    role = _ROLE.fullmatch(tag)
    if role is None:
        return _Piece(before=before, tag=tag)
    return _Piece(before=before, tag=tag, role="end" if role[1] else "" if role[2] == "history" else "begin")
