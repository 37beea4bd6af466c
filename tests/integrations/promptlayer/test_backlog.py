"""What waits is on the disk: it survives a killed process, is bounded, and one sender takes it at a time."""

import itertools
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integrations.promptlayer.examples import logged

from surefoot.errors import TraceError
from surefoot.integrations.promptlayer.backlog import CLAIM_SECONDS, Backlog
from surefoot.integrations.promptlayer.ports import LoggedRequest

TOP = Path(__file__).parents[3]


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backlog(tmp_path: Path, clock: Clock) -> Backlog:
    return Backlog(tmp_path / "state" / "promptlayer.sqlite", most_requests=3, clock=clock)


def taken(backlog: Backlog) -> list[str]:
    """The names of all that can be taken now."""
    return [entry.name for entry in iter(backlog.claim, None)]


def requests(*numbers: int) -> list[LoggedRequest]:
    return [logged(number) for number in numbers]


def test_what_was_kept_is_taken_whole_and_in_order(backlog: Backlog) -> None:
    backlog.keep(requests(1, 2))

    first = backlog.claim()

    assert first is not None and first.request == logged(1)
    assert first.scores == {"citations_valid": 100} and first.request_id is None
    assert taken(backlog) == ["ans-2"]


def test_a_new_file_can_be_read_by_its_owner_only_and_none_is_made_by_looking(
    backlog: Backlog, tmp_path: Path
) -> None:
    file = tmp_path / "state" / "promptlayer.sqlite"
    assert backlog.state().waiting == 0 and backlog.claim() is None
    assert not file.exists()

    backlog.keep(requests(1))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_has_no_room_is_dropped_and_counted(backlog: Backlog) -> None:
    backlog.keep(requests(1, 2))
    backlog.keep(requests(3, 4, 5))

    state = backlog.state()

    assert (state.requests, state.dropped) == (3, 2)
    assert taken(backlog) == ["ans-1", "ans-2", "ans-3"]
    backlog.keep_mirror("answers")
    assert backlog.state().mirrors == ("answers",), "a prompt to be mirrored is never dropped"


def test_the_same_request_waits_once_and_is_not_sent_again(backlog: Backlog) -> None:
    backlog.keep(requests(1, 1))
    entry = backlog.claim()
    assert entry is not None
    backlog.logged(entry, 77)
    backlog.scored(entry, "citations_valid", 100)
    backlog.done(entry)

    backlog.keep(requests(1))

    assert backlog.state().waiting == 0
    assert backlog.request_id_of("ans-1") == 77


def test_two_senders_never_take_the_same(backlog: Backlog, tmp_path: Path, clock: Clock) -> None:
    other = Backlog(tmp_path / "state" / "promptlayer.sqlite", most_requests=3, clock=clock)
    backlog.keep(requests(1, 2))

    both = [backlog.claim(), other.claim(), backlog.claim(), other.claim()]

    assert [entry.name for entry in both if entry] == ["ans-1", "ans-2"]


def test_what_a_killed_sender_had_taken_is_taken_again_later(backlog: Backlog, clock: Clock) -> None:
    backlog.keep(requests(1))
    assert taken(backlog) == ["ans-1"]
    clock.now += CLAIM_SECONDS - 1
    assert taken(backlog) == []
    clock.now += 1
    assert taken(backlog) == ["ans-1"]


def test_a_sender_that_was_killed_between_request_and_scores_goes_on_there(
    backlog: Backlog, clock: Clock
) -> None:
    backlog.keep(requests(1))
    entry = backlog.claim()
    assert entry is not None
    backlog.logged(entry, 77)

    clock.now += CLAIM_SECONDS
    again = backlog.claim()

    assert again is not None
    assert (again.request, again.request_id, again.scores) == (None, 77, {"citations_valid": 100})


def test_a_failure_waits_for_its_time_and_says_why(backlog: Backlog, clock: Clock) -> None:
    backlog.keep(requests(1))
    entry = backlog.claim()
    assert entry is not None
    backlog.failed(entry, "it broke", again_in_seconds=30)

    assert taken(backlog) == []
    state = backlog.state()
    assert (state.tries, state.last_error, state.oldest) == (1, "it broke", 1000.0)
    at_once = backlog.claim(due=False)
    assert at_once is not None and at_once.tries == 1


def test_feedback_follows_a_request_that_waits_and_one_that_was_sent(backlog: Backlog) -> None:
    backlog.keep(requests(1))
    backlog.keep_score("ans-1", "feedback", 100)
    entry = backlog.claim()
    assert entry is not None and entry.scores == {"citations_valid": 100, "feedback": 100}
    backlog.keep_score("ans-1", "feedback", 0)
    backlog.logged(entry, 77)
    for name, value in entry.scores.items():
        backlog.scored(entry, name, value)
    backlog.done(entry)

    later = backlog.claim()
    assert later is not None and (later.request_id, later.scores) == (77, {"feedback": 0})
    backlog.scored(later, "feedback", 0)
    backlog.done(later)
    assert backlog.state().waiting == 0

    backlog.keep_score("ans-1", "feedback", 100)
    followed = backlog.claim()
    assert followed is not None and (followed.request_id, followed.scores) == (77, {"feedback": 100})
    backlog.keep_score("never-logged", "feedback", 100)
    assert backlog.claim() is None


def test_a_mirror_asked_for_while_one_runs_is_done_again(backlog: Backlog) -> None:
    backlog.keep_mirror("answers")
    entry = backlog.claim()
    assert entry is not None
    backlog.keep_mirror("answers")
    backlog.done(entry)
    again = backlog.claim()
    assert again is not None and again.name == "answers"
    backlog.done(again)
    assert backlog.state().waiting == 0


def test_mirrors_go_before_requests(backlog: Backlog) -> None:
    backlog.keep(requests(1))
    backlog.keep_mirror("answers")
    assert taken(backlog) == ["answers", "ans-1"]


def test_what_is_given_up_keeps_its_reason(backlog: Backlog) -> None:
    backlog.keep(requests(1))
    entry = backlog.claim()
    assert entry is not None
    backlog.give_up(entry, "refused for good")

    state = backlog.state()
    assert (state.waiting, state.dropped) == (0, 1)
    assert [(one.what, one.reason) for one in state.given_up] == [("request ans-1", "refused for good")]


def test_a_file_of_another_surefoot_is_refused(backlog: Backlog, tmp_path: Path) -> None:

    backlog.keep([])
    with sqlite3.connect(tmp_path / "state" / "promptlayer.sqlite") as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(TraceError, match="has schema 99"):
        backlog.state()


def test_what_a_killed_process_had_kept_is_there(tmp_path: Path) -> None:
    file = tmp_path / "promptlayer.sqlite"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.integrations.promptlayer.keeping_process", str(file)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=TOP,
        env={**os.environ, "PYTHONPATH": f"{TOP / 'src'}{os.pathsep}{TOP}"},
    ) as process:
        assert process.stdout is not None
        said = [int(line) for line in itertools.islice(process.stdout, 20)]
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout if line.endswith("\n")]
    backlog = Backlog(file, most_requests=1_000_000)

    kept = taken(backlog)

    assert kept[: len(said)] == [f"ans-{number}" for number in said]
    assert len(kept) <= len(said) + 1
