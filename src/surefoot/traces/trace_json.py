"""A trace as JSON and back, exactly: what is read equals what was written.

The JSON is ASCII, so that text with lone surrogates (a file name that is not UTF-8) survives too.
"""

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from surefoot.errors import TraceError
from surefoot.records import Feedback, Json, Score, Trace

Record = TypeVar("Record")


def trace_to_json(trace: Trace) -> str:
    """The whole trace but its feedback, which is kept beside it."""
    return _text(dataclasses.replace(trace, feedback=()))


def trace_from_json(text: str, *, feedback: tuple[Feedback, ...] = ()) -> Trace:
    """The trace that was written, with the feedback it got since. Raises TraceError."""
    return dataclasses.replace(_record(_traces(), text), feedback=feedback)


def feedback_to_json(feedback: Feedback) -> str:
    """One person's feedback."""
    return _text(feedback)


def feedback_from_json(text: str) -> Feedback:
    """The feedback that was written. Raises TraceError."""
    return _record(_feedbacks(), text)


def scores_to_json(scores: Mapping[str, Score]) -> str:
    """Scores by name."""
    return _text(scores)


def scores_from_json(text: str) -> Mapping[str, Score]:
    """The scores that were written. Raises TraceError."""
    return _record(_scores(), text)


def plain(value: object) -> Json:
    """A record as plain JSON values: fields by name, tuples as lists, moments in ISO 8601."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"a record holds a {type(value).__name__}, which has no place in JSON: {value!r}")


def _text(value: object) -> str:
    return json.dumps(plain(value), separators=(",", ":"))


def _record(adapter: TypeAdapter[Record], text: str) -> Record:
    try:
        return adapter.validate_python(json.loads(text))
    except (ValidationError, json.JSONDecodeError) as error:
        raise TraceError(
            f"a stored trace cannot be read: {error}",
            remedy="it was written by another surefoot, or by hand; move the trace database aside",
        ) from error


# Built on first use: importing this module should cost nothing.
@cache
def _traces() -> TypeAdapter[Trace]:
    return TypeAdapter(Trace)


@cache
def _feedbacks() -> TypeAdapter[Feedback]:
    return TypeAdapter(Feedback)


@cache
def _scores() -> TypeAdapter[Mapping[str, Score]]:
    return TypeAdapter(Mapping[str, Score])
