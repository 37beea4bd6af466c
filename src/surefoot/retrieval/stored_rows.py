"""What a snapshot gives to a vector store elsewhere: its rows, under a name that says what they are."""

from collections.abc import Sequence

import numpy

from surefoot.records import Passage, digest
from surefoot.retrieval.ports import StoredRows
from surefoot.retrieval.snapshots import OWNERS, VECTORS, SnapshotInfo, file_digests
from surefoot.retrieval.vector_texts import row_ids


def rows_of(info: SnapshotInfo, passages: Sequence[Passage]) -> StoredRows:
    """The rows of a snapshot that is whole, whose passages these are."""
    owners = numpy.load(info.path / OWNERS, allow_pickle=False)
    ids = tuple(row_ids([passage.id for passage in passages], owners))
    mark = digest(list(ids))
    content = digest({"ids": mark, "vectors": file_digests(info.path)[VECTORS]})
    return StoredRows(
        name=f"surefoot-{info.digest[:32]}-{content[:16]}",
        ids=ids,
        vectors=numpy.load(info.path / VECTORS, mmap_mode="r", allow_pickle=False),
        mark=mark,
    )
