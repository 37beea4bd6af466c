"""Rows of a data set of Langfuse: its items as exported or as its API lists them, JSON or JSON Lines."""

from collections.abc import Mapping

from surefoot.evals.case_rows import (
    LeftOut,
    Quote,
    Row,
    Rows,
    Talk,
    as_text,
    objects_of,
    split_words,
    talk_of,
    text_at,
)
from surefoot.records.strict_json import shown

# What people call the question and the answer, where `input` and `expectedOutput` are objects.
_ASKED = ("question", "query", "input", "user_input", "message", "text", "prompt", "content")
_ANSWERED = ("answer", "reference", "expected_output", "expectedOutput", "output", "text", "content")
_INPUT, _OUTPUT = ("input",), ("expectedOutput", "expected_output")
_ORIGIN = {
    "item": ("id",),
    "dataset": ("datasetName", "dataset_name"),
    "trace": ("sourceTraceId", "source_trace_id"),
    "observation": ("sourceObservationId", "source_observation_id"),
}
# What an item says of itself that is of no use to a case.
_PASSED_OVER = (
    "status",
    "datasetId",
    "dataset_id",
    "projectId",
    "createdAt",
    "created_at",
    "updatedAt",
    "updated_at",
)
_OF_METADATA = ("source", "quote", "kind", "cluster", "tags", "split")


def read_langfuse_rows(content: bytes, columns: Mapping[str, str]) -> Rows:
    """The items of the file. `columns` says by field where it stands in one, as `input.customer.text`."""
    for place, value in objects_of(content, "Langfuse", listed_under=("data", "items")):
        if isinstance(value, ValueError):
            yield LeftOut(place=place, reason=str(value))
        elif not isinstance(value, dict) or _one(value, _INPUT) is None:
            yield LeftOut(place=place, reason=f"it has no input: {shown(value)}")
        elif str(value.get("status", "")).upper() == "ARCHIVED":
            yield LeftOut(place=place, reason="it is archived in Langfuse")
        else:
            yield _row(place, value, columns)


def _row(place: str, item: Mapping[str, object], columns: Mapping[str, str]) -> Row | LeftOut:
    try:
        talk = _talk(_mapped(item, columns, "question", _INPUT))
    except ValueError as error:
        return LeftOut(place=place, reason=f"its input cannot be taken: {error}")
    expected = _mapped(item, columns, "reference", _OUTPUT)
    reference = _answer(expected)
    if expected is not None and reference is None:
        reason = f"its expected output is {shown(expected)}: say where the answer is with --map reference=..."
        return LeftOut(place=place, reason=reason)
    said = {name: _text(_mapped(item, columns, name, (f"metadata.{name}",))) for name in _OF_METADATA}
    return Row(
        place=place,
        question=talk.question,
        history=talk.history,
        reference=reference or "",
        quotes=(Quote(text=said["quote"], source=said["source"]),) if said["quote"] else (),
        id=_text(_mapped(item, columns, "id", ())),
        kind=said["kind"],
        cluster=said["cluster"],
        tags=split_words(said["tags"]),
        split=said["split"],
        origin={name: text for name, keys in _ORIGIN.items() if (text := as_text(_one(item, keys)))},
        lost=(*talk.lost, *_lost(item, columns)),
    )


def _talk(value: object) -> Talk:
    """The question in an input: a text, a conversation, or an object with either. Or ValueError."""
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        value = value["messages"]
    if isinstance(value, list):
        return talk_of(value)
    text = _in(value, _ASKED)
    if text is None:
        raise ValueError(f"it is {shown(value)}: say where the question is with --map question=...")
    return Talk(question=text, history=())


def _answer(value: object) -> str | None:
    """The answer in an expected output: a text, the last message, or an object that holds a text."""
    if isinstance(value, dict) and isinstance(value.get("messages"), list):
        value = value["messages"]
    if isinstance(value, list):
        value = value[-1] if value else None
    return _in(value, _ANSWERED)


def _in(value: object, names: tuple[str, ...]) -> str | None:
    """The value as a text, or the text under the first of these names, or the only text there is."""
    if not isinstance(value, Mapping):
        return as_text(value)
    named = (as_text(value.get(name)) for name in names)
    texts = [text for one in value.values() if (text := as_text(one))]
    return next((text for text in named if text), texts[0] if len(texts) == 1 else None)


def _lost(item: Mapping[str, object], columns: Mapping[str, str]) -> list[str]:
    known = {
        *_INPUT,
        *_OUTPUT,
        "metadata",
        *_PASSED_OVER,
        *(key for keys in _ORIGIN.values() for key in keys),
    }
    lost = [name for name, value in item.items() if name not in known and value not in (None, "", [], {})]
    metadata = item.get("metadata")
    if isinstance(metadata, Mapping):
        inner = [name for name in metadata if name not in _OF_METADATA]
        lost += [f"metadata.{name}" for name in inner if f"metadata.{name}" not in columns.values()]
    elif metadata not in (None, ""):
        lost.append("metadata")
    return lost


def _mapped(
    item: Mapping[str, object], columns: Mapping[str, str], field: str, usual: tuple[str, ...]
) -> object:
    """What stands where `--map` says, in the item or within its input; else in a usual place."""
    if field not in columns:
        return next((found for path in usual if (found := text_at(item, path)) is not None), None)
    found = text_at(item, columns[field])
    return text_at(_one(item, _INPUT), columns[field]) if found is None else found


def _one(item: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((item[name] for name in names if item.get(name) is not None), None)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(text for one in value if (text := as_text(one)))
    return as_text(value) or ""
