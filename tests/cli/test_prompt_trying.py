"""`surefoot prompt try`: both answers, streamed from a model server over a real socket."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from tests.cli.gauges import RULES, SPOILT, gauge_project, question, read_gauge
from tests.cli.prompting import Folder
from tests.cli.pseudo_terminal import PseudoTerminal, at_terminal
from tests.cli.trial_project import Trial
from tests.cli.trial_release import promoted
from tests.fakes.model_protocol import RefusedError

from surefoot.records import Message
from surefoot.retrieval.snapshots import read_live
from surefoot.wiring.project import open_project

GOLDEN = Path(__file__).parent / "golden"
QUESTION = ("--question", question(7))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A release in production, and a working tree whose prompt spoils every answer."""
    with gauge_project(tmp_path_factory.mktemp("trying") / "project") as trial:
        promoted(trial.top)
        with (trial.top / RULES).open("a") as rules:
            rules.write(f"{SPOILT}\n")
        yield trial


@pytest.fixture
def trial(project: Trial) -> Iterator[Trial]:
    """The project, its model as it was."""
    project.chat.requests.clear()
    project.embedder.requests.clear()
    yield project
    project.chat.answer = read_gauge


def tried(trial: Trial, *words: str) -> tuple[int, str, str]:
    """Exit code, output and errors of `surefoot prompt try answer`."""
    return Folder(top=trial.top).run("try", "answer", *words)


def as_json(trial: Trial, *words: str) -> dict[str, object]:
    code, told, wrong = tried(trial, *words, "--json")
    assert code == 0, told + wrong
    value: dict[str, object] = json.loads(told)
    return value


def replies(value: dict[str, object], number: int = 0) -> list[dict[str, object]]:
    rounds = value["rounds"]
    assert isinstance(rounds, list)
    found: list[dict[str, object]] = rounds[number]["replies"]
    return found


def texts(value: dict[str, object], number: int = 0) -> list[object]:
    return [reply["text"] for reply in replies(value, number)]


def masked(told: str) -> str:
    """The text without what differs from run to run."""
    told = re.sub(r"\d+\.\d\d s\b", "N.NN s", told)
    told = re.sub(r"\d+ in, \d+ out", "N in, N out", told)
    told = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", told)
    return re.sub(r"\b[0-9a-f]{12}\b", "DIGEST", told)


def at_a_terminal(trial: Trial, columns: int) -> AbstractContextManager[PseudoTerminal]:
    command = trial.command("prompt", "try", "answer", *QUESTION)
    return at_terminal(command, cwd=trial.top, environment=dict(trial.environment), columns=columns)


def test_both_answers_stand_below_each_other_where_no_terminal_is(trial: Trial) -> None:
    code, told, _ = tried(trial, *QUESTION)

    assert code == 0
    assert masked(told) == (GOLDEN / "prompt-try.txt").read_text()


def test_both_sides_are_shown_the_same_passages_found_once(trial: Trial) -> None:
    before, after = replies(as_json(trial, *QUESTION))

    assert before["passages"] == after["passages"]
    assert len([one for one in trial.embedder.requests if question(7) in one.body.decode()]) == 1


def test_every_question_and_case_is_a_round(trial: Trial) -> None:
    value = as_json(trial, "--question", question(1), "--question", question(2), "--case", "gauges/gauge-3")

    assert [texts(value, number)[0] for number in range(3)] == [
        f"Gauge {gauge} stands at {gauge}7 bar [1]." for gauge in (1, 2, 3)
    ]


def test_the_json_says_what_each_side_is_and_took(trial: Trial) -> None:
    value = as_json(trial, *QUESTION)
    before, after = replies(value)
    sides = value["sides"]
    assert isinstance(sides, list)

    assert [side["name"] for side in sides] == ["production of answers", "the working tree"]
    assert sides[0]["prompt"] != sides[1]["prompt"]
    assert sides[0]["release"] is not None
    assert value["rounds"][0]["differ"] is True  # type: ignore[index]
    assert before["citations"][0]["source"] == "gauge-7.md"  # type: ignore[index]
    assert before["finish_reason"] == "stop"
    assert after["usage"]["prompt_tokens"] > before["usage"]["prompt_tokens"]  # type: ignore[index]


def test_a_commit_a_release_a_file_and_another_prompt_can_be_compared_with(
    trial: Trial, tmp_path: Path
) -> None:
    release = next((trial.top / "serving" / "releases").iterdir()).name
    prompts = trial.top / "prompts"
    elsewhere = tmp_path / "answer.prompt.md"
    for name in ("answer.prompt.md", "_house-rules.md"):
        (tmp_path / name).write_text((prompts / name).read_text().replace(SPOILT, ""))
    variant = prompts / "answer.plain.prompt.md"
    plain = (prompts / "answer.prompt.md").read_text().replace('{% include "house-rules" %}', "")
    variant.write_text(plain.replace("name: answer\n", "name: answer\nvariant: plain\n"))
    try:
        for rival in ("HEAD", release[:8], str(elsewhere), "answer.plain"):
            assert texts(as_json(trial, *QUESTION, "--against", rival)) == [
                "Gauge 7 stands at 77 bar [1].",
                "About a thousand, more or less.",
            ], rival
    finally:
        variant.unlink()


def test_a_prompt_can_be_tried_alone(trial: Trial) -> None:
    value = as_json(trial, *QUESTION, "--against", "none")

    assert texts(value) == ["About a thousand, more or less."]
    assert value["rounds"][0]["differ"] is None  # type: ignore[index]


def test_given_passages_are_shown_and_nothing_is_searched(trial: Trial, tmp_path: Path) -> None:
    given = tmp_path / "given.json"
    given.write_text(json.dumps([{"source": "note", "text": "Gauge 7 stands at 9 bar."}]))

    assert texts(as_json(trial, *QUESTION, "--passages", str(given)))[0] == "Gauge 7 stands at 9 bar [1]."
    assert trial.embedder.requests == []


def test_another_model_server_can_be_asked(trial: Trial) -> None:
    with_its_own = tried(trial, *QUESTION, "--endpoint", trial.chat.url, "--model", "other")
    assert with_its_own[0] == 2
    assert "give --model with one of: trial-chat" in with_its_own[2]

    assert tried(trial, *QUESTION, "--endpoint", trial.chat.url)[0] == 0


def test_no_trace_is_kept(trial: Trial) -> None:
    assert tried(trial, *QUESTION)[0] == 0
    assert not open_project(trial.top).traces.exists()


def test_one_side_fails_in_its_place_and_the_other_answers(trial: Trial) -> None:
    def fails_when_spoilt(messages: Sequence[Message]) -> str:
        if SPOILT in messages[0].content:
            raise RefusedError(400, "too spoilt to be answered")
        return read_gauge(messages)

    trial.chat.answer = fails_when_spoilt
    code, told, _ = tried(trial, *QUESTION)

    assert code == 5
    assert "Gauge 7 stands at 77 bar [1]." in told
    assert "too spoilt to be answered" in told[told.index("\nthe working tree\n") :]
    assert "not both sides answered" in told


def test_what_is_missing_is_said_with_what_to_do(trial: Trial, tmp_path: Path) -> None:
    for words, said in {
        ("--against", "nowhere"): "'nowhere' is no commit, release, prompt or file",
        ("--app", "none-such"): "there is no app 'none-such'",
        ("--case", "gauges/gauge-99"): "has no case 'gauge-99'",
        ("--passages", "nowhere.json"): "nowhere.json cannot be read",
        ("--endpoint", "http://127.0.0.1:1"): "cannot be reached",
    }.items():
        code, _, wrong = tried(trial, *words)
        assert code in (2, 5), wrong
        assert said in wrong
        assert "to mend it: " in wrong


def test_a_prompt_that_does_not_load_is_told_by_its_place(trial: Trial) -> None:
    prompt = trial.top / "prompts" / "answer.prompt.md"
    before = prompt.read_text()
    prompt.write_text(before.replace("Question: {{ question }}", "Question: {{ question"))
    try:
        code, _, wrong = tried(trial, *QUESTION)
    finally:
        prompt.write_text(before)

    assert code == 2
    assert re.search(r"error: prompts/answer\.prompt\.md:\d+:\d+: ", wrong)
    assert trial.chat.requests == []


def test_a_model_server_that_does_not_run_is_said_with_what_starts_it(trial: Trial) -> None:
    trial.chat.call(trial.chat.refuse())
    try:
        code, _, wrong = tried(trial, *QUESTION)
    finally:
        trial.chat.call(trial.chat.accept())

    assert code == 5
    assert "cannot be reached" in wrong
    assert "--endpoint URL" in wrong


def test_before_the_first_release_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    with gauge_project(tmp_path / "project") as fresh:
        code, _, wrong = tried(fresh, *QUESTION, "--against", "production")
        alone = tried(fresh, *QUESTION)

    assert code == 4
    assert "no release of 'answers' is in production yet" in wrong
    assert alone[0] == 0
    assert "nothing of this app is in production yet" in alone[1]


def test_what_else_differs_than_the_prompt_is_noted(trial: Trial) -> None:
    paper = trial.top / "papers" / "gauge-99.md"
    paper.write_text("# Gauge 99\n\nGauge 99 stands at 997 bar.\n")
    elsewhere = trial.top / "elsewhere"
    pinned = read_live(trial.state / "snapshots", "papers", "default")
    assert pinned is not None
    trial.chat.names = ("another",)
    try:
        notes = as_json(trial, *QUESTION, "--endpoint", trial.chat.url)["notes"]
        (trial.state / "snapshots" / pinned).rename(elsewhere)
        without_its_index = as_json(trial, *QUESTION, "--endpoint", trial.chat.url)["notes"]
    finally:
        trial.chat.names = ("trial-chat",)
        paper.unlink()
        elsewhere.rename(trial.state / "snapshots" / pinned)

    assert isinstance(notes, list)
    assert "here another answers" in notes[0]
    assert notes[1:] == ["not only the prompt differs, also: documents"]
    assert isinstance(without_its_index, list)
    assert "production of answers is shown the working tree's passages" in without_its_index[1]


def test_a_wide_terminal_shows_both_answers_grow_side_by_side(trial: Trial) -> None:
    gate = trial.chat.hold("second token")
    try:
        with at_a_terminal(trial, 120) as terminal:
            half = terminal.until(lambda lines: any(re.match(r"Gauge +About$", line) for line in lines))
            gate.release()
            code = terminal.ended()
            lines = terminal.screen
    finally:
        gate.release()

    assert code == 0, terminal.written
    assert any(re.match(r"production of answers +the working tree$", line) for line in half)
    assert any(
        re.match(r"Gauge 7 stands at 77 bar \[1\]\. +About a thousand, more or less\.$", line)
        for line in lines
    )
    assert masked("\n".join(lines)) == (GOLDEN / "prompt-try-120.txt").read_text()


def test_a_narrow_terminal_shows_one_answer_after_the_other(trial: Trial) -> None:
    with at_a_terminal(trial, 60) as terminal:
        code = terminal.ended()
        lines = terminal.screen

    assert code == 0, terminal.written
    assert lines.index("Gauge 7 stands at 77 bar [1].") < lines.index("About a thousand, more or less.")
    assert max(map(len, lines)) <= 60


def test_what_a_model_writes_cannot_steer_the_terminal(trial: Trial) -> None:
    trial.chat.answer = lambda messages: "\x1b[2J\x1b]0;owned\x07 [bold]plain \u202eright [1]."
    for columns in (120, 60):
        with at_a_terminal(trial, columns) as terminal:
            assert terminal.ended() == 0, terminal.written

        assert "\x1b[2J" not in terminal.written
        assert "\x07" not in terminal.written
        assert "\u202e" not in terminal.written
        assert "[bold]plain right [1]." in "\n".join(terminal.screen)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_closes_both_streams_and_leaves_the_terminal_clean(trial: Trial) -> None:
    gate = trial.chat.hold("second token")
    before = trial.chat.closed_by_client
    try:
        with at_a_terminal(trial, 120) as terminal:
            terminal.until(lambda lines: any(re.match(r"Gauge +About$", line) for line in lines))
            terminal.interrupt()
            code = terminal.ended()
            assert trial.chat.wait_closed_by_client()
            assert trial.chat.wait_closed_by_client()
    finally:
        gate.release()

    assert code == 130, terminal.written
    assert trial.chat.closed_by_client == before + 2
    assert terminal.written.rindex("\x1b[?25h") > terminal.written.rindex("\x1b[?25l")
    assert "Traceback" not in terminal.written
