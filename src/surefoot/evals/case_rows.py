"""What other tools' files hold, row by row, before it is known whether a suite can take it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from surefoot.errors import InputError
from surefoot.records import Message
from surefoot.records.strict_json import parse, shown

# What a row may say, and what `--map` may name a column of.
FIELDS = ("question", "reference", "source", "quote", "id", "kind", "cluster", "tags", "split")

_SAID_BY = {"user": "user", "human": "user", "assistant": "assistant", "ai": "assistant"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Text that an answer rests on; `source` is "" where the file does not say of which document it is."""

    text: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What may become a case. `place` says where in the file it stands, `origin` where that has it from.

    `notes` are for whoever reads the case before it is accepted. `lost` names what a case cannot hold.
    """

    place: str
    question: str
    reference: str
    history: tuple[Message, ...] = ()
    quotes: tuple[Quote, ...] = ()
    id: str = ""
    kind: str = ""
    cluster: str = ""
    tags: tuple[str, ...] = ()
    split: str = ""
    origin: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A row that is no case, and why."""

    place: str
    reason: str


Rows = Iterator[Row | LeftOut]
# Reads a file's bytes; the mapping says by field what it is called there. InputError for another form.
ReadRows = Callable[[bytes, Mapping[str, str]], Rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A conversation as a case holds it: its last question, what went before, and what is lost of it."""

    question: str
    history: tuple[Message, ...]
    lost: tuple[str, ...] = ()


def talk_of(messages: Sequence[object], *, role: str = "role") -> Talk:
    """The conversation of these messages, each an object with who said it and its content.

    What follows the last question is lost, and so are system messages. ValueError says why it is no question.
    """
    turns: list[Message] = []
    lost: list[str] = []
    for message in messages:
        if not isinstance(message, dict):
            raise ValueError(f"a message of it is {shown(message)}")
        said_by, content = message.get(role), _content(message.get("content"))
        if said_by == "system":
            lost.append("system messages")
            continue
        if not isinstance(said_by, str) or said_by not in _SAID_BY:
            raise ValueError(
                f"a message of it is by {shown(said_by)}: a case has a user's and an assistant's"
            )
        if content is None:
            raise ValueError(
                f"a message of it has the content {shown(message.get('content'))}, which is no text"
            )
        turns.append(Message(role="user" if _SAID_BY[said_by] == "user" else "assistant", content=content))
    last = max((at for at, turn in enumerate(turns) if turn.role == "user"), default=None)
    if last is None:
        raise ValueError("no user asks anything in it")
    if turns[last + 1 :]:
        lost.append("answers to the last question")
    return Talk(question=turns[last].content, history=tuple(turns[:last]), lost=tuple(dict.fromkeys(lost)))


def objects_of(
    content: bytes, form: str, *, listed_under: Sequence[str] = ()
) -> Iterator[tuple[str, object]]:
    """The values of a JSON list, of a list under one of these keys, or of JSON Lines; each with its place.

    A line that cannot be read is a ValueError in its place. InputError where none can.
    """
    try:
        whole = parse(content)
    except ValueError as error:
        lines = [(at, line) for at, line in enumerate(content.split(b"\n"), 1) if line.strip()]
        if len(lines) < 2:
            raise _not(form, str(error)) from None
        yield from ((f"line {at}", _parsed(line)) for at, line in lines)
        return
    if isinstance(whole, dict):
        for key in listed_under:
            if isinstance(whole.get(key), list):
                whole = whole[key]
                break
    values = whole if isinstance(whole, list) else [whole]
    yield from ((f"item {at}", value) for at, value in enumerate(values, 1))


def text_at(value: object, path: str) -> object:
    """What stands under a name, or under names with dots between them; None where nothing does."""
    if isinstance(value, Mapping) and path in value:
        return value[path]
    first, dot, rest = path.partition(".")
    if isinstance(value, Mapping) and dot and first in value:
        return text_at(value[first], rest)
    return None


def as_text(value: object) -> str | None:
    """A text or a number as a text; None for anything else, and for a blank one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    return text or None


def split_words(text: str) -> tuple[str, ...]:
    """Words apart by commas or semicolons."""
    return tuple(word.strip() for word in text.replace(";", ",").split(",") if word.strip())


def _content(content: object) -> str | None:
    """A message's text, also where it is in parts."""
    if isinstance(content, list):
        parts = [
            part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"
        ]
        texts = [part for part in parts if isinstance(part, str)]
        return "\n".join(texts) if texts and len(texts) == len(content) else None
    return content if isinstance(content, str) and content.strip() else None


def _parsed(line: bytes) -> object:
    try:
        return parse(line)
    except ValueError as error:
        return error


def _not(form: str, why: str) -> InputError:
    return InputError(f"this is no file of {form}: {why}", remedy="name its form with --from")
