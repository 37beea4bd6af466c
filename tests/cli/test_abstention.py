"""`surefoot eval abstention` as a process."""

import json
from pathlib import Path

from tests.cli.gauges import commit, guard
from tests.cli.trial_project import trial_project


def test_thresholds_are_measured_on_the_cases_of_both_kinds(tmp_path: Path) -> None:
    silent = {
        "id": "silent",
        "kind": "unanswerable",
        "cluster": "none",
        "question": "Wherefore costs parking downtown?",
        "reference": "The documents do not say.",
    }
    with trial_project(tmp_path / "project") as trial:
        guard(trial.top, "answers", [1, 2])
        commit(trial.top, "A project")

        one_kind = trial.run("eval", "abstention", "--suite", "answers")
        assert one_kind.returncode == 2 and "are all answerable" in one_kind.stderr

        with (trial.top / "evals" / "answers" / "cases.jsonl").open("a") as cases:
            cases.write(json.dumps(silent) + "\n")
        said = trial.said("eval", "abstention", "--suite", "answers", "--most-lost", "0.5")

    assert "declines answerable" in said and " of 1\n" in said
