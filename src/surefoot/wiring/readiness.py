"""What a service that starts still misses, as `/readyz` says it, and whether waiting on can help."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from surefoot.errors import ProcessError

# The names of missing parts that go by themselves only if somebody mends something.
WRONG_MODEL = "wrong model"
APP = "app "
# The service looks at its model and its apps again every two seconds: what lasts longer than that stays.
STAYS_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One thing that keeps a service from answering."""

    what: str
    reason: str
    remedy: str


def missing_in(body: bytes) -> tuple[Missing, ...]:
    """What the body of `/readyz` says is missing; nothing when it is no such body."""
    try:
        value = json.loads(body)
    except ValueError:
        return ()
    parts = value.get("missing") if isinstance(value, dict) else None
    if not isinstance(parts, list):
        return ()
    return tuple(
        Missing(what=str(part.get("what")), reason=str(part.get("reason")), remedy=str(part.get("remedy")))
        for part in parts
        if isinstance(part, dict)
    )


class Patience:
    """Told at every look what a service misses, ends the wait when waiting on is of no use.

    An app that does not open stays so: its index was built before the service was started. Whether a wrong
    model stays is for the caller to say.
    """

    def __init__(self, *, longest_seconds: float, wrong_model_stays: bool) -> None:
        self._longest_seconds = longest_seconds
        self._wrong_model_stays = wrong_model_stays
        self._staying_since: float | None = None

    def look(self, missing: Sequence[Missing], *, waited_seconds: float) -> None:
        """Raise ProcessError, naming every missing part, once one of them stays or the time is over."""
        if not any(map(self._may_stay, missing)):
            self._staying_since = None
        elif self._staying_since is None:
            self._staying_since = waited_seconds
        elif waited_seconds - self._staying_since >= STAYS_SECONDS:
            raise _not_ready(missing, waited_seconds)
        if missing and waited_seconds >= self._longest_seconds:
            raise _not_ready(missing, waited_seconds)

    def _may_stay(self, part: Missing) -> bool:
        return part.what.startswith(APP) or (part.what == WRONG_MODEL and self._wrong_model_stays)


def _not_ready(missing: Sequence[Missing], waited_seconds: float) -> ProcessError:
    reasons = "; ".join(f"{part.what}: {part.reason}" for part in missing)
    remedies = "; ".join(dict.fromkeys(part.remedy for part in missing))
    return ProcessError(
        f"the service runs, but is not ready after {waited_seconds:.0f} s: {reasons}",
        remedy=f"{remedies}; then run surefoot up again",
    )
