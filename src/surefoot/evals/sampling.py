"""A few cases that stand for many: the same few each time, from every kind."""

from collections import Counter
from collections.abc import Mapping, Sequence

from surefoot.records import Case, CaseKind, digest


def stratified(cases: Sequence[Case], count: int) -> tuple[str, ...]:
    """The ids of `count` cases, in the order of `cases`.

    Each kind has its share, and one case at least where `count` allows. Within a kind clusters
    take turns, and the digest of the id decides: neither the order of the file nor luck does.
    """
    kinds = Counter(case.kind for case in cases)
    chosen: set[str] = set()
    for kind, share in _shares(kinds, count).items():
        chosen |= _spread([case for case in cases if case.kind == kind], share)
    return tuple(case.id for case in cases if case.id in chosen)


def _shares(kinds: Mapping[CaseKind, int], count: int) -> dict[CaseKind, int]:
    """How many cases of each kind, together `count`: the kind that is furthest below its share is next."""
    total = sum(kinds.values())
    shares = dict.fromkeys(kinds, int(count >= len(kinds)))
    while sum(shares.values()) < min(count, total):
        missing = {kind: count * size / total - shares[kind] for kind, size in kinds.items()}
        shares[max(missing, key=lambda kind: (missing[kind], kind))] += 1
    return shares


def _spread(cases: Sequence[Case], count: int) -> set[str]:
    """Cases of as many clusters as can be."""
    ranked = sorted(cases, key=lambda case: digest(case.id))
    seen: Counter[str] = Counter()
    turns = []
    for case in ranked:
        turns.append((seen[case.cluster], digest(case.id), case.id))
        seen[case.cluster] += 1
    return {name for _, _, name in sorted(turns)[:count]}
