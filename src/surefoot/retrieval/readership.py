"""Which passages of a snapshot a reader may find: an array that both legs search within."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy
from numpy.typing import NDArray

from surefoot.records import Passage, Reach

Within = NDArray[numpy.bool_]
# Readers of one kind ask again and again; a filter that nobody repeats is soon let go.
MOST_KEPT = 64


class Readership:
    """The passages by who may read them. What holds for a reach is worked out once and kept."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._open_to_all = not any(passage.access for passage in passages)
        self._kept: OrderedDict[str, Within] = OrderedDict()

    def within(self, reach: Reach) -> Within | None:
        """For each passage whether it is within reach; None where all of them are, for every reader."""
        if self._open_to_all and not reach.where:
            return None
        key = repr((sorted(reach.groups), sorted(reach.where.items())))
        found = self._kept.pop(key, None)
        if found is None:
            found = numpy.fromiter(map(reach.holds, self._passages), dtype=bool, count=len(self._passages))
        self._kept[key] = found
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found
