"""Our search as a LangChain retriever: awaited or called, with Documents that can be cited."""

import asyncio

import pytest
from langchain_core.documents import Document
from tests.fakes.answering import ShelfOfPassages

from surefoot.errors import InputError
from surefoot.integrations.langchain_retriever import SurefootRetriever, document_of, ranked_of
from surefoot.records import Passage, RankedPassage, Reach

FOUND = RankedPassage(
    passage=Passage(id="p7", source="guide.md", start=3, end=9, text="valves", headings=("Guide", "Valves")),
    score=0.03,
    similarity=None,
    lexical_score=4.5,
)


def test_a_document_says_where_its_text_stands_and_how_it_was_found() -> None:
    assert document_of(FOUND) == Document(
        id="p7",
        page_content="valves",
        metadata={
            "source": "guide.md",
            "start": 3,
            "end": 9,
            "headings": ["Guide", "Valves"],
            "page": None,
            "said": {},
            "suspicions": [],
            "id": "p7",
            "score": 0.03,
            "similarity": None,
            "lexical_score": 4.5,
        },
    )


def test_a_document_is_the_passage_it_came_from() -> None:
    assert ranked_of(document_of(FOUND)) == FOUND


def test_a_document_from_elsewhere_cannot_be_cited() -> None:
    with pytest.raises(InputError, match="its metadata lacks 'id'"):
        ranked_of(Document(page_content="valves"))


def test_what_the_reader_may_find_goes_along_with_the_question() -> None:
    shelf, reach = ShelfOfPassages(("one",)), Reach(groups=("staff",), where={"team": ("docs",)})

    asyncio.run(SurefootRetriever(retriever=shelf, reach=reach).ainvoke("which?"))

    assert shelf.reaches == [reach]


def test_it_is_awaited_and_called_alike() -> None:
    shelf = ShelfOfPassages(("one", "two", "three"))

    async def story() -> list[Document]:
        retriever = SurefootRetriever(retriever=shelf, limit=2)
        awaited = await retriever.ainvoke("which?")
        called = await asyncio.to_thread(retriever.invoke, "which?")
        assert awaited == called
        return awaited

    found = asyncio.run(story())

    assert [document.page_content for document in found] == ["one", "two"]
    assert SurefootRetriever(retriever=shelf, limit=2).invoke("which?") == found
    assert shelf.asked == ["which?"] * 3


def test_a_call_that_would_stop_the_event_loop_is_refused() -> None:
    async def story() -> None:
        SurefootRetriever(retriever=ShelfOfPassages(("one",))).invoke("which?")

    with pytest.raises(InputError, match="where an event loop runs") as refused:
        asyncio.run(story())

    assert "ainvoke" in refused.value.remedy
