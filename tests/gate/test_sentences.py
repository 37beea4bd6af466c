"""The words of verdicts, against a golden file that a person has read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.gate.sheets import METRIC, RULE, numbered, sheet, verdict

from surefoot.gate import ScoreSheet, Strictness
from surefoot.records import Invariant, Scored, Verdict

GOLDEN = Path(__file__).parent / "golden" / "verdicts.txt"
GOOD = numbered(120, lambda number: number % 6 != 0)
MUCH_LOST = numbered(120, lambda number: number % 6 != 0 and number * number % 7 != 2)
LITTLE_LOST = numbered(120, lambda number: number % 6 != 0 and number % 30 != 1)
SOME_LOST = numbered(120, lambda number: number % 6 != 0 and number % 13 != 1)
MIXED = numbered(120, lambda number: number * 7 % 5 != 0)
SLIGHTLY_LESS = numbered(120, lambda number: 0.5 - 0.04 * (number % 2))
LESS = replace(RULE, lower_is_better=True)
ONE_LESS: list[float | None] = [GOOD[0], None, *GOOD[2:]]
SEVEN_LESS: list[float | None] = [*[None] * 7, *GOOD[7:]]
FLOOR = replace(RULE, floor=0.8)
INVARIANT = Invariant(metric=METRIC, at_least=1.0)


def foreign() -> ScoreSheet:
    whole = sheet(GOOD, GOOD)
    return replace(whole, candidate={METRIC: {**whole.candidate[METRIC], "elsewhere": Scored(value=1.0)}})


def verdicts() -> Iterator[tuple[str, Verdict]]:
    yield "identical scores", verdict(sheet(GOOD, GOOD))
    yield "identical scores, an invariant", verdict(sheet([1.0] * 120, [1.0] * 120), invariants=[INVARIANT])
    yield "a small loss", verdict(sheet(LITTLE_LOST, GOOD))
    yield "a small loss, sure", verdict(sheet(SLIGHTLY_LESS, [0.5] * 120))
    yield "a great loss", verdict(sheet(MUCH_LOST, GOOD))
    yield "a great loss where less is better", verdict(sheet(GOOD, MUCH_LOST), LESS)
    yield "a loss near the margin", verdict(sheet(SOME_LOST, GOOD))
    yield "too wide a spread", verdict(sheet(MIXED, GOOD))
    yield "a bound that rounds to the margin", verdict(sheet([0.4204] * 120, [0.5] * 120))
    yield "a margin of three decimals", verdict(sheet(SOME_LOST, GOOD), replace(RULE, margin=0.125))
    yield "one missing score on either side", verdict(sheet(ONE_LESS, [None, *GOOD[1:]]))
    yield "too few scores", verdict(sheet(SEVEN_LESS, GOOD))
    yield "three clusters", verdict(sheet(GOOD[:9], GOOD[:9]))
    yield "one cluster", verdict(sheet(GOOD[:3], GOOD[:3]))
    yield "a judged rule", verdict(sheet(GOOD, GOOD), replace(RULE, judged=True))
    yield "a score from elsewhere", verdict(foreign())
    yield "a score out of range", verdict(sheet([1.5, *GOOD[1:]], GOOD))
    yield "a margin that tests nothing", verdict(sheet(GOOD, GOOD), replace(RULE, margin=1.0))
    yield "no case", verdict(sheet(GOOD, GOOD), replace(RULE, metric="another"))
    yield "no blocking rule", verdict(sheet(GOOD, GOOD), replace(RULE, blocking=False))
    advice = replace(RULE, blocking=False)
    yield "one case and an invariant", verdict(sheet([1.0], [0.5]), advice, invariants=[INVARIANT])
    yield "one case and a broken invariant", verdict(sheet([0.5], [1.0]), advice, invariants=[INVARIANT])
    yield "a broken invariant", verdict(sheet(GOOD, GOOD), invariants=[INVARIANT])
    unmeasured = sheet([None] + [1.0] * 119, [1.0] * 120)
    yield "an invariant that was not measured", verdict(unmeasured, invariants=[INVARIANT])
    yield (
        "an invariant of no case",
        verdict(sheet(GOOD, GOOD), invariants=[Invariant(metric="another", at_least=1.0)]),
    )
    yield "a founding verdict", verdict(sheet(GOOD, None), FLOOR)
    yield (
        "a founding verdict at another confidence",
        verdict(sheet(GOOD, None), FLOOR, strictness=Strictness(confidence=0.9)),
    )
    yield "a floor that is missed", verdict(sheet(GOOD, None), replace(RULE, floor=0.835))
    yield "a floor that is missed where less is better", verdict(sheet(GOOD, None), replace(LESS, floor=0.2))
    yield "a founding verdict without floors", verdict(sheet(GOOD, None))
    yield (
        "a founding verdict with an invariant alone",
        verdict(sheet([1.0] * 120, None), invariants=[INVARIANT]),
    )


def written() -> str:
    """Each verdict with its reasons, and the rule's own reason where it differs."""
    said: list[str] = []
    for title, came in verdicts():
        said.append(f"{title}: {came.outcome}")
        said += [f"  {reason}" for reason in came.reasons]
        said += [f"  of the rule: {one.reason}" for one in came.rules if one.reason not in came.reasons]
        said.append("")
    return "\n".join(said)


def test_verdicts_are_worded_as_their_golden_text() -> None:
    assert written() == GOLDEN.read_text(encoding="utf-8")
