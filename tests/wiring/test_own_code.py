"""The shipped agent in a running service: asked, streamed, traced, changed, promoted and taken back."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
from tests.cli.gauges import SUITE, case
from tests.cli.trial_project import LONGEST_SECONDS, Served, Trial, eventually, trial_project
from tests.cli.trial_release import point, promoted

from surefoot.answering import Question, whole_answer
from surefoot.integrations.langchain_chat import SurefootChatModel
from surefoot.integrations.langchain_prompts import to_chat_prompt_template
from surefoot.integrations.langchain_retriever import SurefootRetriever
from surefoot.records import Answer, Message
from surefoot.releases import Pointer
from surefoot.wiring.in_process import open_app

SHIPPED = Path(__file__).parents[2] / "serving" / "apps"
GRAPH = "serving/apps/agent/graph.py"
WHOLE_QUESTION = "At what temperature does valve 4 open?"
ANSWER = "Valve 4 opens at 44 degrees [1]."
HISTORY = [
    {"role": "user", "content": "At what temperature does valve 3 open?"},
    {"role": "assistant", "content": "At 33 degrees [1]."},
]
ASKED = {"app": "agent", "question": "And valve 4?", "history": HISTORY}


def rewrite_or_answer(messages: Sequence[Message]) -> str:
    """The model writes the question out where it is told to, and answers else."""
    return WHOLE_QUESTION if messages[0].content.startswith("You rewrite") else ANSWER


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("agent")) as project:
        project.chat.answer = rewrite_or_answer
        apps = project.top / "serving" / "apps"
        (apps / "answers.toml").unlink()
        shipped = (SHIPPED / "agent.toml").read_text()
        (apps / "agent.toml").write_text(shipped.replace('"handbook"', '"papers"'))
        write_graph(project, "_NEAR_ENOUGH = 0.0")
        yield project


def write_graph(trial: Trial, threshold: str) -> None:
    """The shipped agent's code, with another threshold: the embedder of these tests counts words."""
    code = (SHIPPED / "agent" / "graph.py").read_text()
    file = trial.top / GRAPH
    file.parent.mkdir(exist_ok=True)
    file.write_text(code.replace("_NEAR_ENOUGH = 0.35", threshold))


@pytest.fixture(scope="module")
def running(trial: Trial) -> Iterator[tuple[Served, Pointer]]:
    trial.said("index", "build")
    first = promoted(trial.top, "agent")
    with trial.serving() as service:
        eventually_serves(service, first)
        service.eventually_ready()
        yield service, first


def eventually_serves(served: Served, pointer: Pointer) -> None:
    def serves() -> bool:
        (app,) = httpx.get(served.url + "/v1/models").json()["data"]
        return bool(app["surefoot"].get("release") == pointer.release)

    eventually(serves, f"{pointer.release} serves")


def ask(served: Served) -> dict[str, object]:
    reply = httpx.post(served.url + "/v1/answers", json=ASKED, timeout=LONGEST_SECONDS)
    assert reply.status_code == 200, reply.text
    fields: dict[str, object] = reply.json()
    return fields


def test_a_follow_up_is_made_whole_searched_answered_and_cited(running: tuple[Served, Pointer]) -> None:
    served, first = running

    got = ask(served)

    assert got["answer"] == ANSWER
    assert got["searched"] == [WHOLE_QUESTION]
    assert got["release"] == first.release
    citations, steps = got["citations"], got["steps"]
    assert isinstance(citations, list) and citations[0]["source"] == "valves.md"
    assert isinstance(steps, list)
    assert [step["name"] for step in steps] == ["rewrite", "retrieve", "answer"]
    assert got["earlier_usage"] is not None


def test_the_same_endpoint_streams_it_to_openais_clients(running: tuple[Served, Pointer]) -> None:
    served, first = running
    body = {
        "model": "agent",
        "stream": True,
        "messages": [*HISTORY, {"role": "user", "content": ASKED["question"]}],
    }

    with httpx.stream("POST", served.url + "/v1/chat/completions", json=body, timeout=60) as reply:
        events = [line.removeprefix("data: ") for line in reply.iter_lines() if line.startswith("data: {")]

    choices = [choice for event in events for choice in json.loads(event)["choices"]]
    pieces = [choice["delta"].get("content") or "" for choice in choices]
    assert "".join(pieces) == ANSWER
    assert sum(bool(piece) for piece in pieces) > 1
    assert f'"release":"{first.release}"' in "".join(events).replace(" ", "")


def test_its_trace_shows_what_was_searched_and_each_step(
    running: tuple[Served, Pointer], trial: Trial
) -> None:
    served, _ = running
    trace = str(ask(served)["id"])

    def kept() -> bool:
        return trace in trial.said("trace", "list")

    eventually(kept, "the trace is kept")
    said = trial.said("trace", "show", trace)
    assert f"searched         {WHOLE_QUESTION}" in said
    for step in ("step rewrite", "step retrieve", "step answer"):
        assert step in said


def test_changed_code_is_another_release_that_serves_once_promoted_and_can_be_taken_back(
    running: tuple[Served, Pointer], trial: Trial
) -> None:
    served, first = running
    write_graph(trial, "_NEAR_ENOUGH = 2.0")
    try:
        assert ask(served)["answer"] == ANSWER

        assert "+_NEAR_ENOUGH = 2.0" in trial.said("release", "diff", "--app", "agent")
        second = promoted(trial.top, "agent")
        assert second.release != first.release
        eventually_serves(served, second)
        declined = ask(served)
        assert (declined["answer"], declined["abstained"]) == ("The documents do not say.", True)
        assert declined["release"] == second.release

        point(trial.top, first, "agent")
        eventually_serves(served, first)
        assert ask(served)["answer"] == ANSWER
    finally:
        point(trial.top, first, "agent")
        write_graph(trial, "_NEAR_ENOUGH = 0.0")
        eventually_serves(served, first)


def test_its_further_prompt_is_tried_on_a_follow_up_beside_productions(
    running: tuple[Served, Pointer], trial: Trial
) -> None:
    prompt, suite = trial.top / "prompts" / "rewrite.prompt.md", trial.top / "evals" / "agent"
    before = prompt.read_text()
    suite.mkdir(parents=True)
    (suite / "suite.toml").write_text(SUITE.replace('"answers"', '"agent"'))
    asked = {**case(4), "id": "follow-up", "question": ASKED["question"], "history": HISTORY}
    (suite / "cases.jsonl").write_text(json.dumps(asked) + "\n")
    prompt.write_text(before.replace("You rewrite the last question", "Say anew the last question"))
    try:
        told = json.loads(trial.said("prompt", "try", "rewrite", "--case", "agent/follow-up", "--json"))
    finally:
        prompt.write_text(before)

    [one] = told["rounds"]
    # What the edit makes of it is no question, so the agent searches for the turns as they stand.
    as_they_stand = f"{HISTORY[0]['content']} {ASKED['question']}"
    assert [reply["searched"] for reply in one["replies"]] == [[WHOLE_QUESTION], [as_they_stand]]
    assert [side["prompt"]["name"] for side in told["sides"]] == ["rewrite", "rewrite"]
    assert told["notes"] == []


def test_it_opens_in_a_process_of_ones_own_for_other_frameworks(
    running: tuple[Served, Pointer], trial: Trial
) -> None:
    async def story() -> tuple[Answer, str]:
        async with open_app(trial.top, "agent") as app:
            retriever = SurefootRetriever(retriever=app.retriever, limit=app.passages_shown)
            template = to_chat_prompt_template(app.prompt).partial(abstention=app.manifest.abstention)
            model = SurefootChatModel(model=app.model, sampling=app.prompt.sampling)
            chain = {"question": lambda text: text, "passages": retriever} | template | model
            said = await chain.ainvoke(WHOLE_QUESTION)
            return await whole_answer(app, Question(text=WHOLE_QUESTION)), said.text

    answer, said = asyncio.run(story())

    assert answer.text == said == ANSWER
    assert answer.passages[0].passage.source == "valves.md"


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("import no_such_library\n", "graph.py:1: ModuleNotFoundError"),
        ("def other(parts):\n    pass\n", "has no 'build'"),
        ("x = 1\ny = x / 0\n", "graph.py:2: ZeroDivisionError"),
    ],
)
def test_code_that_does_not_run_makes_no_release(
    running: tuple[Served, Pointer], trial: Trial, code: str, complaint: str
) -> None:
    (trial.top / GRAPH).write_text(code)
    try:
        exit_code, said = trial.refused("release", "create", "agent")
    finally:
        write_graph(trial, "_NEAR_ENOUGH = 0.0")

    assert exit_code == 2
    assert complaint in said
