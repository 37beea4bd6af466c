"""What differs between two snapshots: documents and passages, by content rather than by name."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from surefoot.retrieval.ports import PassageFiles
from surefoot.retrieval.snapshots import PASSAGES, document_digests


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotChanges:
    """Documents by their sources, and passages by their number.

    `renamed` has the old source for each new one: the same bytes under another name. `passages_added` and
    `passages_removed` count by source; a passage that moved or changed is one of each.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    renamed: Mapping[str, str]
    passages_added: Mapping[str, int]
    passages_removed: Mapping[str, int]

    @property
    def documents(self) -> frozenset[str]:
        """Every source whose documents differ, under its old and its new name."""
        return frozenset([*self.added, *self.removed, *self.changed, *self.renamed, *self.renamed.values()])


def compare_snapshots(before: Path, after: Path, files: PassageFiles) -> SnapshotChanges:
    """The changes from one snapshot to the other. Raises SnapshotError."""
    old, new = document_digests(before), document_digests(after)
    gone, come = old.keys() - new.keys(), new.keys() - old.keys()
    by_content = {old[source]: source for source in sorted(gone, reverse=True)}
    renamed = {source: by_content[new[source]] for source in sorted(come) if new[source] in by_content}
    first = {one.id: one.source for one in files.read_passages(before / PASSAGES)}
    second = {one.id: one.source for one in files.read_passages(after / PASSAGES)}
    return SnapshotChanges(
        added=tuple(sorted(come - renamed.keys())),
        removed=tuple(sorted(gone - set(renamed.values()))),
        changed=tuple(sorted(source for source in old.keys() & new.keys() if old[source] != new[source])),
        renamed=renamed,
        passages_added=Counter(second[found] for found in second.keys() - first.keys()),
        passages_removed=Counter(first[found] for found in first.keys() - second.keys()),
    )
