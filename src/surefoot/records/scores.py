"""What was measured, and what was not: a missing measurement is never a number."""

import math
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A measured value. NaN and infinities are refused: they are not measurements."""

    value: float

    def __post_init__(self) -> None:
        """Refuse what is not a number."""
        if not math.isfinite(self.value):
            raise ValueError(f"a score must be a finite number, not {self.value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unscored:
    """Not measured, and why."""

    reason: str


Score: TypeAlias = Scored | Unscored
