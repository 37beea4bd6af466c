"""How long a starting service is waited for, and what is said when it is not ready."""

import json
from collections.abc import Iterator

import pytest
from tests.cli.trial_project import Trial, trial_project
from tests.cli.trial_release import promoted

from surefoot.errors import ProcessError
from surefoot.wiring.readiness import STAYS_SECONDS, WRONG_MODEL, Missing, Patience, missing_in

AWAY = Missing(what="model", reason="nothing listens", remedy="start it")
WRONG = Missing(what=WRONG_MODEL, reason="expected 'a', the server serves 'b'", remedy="serve 'a'")
APP = Missing(what="app answers", reason="ValueError: torn", remedy="see the service's log")


def test_the_missing_parts_are_read_from_readyz() -> None:
    parts = [{"what": "model", "reason": "nothing listens", "remedy": "start it"}]

    assert missing_in(json.dumps({"ready": False, "missing": parts}).encode()) == (AWAY,)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"missing": 3}', b'{"missing": [3]}'])
def test_another_body_misses_nothing(body: bytes) -> None:
    assert missing_in(body) == ()


@pytest.mark.parametrize("part", [WRONG, APP])
def test_what_only_a_person_can_mend_ends_the_wait(part: Missing) -> None:
    patience = Patience(longest_seconds=300, wrong_model_stays=True)
    patience.look([part], waited_seconds=1)
    patience.look([part], waited_seconds=STAYS_SECONDS)

    with pytest.raises(ProcessError) as over:
        patience.look([AWAY, part], waited_seconds=1 + STAYS_SECONDS)

    assert f"{AWAY.what}: {AWAY.reason}; {part.what}: {part.reason}" in over.value.message
    assert over.value.remedy == f"{AWAY.remedy}; {part.remedy}; then run surefoot up again"


def test_what_goes_in_time_does_not() -> None:
    patience = Patience(longest_seconds=300, wrong_model_stays=True)
    for seconds, missing in ((1, [APP]), (4, [AWAY]), (8, [APP]), (12, [APP]), (200, []), (299, [AWAY])):
        patience.look(missing, waited_seconds=seconds)


def test_when_the_time_is_over_the_missing_parts_are_named() -> None:
    patience = Patience(longest_seconds=300, wrong_model_stays=False)
    for seconds in (1, 100, 299):
        patience.look([WRONG], waited_seconds=seconds)

    with pytest.raises(ProcessError, match="not ready after 300 s: wrong model: expected 'a'"):
        patience.look([WRONG], waited_seconds=300)


@pytest.fixture
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("readiness")) as project:
        promoted(project.top)
        try:
            yield project
        finally:
            project.run("down")


def test_up_over_a_server_of_another_model_ends_soon_and_says_so(trial: Trial) -> None:
    trial.chat.names = ("other-model",)

    code, told = trial.refused("up")

    assert code == ProcessError.exit_code
    assert "wrong model: expected the model 'trial-chat', the server serves 'other-model'" in told
    assert "run surefoot up again" in told
    log = (trial.state / "logs" / "service.log").read_text()
    assert "WARNING surefoot.models: the model is not ready: expected the model 'trial-chat'" in log
