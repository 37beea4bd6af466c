"""A proposed case is asked by no run and no gate, and both say how many were left out."""

import json
from pathlib import Path

from tests.cli.gauges import case, commit, gauge_project


def test_runs_and_gates_leave_proposed_cases_out_and_say_so(tmp_path: Path) -> None:
    with gauge_project(tmp_path / "project") as trial:
        cases = trial.top / "evals" / "gauges" / "cases.jsonl"
        proposed = {**case(99), "facts": [], "status": "proposed"}
        cases.write_text(cases.read_text() + json.dumps(proposed) + "\n")
        commit(trial.top, "A proposal")

        ran = trial.said("eval", "run")
        gated = trial.run("gate", "run", "--against", "founding")

        heard = b"".join(request.body for request in trial.chat.requests)
    assert "24 of 24 cases answered, 0 by abstaining; 1 proposed left out" in ran
    assert gated.returncode == 0, gated.stdout + gated.stderr
    assert "gauges: 1 proposed of its cases are left out" in gated.stderr
    assert b"What does gauge 7 say?" in heard and b"What does gauge 99 say?" not in heard
