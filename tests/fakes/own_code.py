"""Apps with code of their own, as an app's author might write them, and what they are built with."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.fakes.answering import MANIFEST, ShelfOfPassages, WordCounter

from surefoot.answering import App, ChatModel, Retriever
from surefoot.prompts import load_prompt
from surefoot.releases import AppCode, ReleaseParts, read_code
from surefoot.retrieval import load_recipe
from surefoot.wiring.opening import app_of

TOP = Path(__file__).parents[2]
PASSAGES = ("Valve three opens at 33 degrees.", "Seals are in the cellar.")
ENTRY = "agent/graph.py:build"

# A graph with a step of its own before the search, and one that declines.
GRAPH = """
from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class State(TypedDict, total=False):
    question: str
    history: list
    searched: str
    passages: list
    answer: str


def build(parts):
    async def rewrite(state: State):
        said = await parts.prompts["draft"].ainvoke({"question": state["question"], "passages": []})
        return {"searched": said.text}

    async def retrieve(state: State):
        return {"passages": await parts.retriever.ainvoke(state.get("searched", state["question"]))}

    async def answer(state: State):
        asked = {"question": state["question"], "passages": state["passages"], "history": state["history"]}
        return {"answer": await parts.answer.ainvoke(asked)}

    async def decline(state: State):
        return {"answer": parts.abstention}

    graph = StateGraph(State)
    for step in (rewrite, retrieve, answer, decline):
        graph.add_node(step.__name__, step)
    graph.add_conditional_edges(START, lambda state: "rewrite" if state["history"] else "retrieve", ["rewrite", "retrieve"])
    graph.add_edge("rewrite", "retrieve")
    graph.add_conditional_edges("retrieve", lambda state: "answer" if state["passages"] else "decline", ["answer", "decline"])
    graph.add_edge("answer", END)
    graph.add_edge("decline", END)
    return graph.compile()
"""  # noqa: E501 - as an author might write it

# The same without a graph: LangChain's own pipes.
CHAIN = """
from operator import itemgetter

from langchain_core.runnables import RunnablePassthrough


def build(parts):
    retrieve = (itemgetter("question") | parts.retriever).with_config(run_name="retrieve")
    return RunnablePassthrough.assign(passages=retrieve) | parts.answer
"""

# Steps that block, as most examples of LangGraph have them.
BLOCKING = GRAPH.replace("async def", "def").replace("await ", "").replace("ainvoke", "invoke")


def code_in(top: Path, files: Mapping[str, str] | str, *, entry: str = ENTRY) -> AppCode:
    """The app's code, written to `top` and read from there: one file, or several by name."""
    for name, text in ({"graph.py": files} if isinstance(files, str) else files).items():
        file = top / "agent" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return read_code(top, entry)


async def app_with(code: AppCode, model: ChatModel, retriever: Retriever | None = None) -> App:
    """An app that answers by this code, from the repository's prompt; `draft` is the same prompt again."""
    prompt = load_prompt(TOP / "prompts", "answer")
    parts = ReleaseParts(
        prompt=prompt,
        recipe=load_recipe(TOP / "serving" / "recipes" / "default.toml"),
        prompts={"draft": prompt},
        code=code,
    )
    return await app_of(
        replace(MANIFEST, pipeline=code.identity),
        parts,
        retriever=retriever or ShelfOfPassages(PASSAGES),
        model=model,
        counter=WordCounter(),
    )
