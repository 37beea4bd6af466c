"""An agent over the handbook: make the question whole, search, then answer or decline.

A follow-up such as "and on Linux?" finds nothing by itself, so where there is a conversation the model first
writes the question out. What was found decides next: with nothing near enough the agent declines at once, and
asks no model; else the prompt answers, which may still say itself that the documents are silent.
"""

import re
from typing import Literal, TypedDict

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable
from langgraph.graph import END, START, StateGraph

from surefoot.integrations.langchain_app import AppParts

# The cosine to the best passage below which nothing that was found answers. In the suite `answers`, none of
# 106 documented questions lies below it, and 5 of the 36 others do.
_NEAR_ENOUGH = 0.35
# Of the conversation, what the rewriting model gets to read.
_TURNS, _CHARACTERS = 4, 500
_MARK = re.compile(r" *\[[\d, ]+\]")


class _State(TypedDict, total=False):
    """What the steps hand on; `question` and `history` come from the caller, `answer` goes back."""

    question: str
    history: list[BaseMessage]
    searched: str
    passages: list[Document]
    answer: str


def build(parts: AppParts) -> Runnable[dict[str, object], object]:
    """The agent's graph over the prompts, the search and the model of its release."""

    async def rewrite(state: _State) -> _State:
        said = await parts.prompts["rewrite"].ainvoke(
            {"question": state["question"], "turns": _turns(state["history"])}
        )
        return {"searched": _whole_question(said.text, state)}

    async def retrieve(state: _State) -> _State:
        return {"passages": await parts.retriever.ainvoke(state.get("searched", state["question"]))}

    async def answer(state: _State) -> _State:
        asked = {"question": state.get("searched", state["question"]), "passages": state["passages"]}
        return {"answer": (await parts.answer.ainvoke(asked)).text}

    async def decline(state: _State) -> _State:
        return {"answer": parts.abstention}

    graph = StateGraph(_State)
    graph.add_node("rewrite", rewrite)
    graph.add_node("retrieve", retrieve)
    graph.add_node("answer", answer)
    graph.add_node("decline", decline)
    graph.add_conditional_edges(START, _leans_on_the_conversation)
    graph.add_edge("rewrite", "retrieve")
    graph.add_conditional_edges("retrieve", _found_anything_near)
    graph.add_edge("answer", END)
    graph.add_edge("decline", END)
    return graph.compile()


def _leans_on_the_conversation(state: _State) -> Literal["rewrite", "retrieve"]:
    return "rewrite" if state["history"] else "retrieve"


def _found_anything_near(state: _State) -> Literal["answer", "decline"]:
    nearest = max((document.metadata["similarity"] or 0.0 for document in state["passages"]), default=0.0)
    return "answer" if nearest >= _NEAR_ENOUGH else "decline"


def _turns(history: list[BaseMessage]) -> list[dict[str, str]]:
    speakers = {"human": "User", "ai": "Assistant"}
    return [
        {"speaker": speakers[turn.type], "text": _MARK.sub("", turn.text)[:_CHARACTERS]}
        for turn in history[-_TURNS:]
    ]


def _whole_question(said: str, state: _State) -> str:
    """What the model wrote; where it answered in place of rewriting, the last two questions as they stand."""
    written = " ".join(said.split())
    if written.endswith("?"):
        return written
    before = [turn.text for turn in state["history"] if turn.type == "human"]
    return " ".join([*before[-1:], state["question"]])
