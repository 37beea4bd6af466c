"""`POST /v1/answers`, whole and streamed, over a real socket."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.api.serving import ABSTENTION, PASSAGES, Options, Running, running_service
from tests.fakes.model_server import FakeModelServer

from surefoot.api.keys import HashedKeys, create_key
from surefoot.records import Answer

Event = tuple[str, dict[str, object]]


def events_of(text: str) -> list[Event]:
    """Named events with their data."""
    found = []
    for frame in text.removesuffix("\n\n").split("\n\n"):
        name, data = frame.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_an_answer_comes_with_citations_release_usage_timings_and_scores(running: Running) -> None:
    response = running.ask("How much does the tank hold?")

    assert response.status_code == 200, response.text
    body = response.json()
    assert body["answer"] == "Nine litres [1]."
    assert body["app"] == "handbook" and len(body["release"]) == 64
    assert body["prompt"]["name"] == "answer" and len(body["prompt"]["digest"]) == 64
    assert body["abstained"] is False and body["finish_reason"] == "stop"
    (citation,) = body["citations"]
    assert citation["number"] == 1 and citation["source"] == "guide.md"
    assert (citation["start"], citation["end"]) == (10, 10 + len(citation["text"]))
    assert citation["headings"] == ["Guide", "Water"] and citation["score"] == 0.5
    assert [passage["number"] for passage in body["passages"]] == [1, 2]
    assert body["usage"]["output_tokens"] == 3
    assert 0 < body["timings"]["first_token_seconds"] <= body["timings"]["total_seconds"]
    assert body["scores"]["citations_valid"] == 1.0


def test_the_answers_id_is_its_traces_id_in_body_header_and_store(running: Running) -> None:
    response = running.ask()

    trace_id = response.json()["id"]
    assert trace_id.startswith("ans-") and len(trace_id) == 4 + 26
    assert response.headers["x-surefoot-trace"] == trace_id
    (trace,) = [trace for trace in running.traces() if trace.id == trace_id]
    assert isinstance(trace.outcome, Answer) and trace.outcome.text == "Nine litres [1]."
    assert trace.pins is not None and trace.pins.release == response.json()["release"]
    assert trace.caller == "loopback" and trace.route == "/v1/answers"


def test_a_score_that_was_not_measured_says_why_and_is_no_number(tmp_path: Path) -> None:
    silent = FakeModelServer(answer=lambda _: ABSTENTION)
    with running_service(tmp_path, model_server=silent) as running:
        body = running.ask().json()

    assert body["abstained"] is True and body["citations"] == []
    assert body["scores"]["citations_valid"] == {"unscored": "abstained, so there is nothing to cite"}


def test_a_stream_gives_passages_then_text_then_the_whole_answer(running: Running) -> None:
    response = running.ask(stream=True)

    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_of(response.text)
    assert [name for name, _ in events] == ["passages", "delta", "delta", "delta", "answer"]
    assert "".join(str(data["text"]) for name, data in events if name == "delta") == "Nine litres [1]."
    whole = events[-1][1]
    assert whole["answer"] == "Nine litres [1]." and whole["id"] == response.headers["x-surefoot-trace"]
    assert events[0][1]["passages"] == whole["passages"] and events[0][1]["id"] == whole["id"]
    assert whole.keys() == running.ask().json().keys()


def test_asking_for_an_event_stream_by_header_streams_too(running: Running) -> None:
    response = running.client.post(
        "/v1/answers", json={"question": "How much?"}, headers={"Accept": "text/event-stream"}
    )

    assert events_of(response.text)[-1][0] == "answer"


def test_history_reaches_the_model_between_the_system_message_and_the_question(running: Running) -> None:
    turns = [{"role": "user", "content": "Is there a tank?"}, {"role": "assistant", "content": "Yes [1]."}]
    running.ask("How large?", history=turns, app="handbook")

    sent = json.loads(running.model.requests[-1].body)["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "user"]
    assert sent[1]["content"] == "Is there a tank?" and "How large?" in sent[3]["content"]


def test_answers_at_the_same_time_do_not_mix(tmp_path: Path) -> None:
    echo = FakeModelServer(answer=lambda messages: messages[-1].content.rpartition("Question: ")[2])
    with running_service(tmp_path, model_server=echo) as running:
        questions = [f"question-{number}" for number in range(20)]
        with ThreadPoolExecutor(4) as pool:
            answers = [response.json()["answer"] for response in pool.map(running.ask, questions)]

    assert answers == questions


def test_the_groups_of_the_key_decide_what_is_found_and_no_body_changes_that(tmp_path: Path) -> None:
    kept = replace(PASSAGES[0], passage=replace(PASSAGES[0].passage, access=("staff",)))
    keys = tmp_path / "keys.json"
    guest, staff = create_key(keys, "guest", ["ask"]), create_key(keys, "staff", ["ask"], groups=["staff"])
    options = Options(passages=(kept, PASSAGES[1]), authenticate=HashedKeys(keys))
    with running_service(tmp_path, options) as running:

        def shown(key: str, **body: object) -> tuple[int, list[str]]:
            response = running.client.post(
                "/v1/answers",
                json={"question": "How much?", **body},
                headers={"Authorization": f"Bearer {key}"},
            )
            said = response.json()
            return response.status_code, [one["text"] for one in said.get("passages", ())]

        def opened(key: str) -> int:
            url = f"/v1/passages/handbook/{kept.passage.id}"
            return running.client.get(url, headers={"Authorization": f"Bearer {key}"}).status_code

        assert shown(staff) == (200, ["The tank holds nine litres.", "The pump needs oil every month."])
        assert shown(guest) == (200, ["The pump needs oil every month."])
        assert shown(guest, groups=["staff"])[0] == 400
        assert shown(guest, filters={"team": ["docs"]}) == (200, [])
        assert shown(guest, filters={"team": 3})[0] == 400
        assert (opened(staff), opened(guest)) == (200, 404)
        chat = {"model": "handbook", "messages": [{"role": "user", "content": "How much?"}]}
        for extras, status in (({"groups": ["staff"]}, 400), ({"filters": {"a": "b"}}, 200), ("x", 400)):
            response = running.client.post(
                "/v1/chat/completions",
                json={**chat, "surefoot": extras},
                headers={"Authorization": f"Bearer {guest}"},
            )
            assert response.status_code == status, response.text
