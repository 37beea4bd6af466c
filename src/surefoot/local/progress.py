"""What a long step says while it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Unit = Literal[
    "bytes", "packages", "weights", "seconds", "documents", "passages", "vectors", "cases", "scores"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a step is: `done` of `total`, both in `unit`. The same step keeps the same words.

    `seconds_left` is an estimate, where the step makes one; `failed` counts those of `done` that failed.
    """

    step: str
    done: int
    total: int
    unit: Unit
    seconds_left: float | None = None
    failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a person should read once: whose copies are fetched, what is waited for, what went wrong."""

    text: str


Report: TypeAlias = Callable[[Progress | Notice], None]
