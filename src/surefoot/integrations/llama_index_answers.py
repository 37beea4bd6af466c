"""Our prompts, search and answers in LlamaIndex's terms: a prompt template, a retriever, a query engine."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Annotated

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.base import BaseLLM
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.base.response.schema import Response
from llama_index.core.prompts import BasePromptTemplate
from llama_index.core.query_engine import CustomQueryEngine
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import Field

from surefoot.answering import ChatModel, Retriever, TokenCounter
from surefoot.answering.budget import fit_into_budget
from surefoot.answering.citing import abstains, citations_in
from surefoot.errors import ModelError, PromptError
from surefoot.integrations.as_it_is import AS_IT_IS
from surefoot.integrations.waiting import running_loop, wait_for
from surefoot.models import EstimateTokenCounter
from surefoot.prompts import Prompt
from surefoot.prompts.variables import ShownPassage
from surefoot.records import EVERYBODY, Citation, Completion, Message, Passage, RankedPassage, Reach, Role

HISTORY = "history"

_KINDS: Mapping[Role, MessageRole] = {
    "system": MessageRole.SYSTEM,
    "user": MessageRole.USER,
    "assistant": MessageRole.ASSISTANT,
}
_ROLES: Mapping[MessageRole, Role] = {kind: role for role, kind in _KINDS.items()}


def to_prompt_template(prompt: Prompt) -> "SurefootPromptTemplate":
    """The prompt as LlamaIndex fills it. It renders by surefoot's own renderer.

    Passages may be LlamaIndex's nodes; earlier turns are given as `history`, as ChatMessages.
    """
    return SurefootPromptTemplate(
        prompt=prompt,
        metadata={"prompt": prompt.name, "digest": prompt.digest},
        template_vars=[variable.name for variable in prompt.variables],
        kwargs={},
        output_parser=None,
    )


class SurefootPromptTemplate(BasePromptTemplate):  # type: ignore[no-redef]  # it has a field `kwargs`
    """One of our prompts; `to_prompt_template` makes it. Raises PromptError like the prompt itself."""

    prompt: Annotated[Prompt, AS_IT_IS]

    def partial_format(self, **kwargs: object) -> "SurefootPromptTemplate":
        """The same with these variables filled in."""
        return self.model_copy(update={"kwargs": {**self.kwargs, **kwargs}})

    def format_messages(self, llm: BaseLLM | None = None, **kwargs: object) -> list[ChatMessage]:
        """The messages for these variables, and for earlier turns under `history`."""
        given: dict[str, object] = dict(self._map_all_vars({**self.kwargs, **kwargs}))
        history = given.pop(HISTORY, ())
        if not isinstance(history, Sequence) or isinstance(history, str):
            raise PromptError("history is no list of messages", remedy="give earlier turns as ChatMessages")
        values = {name: _with_passages(value) for name, value in given.items()}
        messages = self.prompt.render(values, history=[_turn(message) for message in history])
        return [ChatMessage(role=_KINDS[message.role], content=message.content) for message in messages]

    def format(self, llm: BaseLLM | None = None, **kwargs: object) -> str:
        """The messages as one text, each begun by its role: for completion models, and for reading."""
        return "\n\n".join(
            f"{message.role.value}: {message.content}" for message in self.format_messages(llm, **kwargs)
        )

    def get_template(self, llm: BaseLLM | None = None) -> str:
        """The prompt's file and digest: its text is there to be read."""
        return f"{self.prompt.file} ({self.prompt.digest[:12]})"


class SurefootRetriever(BaseRetriever):
    """Finds passages by our search, best first, as nodes whose metadata says where their text stands.

    `retriever` is any of ours, such as an open snapshot. `reach` has the reader's groups and a filter;
    without it what everybody may read is found. Synchronous calls run on the event loop that it was made in.
    """

    def __init__(self, retriever: Retriever, *, limit: int = 4, reach: Reach = EVERYBODY) -> None:
        super().__init__()
        self._ours = retriever
        self._reach = reach
        self._limit = limit
        self._home = running_loop()

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = await self._ours.search(query_bundle.query_str, limit=self._limit, reach=self._reach)
        return [node_of(ranked) for ranked in found]

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return wait_for(self._aretrieve(query_bundle), self._home)


class SurefootQueryEngine(CustomQueryEngine):
    """Answers with citations: any LlamaIndex retriever, our prompt within its budget, our chat model.

    The response's source nodes are the ones the answer cites, in the order of their first mention; its
    metadata has `citations` (number, source, start, end), `abstained` and the prompt's `digest`. The prompt
    takes `question`, `passages` and, if it wants one, `abstention`. Raises SurefootError.
    """

    retriever: BaseRetriever
    prompt: Annotated[Prompt, AS_IT_IS]
    model: Annotated[ChatModel, AS_IT_IS]
    abstention: str = "The documents do not say."
    counter: Annotated[TokenCounter, AS_IT_IS] = Field(default_factory=EstimateTokenCounter)
    home: Annotated[asyncio.AbstractEventLoop | None, AS_IT_IS] = Field(default_factory=running_loop)

    async def acustom_query(self, query_str: str) -> Response:
        """The answer to a question."""
        nodes = await self.retriever.aretrieve(query_str)
        known = {"question": query_str, "abstention": self.abstention}
        declared = {variable.name for variable in self.prompt.variables}
        messages, shown = await fit_into_budget(
            self.prompt,
            self.counter,
            values={name: value for name, value in known.items() if name in declared},
            found=tuple(_ranked(node) for node in nodes),
            history=(),
        )
        completion = await self._asked(messages)
        citations = citations_in(completion.text, shown)
        return Response(
            response=completion.text,
            source_nodes=[nodes[citation.number - 1] for citation in citations],
            metadata={
                "citations": [_said(citation) for citation in citations],
                "abstained": abstains(completion.text, self.abstention),
                "digest": self.prompt.digest,
            },
        )

    def custom_query(self, query_str: str) -> Response:
        """The same, waited for."""
        return wait_for(self.acustom_query(query_str), self.home)

    async def _asked(self, messages: Sequence[Message]) -> Completion:
        async with aclosing(self.model.stream(messages, self.prompt.sampling)) as parts:
            async for part in parts:
                if isinstance(part, Completion):
                    return part
        raise ModelError(
            "the model's stream ended before the answer did", remedy="look at the model server's log"
        )


def node_of(ranked: RankedPassage) -> NodeWithScore:
    """A passage as a node: `source`, `start` and `end` in it, `headings`, and how it was found."""
    passage = ranked.passage
    node = TextNode(
        id_=passage.id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata={
            "source": passage.source,
            "start": passage.start,
            "end": passage.end,
            "headings": list(passage.headings),
            "similarity": ranked.similarity,
            "lexical_score": ranked.lexical_score,
        },
    )
    return NodeWithScore(node=node, score=ranked.score)


def _ranked(found: NodeWithScore) -> RankedPassage:
    """A node of any retriever as a passage: what its metadata does not say is left empty."""
    said, text = found.node.metadata, found.node.get_content()
    source = said.get("source") or said.get("file_name") or found.node.node_id
    return RankedPassage(
        passage=Passage(
            id=found.node.node_id,
            source=str(source),
            start=int(said.get("start", 0)),
            end=int(said.get("end", len(text))),
            text=text,
            headings=tuple(map(str, said.get("headings", ()))),
        ),
        score=found.score or 0.0,
        similarity=said.get("similarity"),
        lexical_score=said.get("lexical_score"),
    )


def _with_passages(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_shown(item) if isinstance(item, NodeWithScore) else item for item in value]
    return value


def _shown(found: NodeWithScore) -> ShownPassage:
    passage = _ranked(found).passage
    return ShownPassage(text=passage.text, source=passage.source, headings=passage.headings)


def _turn(message: object) -> Message:
    if isinstance(message, Message):
        return message
    if isinstance(message, ChatMessage) and message.role in _ROLES:
        return Message(role=_ROLES[message.role], content=message.content or "")
    raise PromptError(
        f"a message of the kind {getattr(message, 'role', type(message).__name__)!s} cannot be sent",
        remedy="give ChatMessages of the system, the user and the assistant",
    )


def _said(citation: Citation) -> dict[str, object]:
    return {
        "number": citation.number,
        "source": citation.source,
        "start": citation.start,
        "end": citation.end,
    }
