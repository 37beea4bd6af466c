"""What must hold of the candidate in every single case."""

import math
from dataclasses import dataclass

from surefoot.gate import sentences
from surefoot.gate.readings import found, strangers
from surefoot.gate.sheet import ScoreSheet
from surefoot.records import Invariant, InvariantResult, Scored, Unscored


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What came of one invariant: sentences for what is broken and for what keeps it from being decided."""

    result: InvariantResult
    failures: tuple[str, ...]
    refusals: tuple[str, ...]


def hold(invariant: Invariant, sheet: ScoreSheet) -> Held:
    """Look at every case. In one that was not measured it is neither kept nor broken; one is too many."""
    metric = invariant.metric
    cases = tuple(sorted(sheet.expected.get(metric, ())))
    scores = {case: found(sheet.candidate, metric, case) for case in cases}
    values = {case: score.value for case, score in scores.items() if isinstance(score, Scored)}
    result = InvariantResult(
        invariant=invariant,
        broken=tuple(case for case, value in values.items() if value < invariant.at_least),
        unscored=tuple(case for case, score in scores.items() if isinstance(score, Unscored)),
    )
    refusals = [sentences.unmeasured(result)] if result.unscored else []
    if not cases:
        refusals.append(f"{metric} must hold in every case and applies to none.")
    if not math.isfinite(invariant.at_least):
        refusals.append(
            f"{metric} must hold in every case, but {invariant.at_least} is no number to hold it to."
        )
    if foreign := strangers(sheet.candidate, metric, cases):
        refusals.append(sentences.foreign(metric, "candidate", foreign))
    return Held(
        result=result,
        failures=(sentences.broken(result),) if result.broken else (),
        refusals=tuple(refusals),
    )
