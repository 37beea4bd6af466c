"""The words of a verdict: plain sentences with the numbers and the cases behind them."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surefoot.records import InvariantResult, RuleResult

_NAMED_AT_MOST = 5
_FEWEST_DECIMALS = 2
_MOST_DECIMALS = 6
_MOST_CHARACTERS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleWords:
    """What can be said of one rule's result; `confidence` is that of its bounds."""

    result: RuleResult
    confidence: float

    def failed(self) -> str:
        """A loss is shown, and is beyond the margin."""
        said = f"more than the margin of {self._margin()} allows{self._worst()}"
        return f"{self._moved()}, {said}.{self._missing()}"

    def passed(self, *, surely_worse: bool) -> str:
        """A loss beyond the margin is ruled out."""
        if surely_worse:
            said = f"a loss, but less than the margin of {self._margin()} allows{self._worst()}"
        else:
            said = f"a loss beyond the margin of {self._margin()} is ruled out"
        return f"{self._moved()}: {said}.{self._missing()}"

    def inconclusive(self) -> str:
        """A loss beyond the margin is neither shown nor ruled out; says what would help."""
        said = f"a loss beyond the margin of {self._margin()} is neither shown nor ruled out"
        return f"{self._moved()}: {said}{self._worst()}. {self._next_step()}{self._missing()}"

    def too_few_clusters(self, fewest: int) -> str:
        """There is no interval."""
        count = self.result.clusters
        there = "1 cluster gives" if count == 1 else f"{count} clusters give"
        return (
            f"{self._moved()}: {there} no bounds, {fewest} are the fewest that do. "
            f"Add cases of other documents or conversations.{self._missing()}"
        )

    def founded(self, *, reached: bool) -> str:
        """A first release's mean, and whether it reaches its floor."""
        least = self.result.rule.floor
        if least is None:
            return f"{self._level()}; no floor is set, so it decides nothing.{self._missing()}"
        if self.result.rule.lower_is_better:
            said = "no more than" if reached else "more than"
        else:
            said = "at least" if reached else "less than"
        named = "" if reached else self._worst()
        return f"{self._level()}: {said} the floor of {self._number(least)}{named}.{self._missing()}"

    def briefly(self) -> str:
        """Metric and outcome in a few words, for a sentence about all that passed."""
        result = self.result
        if result.difference is not None:
            return f"{result.rule.metric} {self._number(result.difference, signed=True)}"
        return f"{result.rule.metric} {self._number(result.candidate)} for {self._number(result.rule.floor)}"

    def _moved(self) -> str:
        result = self.result
        before, after = self._number(result.baseline), self._number(result.candidate)
        shift = (result.candidate or 0.0) - (result.baseline or 0.0)
        if before == after:
            verb = f"stayed at {after}"
        else:
            verb = f"{'rose' if shift > 0 else 'fell'} from {before} to {after}"
        turned = " as less is better" if result.rule.lower_is_better else ""
        difference = self._number(result.difference, signed=True)
        return f"{result.rule.metric} {verb} ({difference}{turned}{self._bounds(signed=True)})"

    def _level(self) -> str:
        return f"{self.result.rule.metric} is {self._number(self.result.candidate)}{self._bounds()}"

    def _bounds(self, *, signed: bool = False) -> str:
        lower, upper = self.result.lower, self.result.upper
        if lower is None:
            return ""
        percent = f"{self.confidence * 100:g}%"
        said = (
            f"{percent} bounds {self._number(lower, signed=signed)} to {self._number(upper, signed=signed)}"
        )
        return f", {said}" if signed else f" ({said})"

    def _next_step(self) -> str:
        result, margin = self.result, self.result.rule.margin
        if result.detectable is None or result.detectable <= margin:
            return "The cases suffice for this margin: mend what got worse, or add cases to settle it."
        growth = (result.detectable / margin) ** 2
        scale = 10 ** self._decimals()
        testable = math.ceil(result.detectable * scale) / scale
        return (
            f"With this spread, {result.clusters} clusters can test a margin of {self._number(testable)}; "
            f"{self._margin()} takes about {math.ceil(result.clusters * growth)} clusters "
            f"({math.ceil(result.cases * growth)} cases)."
        )

    def _worst(self) -> str:
        named, more = self.result.worse[:_NAMED_AT_MOST], self.result.worse[_NAMED_AT_MOST:]
        return f"; worst: {', '.join(named)}{' and others' if more else ''}" if named else ""

    def _missing(self) -> str:
        candidate, baseline = self.result.unscored_candidate, self.result.unscored_baseline
        said = [f"{candidate} of the candidate as the worst"] if candidate else []
        said += [f"{baseline} of the baseline as the best"] if baseline else []
        return f" Missing scores count: {' and '.join(said)} there can be." if said else ""

    def _margin(self) -> str:
        return self._number(self.result.rule.margin)

    def _number(self, value: float | None, *, signed: bool = False) -> str:
        if value is None:
            return "nothing"
        rounded = round(value, self._decimals()) + 0.0  # + 0.0 turns -0.0 into 0.0
        sign = "+" if signed and rounded > 0 else ""
        return f"{sign}{rounded:.{self._decimals()}f}"

    def _decimals(self) -> int:
        """So many that the margin is whole, and that rounding hides no difference that decided."""
        result, margin = self.result, self.result.rule.margin
        told_apart: list[tuple[float, float | None]] = [(margin, 0.0)]
        if result.difference is None:
            told_apart += [] if result.rule.floor is None else [(result.rule.floor, result.candidate)]
        else:
            told_apart += [(-margin, result.lower), (-margin, result.difference), (0.0, result.upper)]
        fewest = next((n for n in range(_MOST_DECIMALS) if round(margin, n) == margin), _MOST_DECIMALS)
        decimals = max(_FEWEST_DECIMALS, fewest)
        while decimals < _MOST_DECIMALS and any(_hidden(one, other, decimals) for one, other in told_apart):
            decimals += 1
        return decimals


def _hidden(one: float, other: float | None, decimals: int) -> bool:
    return other is not None and one != other and round(one, decimals) == round(other, decimals)


def too_few_scored(metric: str, arm: str, cases: int, unscored: Mapping[str, str], share: float) -> str:
    """An arm lacks too many scores for anything to be decided; quotes the commonest cause."""
    cause, _ = min(Counter(unscored.values()).items(), key=lambda counted: (-counted[1], counted[0]))
    return (
        f"{metric} of the {arm} is scored in {cases - len(unscored)} of {cases} cases, fewer than "
        f"{share * 100:g}%; mostly {cause[:_MOST_CHARACTERS]!r}: {listed(sorted(unscored))}."
    )


def broken(result: InvariantResult) -> str:
    """What must hold in every case does not."""
    one = result.invariant
    said = f"{one.metric} must be at least {one.at_least:g} in every case, and is not"
    return f"{said} in {_cases(result.broken)}."


def unmeasured(result: InvariantResult) -> str:
    """What must hold in every case was not measured in every case."""
    one = result.invariant
    said = f"{one.metric} must be at least {one.at_least:g} in every case, and was not measured"
    return f"{said} in {_cases(result.unscored)}."


def summed_up(rules: Sequence[RuleWords], invariants: int, *, founding: bool) -> str:
    """What a PASS rests on, in one sentence; in two where invariants alone decided about a replacement."""
    holds = {0: "", 1: "the invariant holds in every case"}.get(
        invariants, f"all {invariants} invariants hold in every case"
    )
    held = holds and f"; {holds}"
    if not rules and not founding:
        return (
            f"{holds[:1].upper()}{holds[1:]}. No blocking rule compares with the baseline, so a loss that "
            "breaks no invariant was not looked for."
        )
    said = ", ".join(one.briefly() for one in rules)
    if founding:
        floors = ", ".join(one.briefly() for one in rules if one.result.rule.floor is not None)
        reached = f"every floor is reached ({floors})" if floors else "no floor is set"
        return f"A founding verdict, which compares with nothing: {reached}{held}."
    if len(rules) == 1:
        return f"The one blocking metric lost no more than its margin allows ({said}){held}."
    return f"None of the {len(rules)} blocking metrics lost more than its margin allows ({said}){held}."


def listed(names: Sequence[str]) -> str:
    """At most five names, and how many more there are."""
    named = ", ".join(names[:_NAMED_AT_MOST])
    more = len(names) - _NAMED_AT_MOST
    return f"{named} and {more} more" if more > 0 else named


def _cases(names: Sequence[str]) -> str:
    return f"{len(names)} {'case' if len(names) == 1 else 'cases'} ({listed(names)})"


def foreign(metric: str, arm: str, cases: Sequence[str]) -> str:
    """There are scores of cases that the metric does not apply to; their names may be anybody's."""
    return (
        f"{metric} of the {arm} has scores of cases that it does not apply to ({len(cases)}, "
        f"such as {cases[0][:_MOST_CHARACTERS]!r}): they are not this suite's."
    )


def outside(metric: str, arm: str, case: str, value: float, *, lowest: float, highest: float) -> str:
    """A score that the metric cannot give."""
    return f"{metric} of the {arm} is {value:g} in {case}, which lies outside {lowest:g} to {highest:g}."
