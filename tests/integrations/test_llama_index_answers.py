"""Our prompts, search and answers in LlamaIndex: the same messages, nodes that cite, a query engine."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.base.response.schema import Response
from llama_index.core.prompts import BasePromptTemplate
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from tests.fakes.answering import ScriptedModel, ShelfOfPassages

from surefoot.errors import ModelError, PromptError
from surefoot.integrations.llama_index_answers import (
    SurefootQueryEngine,
    SurefootRetriever,
    node_of,
    to_prompt_template,
)
from surefoot.prompts import load_prompt
from surefoot.records import Message, Passage, RankedPassage

ANSWER = load_prompt(Path(__file__).parents[2] / "prompts", "answer")
TEMPLATE = to_prompt_template(ANSWER)
SHELF = ShelfOfPassages(("Valve two opens at 20 degrees.", "Valve three opens at 33 degrees."))
words = st.text(st.characters(codec="utf-8"), max_size=60)


class RetrieverOfSomebodyElse(BaseRetriever):
    """A retriever whose nodes know nothing of surefoot."""

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [NodeWithScore(node=TextNode(text="Valve nine leaks.", metadata={"file_name": "nine.md"}))]


def engine_over(model: ScriptedModel, retriever: BaseRetriever | None = None) -> SurefootQueryEngine:
    return SurefootQueryEngine(retriever=retriever or SurefootRetriever(SHELF), prompt=ANSWER, model=model)


@given(question=words, abstention=words, text=words, said=words)
def test_llama_index_gets_the_messages_that_the_service_would_send(
    question: str, abstention: str, text: str, said: str
) -> None:
    passage = Passage(id="1", source="a.md", start=0, end=1, text=text, headings=("A", "B"))
    ranked = RankedPassage(passage=passage, score=0.5, similarity=None, lexical_score=None)
    ours = ANSWER.render(
        {"question": question, "passages": [passage], "abstention": abstention},
        history=(Message(role="user", content=said),),
    )

    theirs = TEMPLATE.format_messages(
        question=question,
        passages=[node_of(ranked)],
        abstention=abstention,
        history=[ChatMessage(role=MessageRole.USER, content=said)],
    )

    assert [(message.role.value, message.content) for message in theirs] == [
        (message.role, message.content) for message in ours
    ]


def test_it_is_a_template_that_says_what_it_takes_and_can_be_filled_in_parts() -> None:
    assert isinstance(TEMPLATE, BasePromptTemplate)
    assert TEMPLATE.template_vars == ["question", "passages", "abstention"]
    partial = TEMPLATE.partial_format(abstention="No idea.")
    assert "No idea." in partial.format(question="Why?", passages=[])
    with pytest.raises(PromptError, match="'abstention' is not filled"):
        TEMPLATE.format(question="Why?", passages=[])
    with pytest.raises(PromptError, match="cannot be sent"):
        partial.format(question="q", passages=[], history=[ChatMessage(role=MessageRole.TOOL, content="x")])


def test_a_node_says_where_its_text_stands() -> None:
    (first, _) = asyncio.run(SurefootRetriever(SHELF).aretrieve("valve?"))

    assert first.node.get_content() == "Valve two opens at 20 degrees."
    assert first.node.node_id == "0"
    assert first.node.metadata == {
        "source": "0.md",
        "start": 0,
        "end": 30,
        "headings": [],
        "similarity": 0.5,
        "lexical_score": None,
    }
    assert first.score == pytest.approx(1 / 60)
    assert SurefootRetriever(SHELF).retrieve("valve?")[0].node == first.node


def test_the_engines_response_carries_what_the_answer_cites() -> None:
    model = ScriptedModel(("Valve three opens at 33 degrees [2].",))

    got = asyncio.run(engine_over(model).aquery("When does valve three open?"))

    assert isinstance(got, Response)
    assert str(got) == "Valve three opens at 33 degrees [2]."
    assert [node.node.metadata["source"] for node in got.source_nodes] == ["1.md"]
    assert got.metadata == {
        "citations": [{"number": 2, "source": "1.md", "start": 0, "end": 32}],
        "abstained": False,
        "digest": ANSWER.digest,
    }
    assert [message.role for message in model.sent[0]] == ["system", "user"]


def test_the_engine_can_be_called_without_an_event_loop_and_over_anybodys_retriever() -> None:
    engine = engine_over(ScriptedModel(("It leaks [1].",)), RetrieverOfSomebodyElse())

    got = engine.query("What of valve nine?")

    assert [node.node.get_content() for node in got.source_nodes] == ["Valve nine leaks."]
    assert got.metadata is not None and got.metadata["citations"][0]["source"] == "nine.md"


def test_an_abstention_has_no_sources() -> None:
    got = asyncio.run(engine_over(ScriptedModel(("The documents do not say.",))).aquery("Why?"))

    assert got.source_nodes == [] and got.metadata is not None and got.metadata["abstained"]


def test_a_stream_that_breaks_off_is_our_error() -> None:
    with pytest.raises(ModelError, match="ended before the answer"):
        asyncio.run(engine_over(ScriptedModel(("It",), ends=False)).aquery("Why?"))
