"""Our search as a LangChain retriever: Documents that can be cited."""

import asyncio
from typing import Annotated

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field

from surefoot.answering import Retriever
from surefoot.errors import InputError
from surefoot.integrations.as_it_is import AS_IT_IS
from surefoot.integrations.waiting import running_loop, wait_for
from surefoot.records import EVERYBODY, Passage, RankedPassage, Reach


class SurefootRetriever(BaseRetriever):
    """Finds passages by our search, best first. Each Document's metadata says where its text stands.

    `retriever` is any of our retrievers, such as an open snapshot, and `limit` the most Documents of a
    search. `reach` has the reader's groups and a filter; without it what everybody may read is found, and in
    an app of the service it is the caller's, whatever stands here. Synchronous calls run on the event loop
    that it was made in.
    """

    retriever: Annotated[Retriever, AS_IT_IS]
    limit: int = 4
    reach: Annotated[Reach, AS_IT_IS] = EVERYBODY
    home: Annotated[asyncio.AbstractEventLoop | None, AS_IT_IS] = Field(default_factory=running_loop)

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        found = await self.retriever.search(query, limit=self.limit, reach=self.reach)
        return [document_of(ranked) for ranked in found]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        found = wait_for(self.retriever.search(query, limit=self.limit, reach=self.reach), self.home)
        return [document_of(ranked) for ranked in found]


def document_of(ranked: RankedPassage) -> Document:
    """A passage as a Document: where it stands, what it says of itself (`said`), and how it was found."""
    passage = ranked.passage
    return Document(
        id=passage.id,
        page_content=passage.text,
        metadata={
            "source": passage.source,
            "start": passage.start,
            "end": passage.end,
            "headings": list(passage.headings),
            "page": passage.page,
            "said": dict(passage.metadata),
            "suspicions": list(passage.suspicions),
            "id": passage.id,
            "score": ranked.score,
            "similarity": ranked.similarity,
            "lexical_score": ranked.lexical_score,
        },
    )


def ranked_of(document: Document) -> RankedPassage:
    """The passage that such a Document came from. InputError for one that can not be cited."""
    said = document.metadata
    try:
        return RankedPassage(
            passage=Passage(
                id=said["id"],
                source=said["source"],
                start=said["start"],
                end=said["end"],
                text=document.page_content,
                headings=tuple(said["headings"]),
                page=said["page"],
                metadata=dict(said["said"]),
                suspicions=tuple(said["suspicions"]),
            ),
            score=said["score"],
            similarity=said["similarity"],
            lexical_score=said["lexical_score"],
        )
    except (KeyError, TypeError) as missing:
        raise InputError(
            f"a Document cannot be cited: its metadata lacks {missing}",
            remedy="give the Documents of surefoot's retriever, with their metadata as it is",
        ) from None
