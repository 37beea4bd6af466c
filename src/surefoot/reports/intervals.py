"""Where the intervals of a verdict lie on an axis that all its rules share, and how that looks in letters.

In a comparison the axis counts in margins, so that zero and minus the margin stand in one place for every
rule. In a founding verdict it is the metric's own range, from worst possible to best possible mean.
"""

from dataclasses import dataclass

from surefoot.records import RuleResult, Verdict

# In margins: the least and the most that the axis shows on each side of zero.
_LEFT = (1.6, 6.0)
_RIGHT = (1.2, 4.0)
_AIR = 1.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Places along the axis, 0 at its left end and 1 at its right; None for what is not there.

    `limit` is minus the margin, or the floor; `zero` is no change, None in a founding verdict. `worse_left`
    says on which side of the limit the worse lies. What lies beyond the axis is moved to its end, and
    `beyond_left` or `beyond_right` says so.
    """

    lower: float | None
    estimate: float | None
    upper: float | None
    limit: float | None
    zero: float | None
    worse_left: bool
    beyond_left: bool
    beyond_right: bool

    @property
    def gone(self) -> bool:
        """Whether all of it lies beyond the axis, so that only the direction can be shown."""
        ends = (self.lower, self.upper)
        return (self.beyond_left and ends == (0, 0)) or (self.beyond_right and ends == (1, 1))


def intervals(verdict: Verdict) -> tuple[Interval, ...]:
    """An interval for each rule of the verdict, in its order."""
    if verdict.kind == "founding":
        return tuple(_founding(result) for result in verdict.rules)
    shares = [share for result in verdict.rules for share in _in_margins(result) if share is not None]
    left = _AIR * min(_LEFT[1], max(_LEFT[0], *(-share for share in shares), 0.0))
    right = _AIR * min(_RIGHT[1], max(_RIGHT[0], *shares, 0.0))
    return tuple(_compared(result, left, right) for result in verdict.rules)


def drawn(interval: Interval, width: int) -> str:
    """The interval as a line of so many letters, trailing spaces and all."""
    letters = [" "] * width

    def put(place: float | None, letter: str, crossing: str = "") -> None:
        if place is not None:
            at = round(place * (width - 1))
            letters[at] = crossing if crossing and letters[at] != " " else letter

    if interval.lower is not None and interval.upper is not None:
        first, last = round(interval.lower * (width - 1)), round(interval.upper * (width - 1))
        letters[first : last + 1] = "─" * (last + 1 - first)
    put(interval.limit, "┊", "┼")
    put(interval.zero, "│", "┼")
    if interval.gone:
        letters[slice(0, 3) if interval.beyond_left else slice(width - 3, width)] = (
            "◄──" if interval.beyond_left else "──►"
        )
        return "".join(letters)
    put(interval.lower, "◄" if interval.beyond_left else "├")
    put(interval.upper, "►" if interval.beyond_right else "┤")
    put(interval.estimate, "●")
    return "".join(letters)


def labelled(interval: Interval, width: int) -> str:
    """The names of minus the margin and of zero over their places, in so many letters.

    Blank in a founding verdict, where each rule has a floor of its own.
    """
    if interval.limit is None or interval.zero is None:
        return " " * width
    line = "-margin".rjust(round(interval.limit * (width - 1)) + 1)
    return (line.ljust(round(interval.zero * (width - 1))) + "0").ljust(width)[:width]


def _in_margins(result: RuleResult) -> tuple[float | None, float | None, float | None]:
    margin = result.rule.margin
    if margin <= 0:
        return None, None, None
    lower, estimate, upper = (
        None if value is None else value / margin for value in (result.lower, result.difference, result.upper)
    )
    return lower, estimate, upper


def _compared(result: RuleResult, left: float, right: float) -> Interval:
    def place(share: float | None) -> float | None:
        return None if share is None else (share + left) / (left + right)

    lower, estimate, upper = (place(share) for share in _in_margins(result))
    return _within(lower, estimate, upper, limit=place(-1.0), zero=place(0.0), worse_left=True)


def _founding(result: RuleResult) -> Interval:
    rule = result.rule
    span = rule.highest - rule.lowest

    def place(value: float | None) -> float | None:
        return None if value is None or span <= 0 else (value - rule.lowest) / span

    return _within(
        place(result.lower),
        place(result.candidate),
        place(result.upper),
        limit=place(rule.floor),
        zero=None,
        worse_left=not rule.lower_is_better,
    )


def _within(
    lower: float | None,
    estimate: float | None,
    upper: float | None,
    *,
    limit: float | None,
    zero: float | None,
    worse_left: bool,
) -> Interval:
    """The same, with what lies beyond the axis moved to its end."""
    slack = 1e-6
    there = [place for place in (lower, estimate, upper) if place is not None]
    return Interval(
        lower=_kept(lower),
        estimate=_kept(estimate),
        upper=_kept(upper),
        limit=_kept(limit),
        zero=zero,
        worse_left=worse_left,
        beyond_left=any(place < -slack for place in there),
        beyond_right=any(place > 1 + slack for place in there),
    )


def _kept(place: float | None) -> float | None:
    return None if place is None else min(1.0, max(0.0, place))
