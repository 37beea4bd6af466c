"""What two sequences have in common, found in a bounded number of steps.

Difflib takes steps without end where a few elements are repeated throughout, as blank lines are, and a pull
request may hold such a file on purpose. What would take more steps is found less well, or not at all.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

Change = tuple[str, int, int, int, int]

_MOST_STEPS = 20_000_000  # a second or two
_CONTEXT = 3


@dataclass(slots=True)
class Steps:
    """How many steps are left for all that is compared with it."""

    left: int = _MOST_STEPS


class _TooManyError(Exception):
    """No steps are left."""


class _Matcher(difflib.SequenceMatcher[str]):
    """Difflib's matcher, which ends when the steps are used up."""

    def __init__(self, before: Sequence[str], after: Sequence[str], steps: Steps, *, autojunk: bool) -> None:
        super().__init__(None, before, after, autojunk=autojunk)
        there: dict[str, list[int]] = self.b2j  # type: ignore[attr-defined] # documented, and not in the stubs
        self._costs = [0, *accumulate(1 + len(there.get(element, ())) for element in before)]
        self._steps = steps

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        """The longest run that both have within these bounds."""
        end = len(self._costs) - 1 if ahi is None else ahi
        self._steps.left -= self._costs[end] - self._costs[alo]
        if self._steps.left < 0:
            raise _TooManyError
        return super().find_longest_match(alo, ahi, blo, bhi)


def changes(before: Sequence[str], after: Sequence[str], steps: Steps | None = None) -> list[Change]:
    """How one becomes the other, as difflib's opcodes; all between two equal ends where steps ran out."""
    allowed = steps or Steps()
    try:
        return list(_Matcher(before, after, allowed, autojunk=False).get_opcodes())
    except _TooManyError:
        allowed.left = max(allowed.left, 0)
        return _between_the_ends(before, after)


def unified(before: str, after: str, *, called: tuple[str, str]) -> Iterator[str]:
    """The lines of a unified diff, with what each side is called."""
    old, new = before.splitlines(), after.splitlines()
    matcher = _Matcher(old, new, Steps(), autojunk=True)
    try:
        groups = list(matcher.get_grouped_opcodes(_CONTEXT))
    except _TooManyError:
        groups = [[change for change in _between_the_ends(old, new) if change[0] != "equal"]]
    if groups:
        yield f"--- {called[0]}"
        yield f"+++ {called[1]}"
    for group in groups:
        (_, old_first, _, new_first, _), (_, _, old_last, _, new_last) = group[0], group[-1]
        yield f"@@ -{_span(old_first, old_last)} +{_span(new_first, new_last)} @@"
        for kind, one, two, three, four in group:
            if kind == "equal":
                yield from (f" {line}" for line in old[one:two])
                continue
            yield from (f"-{line}" for line in old[one:two])
            yield from (f"+{line}" for line in new[three:four])


def _span(first: int, last: int) -> str:
    """A range of lines as unified diffs write it."""
    if last - first == 1:
        return f"{first + 1}"
    return f"{first + 1 if last > first else first},{last - first}"


def _between_the_ends(before: Sequence[str], after: Sequence[str]) -> list[Change]:
    """Equal beginnings and ends, and all between them as replaced."""
    most = min(len(before), len(after))
    head = next((n for n in range(most) if before[n] != after[n]), most)
    tail = next((n for n in range(most - head) if before[-1 - n] != after[-1 - n]), most - head)
    end_before, end_after = len(before) - tail, len(after) - tail
    found: list[Change] = [
        ("equal", 0, head, 0, head),
        ("replace", head, end_before, head, end_after),
        ("equal", end_before, len(before), end_after, len(after)),
    ]
    return [change for change in found if change[1:3] != (change[2], change[2]) or change[3] < change[4]]
