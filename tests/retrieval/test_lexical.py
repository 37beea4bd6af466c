"""The lexical leg: how many are asked for changes how many are found, and nothing else."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy
from hypothesis import given
from hypothesis import strategies as st

from surefoot.retrieval.bm25s_lexical import Bm25sLexical, OpenBm25s
from surefoot.retrieval.recipes import LexicalLeg

LEG = LexicalLeg()


def opened(texts: Sequence[str]) -> OpenBm25s:
    with TemporaryDirectory() as folder:
        Bm25sLexical().write(Path(folder), texts, LEG)
        return Bm25sLexical().open(Path(folder), LEG)


# Few words, so that many scores are equal.
TEXTS = st.lists(st.sampled_from(["vault", "vault key", "key", "backup", "key key"]), min_size=1, max_size=30)


@given(TEXTS, st.integers(1, 32))
def test_fewer_are_the_first_of_all(texts: list[str], limit: int) -> None:
    words = opened(texts)

    every = words.search("vault key", len(texts))

    assert words.search("vault key", limit) == every[:limit]
    assert every == tuple(sorted(every, key=lambda hit: (-hit.score, hit.position)))
    assert {hit.position for hit in every} == {
        at for at, text in enumerate(texts) if set(text.split()) & {"vault", "key"}
    }


@given(TEXTS, st.data())
def test_who_may_read_some_gets_the_first_of_those(texts: list[str], data: st.DataObject) -> None:
    within = numpy.array(data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts))))
    words = opened(texts)

    every = [hit for hit in words.search("vault key", len(texts)) if within[hit.position]]

    assert list(words.search("vault key", 3, within=within)) == every[:3]
