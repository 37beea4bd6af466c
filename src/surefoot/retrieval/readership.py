"""Which passages of a snapshot a reader may find: an array that both legs search within."""

from collections.abc import Hashable, Iterable, Sequence

import numpy
from numpy.typing import NDArray

from surefoot.records import Passage, Reach

Within = NDArray[numpy.bool_]
_NO_VALUE = -1


class Readership:
    """The passages by who may read them and by what is said of them, to be looked up for each search.

    `Reach.holds` says what is within reach; here the same is worked out for all passages at once, in time
    that does not hold up others who ask.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._labels = _Column([passage.access for passage in passages])
        self._open_to_all = not any(passage.access for passage in passages)
        names = dict.fromkeys(name for passage in passages for name in passage.metadata)
        self._said = {name: _Column([passage.metadata.get(name) for passage in passages]) for name in names}
        self._nothing = numpy.zeros(len(passages), dtype=bool)

    def within(self, reach: Reach) -> Within | None:
        """For each passage whether it is within reach; None where all of them are, for every reader."""
        if self._open_to_all and not reach.where:
            return None
        groups = set(reach.groups)
        readable = [labels for labels in self._labels.values if not labels or groups & set(labels)]
        found = self._labels.any_of(readable)
        for name, values in reach.where.items():
            found &= self._said[name].any_of(values) if name in self._said else self._nothing
        return found


class _Column:
    """One value for each passage, each kept once; None is no value."""

    def __init__(self, values: Sequence[Hashable | None]) -> None:
        codes: dict[Hashable, int] = {}
        self._of_passages = numpy.fromiter(
            (_NO_VALUE if value is None else codes.setdefault(value, len(codes)) for value in values),
            dtype=numpy.int32,
            count=len(values),
        )
        self._codes = codes

    @property
    def values(self) -> tuple[tuple[str, ...], ...]:
        return tuple(value for value in self._codes if isinstance(value, tuple))

    def any_of(self, values: Iterable[Hashable]) -> Within:
        wanted = [self._codes[value] for value in values if value in self._codes]
        return numpy.isin(self._of_passages, wanted)
