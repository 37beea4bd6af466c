"""A trace as JSON and back, exactly: what is read equals what was written.

The JSON is ASCII, so that text with lone surrogates (a file name that is not UTF-8) survives too.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import TypeVar

from surefoot.errors import TraceError
from surefoot.records import Feedback, Score, Trace
from surefoot.records.encoding import from_plain, plain

Record = TypeVar("Record")


def trace_to_json(trace: Trace) -> str:
    """The whole trace but its feedback, which is kept beside it."""
    return _text(dataclasses.replace(trace, feedback=()))


def trace_from_json(text: str, *, feedback: tuple[Feedback, ...] = ()) -> Trace:
    """The trace that was written, with the feedback it got since. Raises TraceError."""
    return dataclasses.replace(_record(Trace, text), feedback=feedback)


def feedback_to_json(feedback: Feedback) -> str:
    """One person's feedback."""
    return _text(feedback)


def feedback_from_json(text: str) -> Feedback:
    """The feedback that was written. Raises TraceError."""
    return _record(Feedback, text)


def scores_to_json(scores: Mapping[str, Score]) -> str:
    """Scores by name."""
    return _text(scores)


def scores_from_json(text: str) -> Mapping[str, Score]:
    """The scores that were written. Raises TraceError."""
    return _record(dict[str, Score], text)


def _text(value: object) -> str:
    return json.dumps(plain(value), separators=(",", ":"))


def _record(kind: type[Record], text: str) -> Record:
    try:
        return from_plain(kind, json.loads(text))
    except ValueError as error:
        raise TraceError(
            f"a stored trace cannot be read: {error}",
            remedy="it was written by another surefoot, or by hand; move the trace database aside",
        ) from error
