"""Passages that both sides of a trial are shown."""

import asyncio
from pathlib import Path

import pytest

from surefoot.errors import SettingsError, SnapshotError
from surefoot.records import EVERYBODY, Passage, RankedPassage, Reach
from surefoot.wiring.shared_passages import GivenPassages, SharedRetriever, read_passages


class CountedRetriever:
    """Finds one passage, slowly, and fails as often as it is told to."""

    def __init__(self, *, failures: int = 0) -> None:
        self.searches = 0
        self._failures = failures

    async def search(
        self, question: str, *, limit: int, reach: Reach = EVERYBODY
    ) -> tuple[RankedPassage, ...]:
        self.searches += 1
        await asyncio.sleep(0)
        if self.searches <= self._failures:
            raise SnapshotError("closed", remedy="open it")
        passage = Passage(id=question, source="a.md", start=0, end=limit, text="x" * limit)
        return (RankedPassage(passage=passage, score=1.0, similarity=None, lexical_score=None),)


def test_two_who_ask_at_once_are_given_one_search() -> None:
    counted = CountedRetriever()

    async def both() -> tuple[object, object]:
        shared = SharedRetriever(counted)
        one, other = await asyncio.gather(shared.search("why?", limit=3), shared.search("why?", limit=3))
        await shared.search("why?", limit=4)
        return one, other

    one, other = asyncio.run(both())

    assert one is other
    assert counted.searches == 2


def test_one_who_leaves_takes_no_search_from_another() -> None:
    async def leaving() -> tuple[RankedPassage, ...]:
        shared = SharedRetriever(CountedRetriever())
        first = asyncio.create_task(shared.search("why?", limit=3))
        second = asyncio.create_task(shared.search("why?", limit=3))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert len(asyncio.run(leaving())) == 1


def test_a_search_that_failed_is_tried_again() -> None:
    counted = CountedRetriever(failures=1)

    async def twice() -> tuple[RankedPassage, ...]:
        shared = SharedRetriever(counted)
        with pytest.raises(SnapshotError):
            await shared.search("why?", limit=3)
        return await shared.search("why?", limit=3)

    assert len(asyncio.run(twice())) == 1


def test_given_passages_are_all_shown_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    file.write_text('[{"source": "b.md", "text": "two"}, {"source": "a.md", "text": "one"}]')

    found = asyncio.run(GivenPassages(read_passages(file)).search("why?", limit=1))

    assert [(one.passage.source, one.passage.text) for one in found] == [("b.md", "two"), ("a.md", "one")]


def test_any_other_text_is_one_passage_of_that_name(tmp_path: Path) -> None:
    file = tmp_path / "keys.md"
    file.write_text("\nKeys last 90 days.\n")

    (passage,) = read_passages(file)

    assert (passage.source, passage.text, passage.end) == ("keys.md", "Keys last 90 days.", 18)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"{", "is not JSON"),
        ("a.json", b"[]", "holds no passages"),
        ("a.json", b'["one"]', "passage 1 is no object"),
        ("a.json", b'[{"source": "a", "text": "b"}, {"text": "b"}]', "passage 2 is no object"),
        ("a.json", b'[{"source": "a", "text": "b", "score": 1}]', "'score'"),
        ("a.md", b"\xff\xfe", "not text in UTF-8"),
        ("a.md", b"", "holds no passages"),
        ("a.md", b"x" * 1_000_001, "larger than"),
    ],
)
def test_a_file_without_passages_is_refused_with_what_to_write(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(SettingsError, match=said):
        read_passages(tmp_path / name)
