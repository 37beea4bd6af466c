"""`surefoot index ...` as processes, over a small project with a release in production."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.gauges import commit, guard
from tests.cli.trial_project import Trial, trial_project
from tests.cli.trial_release import promoted

QUOTE = "Valve 3 opens at a temperature of 33 degrees."
CASE = {
    "id": "valve-3",
    "kind": "single",
    "cluster": "valves.md",
    "question": "When does valve 3 open?",
    "reference": "At 33 degrees.",
    "facts": [[{"source": "valves.md", "quote": QUOTE}]],
}


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """Production serves the first documents; since then one changed, one was renamed and one came."""
    with trial_project(tmp_path_factory.mktemp("index") / "project") as project:
        guard(project.top, "answers", [1])
        with (project.top / "evals" / "answers" / "cases.jsonl").open("a") as cases:
            cases.write(json.dumps(CASE) + "\n")
        promoted(project.top)
        commit(project.top, "A project")
        papers = project.top / "papers"
        (papers / "valves.md").write_text("# Valves\n\nValve 4 opens at 44 degrees.\n")
        (papers / "seals.txt").rename(papers / "spares.txt")
        (papers / "pumps.md").write_text("Pumps run at night.\n")
        (papers / "broken.pdf").write_bytes(b"no PDF")
        project.said("index", "build")
        yield project


def test_what_serves_is_compared_with_what_is_live_down_to_the_cases(trial: Trial) -> None:
    said = trial.said("index", "diff")

    assert "+ pumps.md\n" in said and "~ valves.md\n" in said and "> seals.txt is now spares.txt\n" in said
    assert "1 case, its evidence is gone:\n  answers/valve-3 (valves.md)\n" in said
    there = json.loads(trial.said("index", "diff", "--json"))
    assert there["documents"]["renamed"] == {"spares.txt": "seals.txt"}
    assert {case["effect"] for case in there["cases"]} == {"lost"}
    assert "are the same" in trial.said("index", "diff", there["after"][:10], there["after"][:10])


def test_a_snapshot_shows_what_it_holds_and_what_was_skipped(trial: Trial) -> None:
    said = trial.said("index", "show", "--documents")

    assert (
        "4 documents" in said and "live for    papers/default" in said and "by no committed release" in said
    )
    assert "skipped     broken.pdf: it is no PDF that can be read" in said
    assert "     1 passages  pumps.md" in said


def test_a_filter_that_is_none_is_told_without_a_traceback(trial: Trial) -> None:
    done = trial.run("index", "search", "valves", "--where", "team")

    assert done.returncode == 2 and "--where is 'team'" in done.stderr and "Traceback" not in done.stderr


def test_a_snapshot_is_carried_by_file_and_a_damaged_one_is_named(trial: Trial, tmp_path: Path) -> None:
    live = json.loads(trial.said("index", "diff", "--json"))["after"]
    file = tmp_path / "live.tar"
    assert trial.said("index", "export", live[:12], str(file)).startswith(live)
    words = trial.state / "snapshots" / live / "documents.parquet"
    words.chmod(0o644)
    words.write_bytes(b"damaged")

    done = trial.run("index", "verify")

    assert done.returncode == 5 and f"damaged  {live}" in done.stderr and "'documents.parquet'" in done.stderr
    for path in sorted((trial.state / "snapshots" / live).rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (trial.state / "snapshots" / live).rmdir()
    assert trial.said("index", "import", str(file)).startswith(f"{live} is here: ")
    assert f"whole    {live}" in trial.said("index", "verify", live[:12])
    refused = trial.run("index", "import", str(trial.top / "README.md"))
    assert refused.returncode == 5 and "Traceback" not in refused.stderr


def test_what_nobody_needs_is_removed_and_production_keeps_its_own(trial: Trial) -> None:
    there = json.loads(trial.said("index", "diff", "--json"))
    (trial.top / "papers" / "pumps.md").write_text("Pumps run by day.\n")
    trial.said("index", "build")

    said = trial.said("index", "gc", "--dry-run")
    assert f"would go {there['after'][:12]}" in said and "a release pins it" in said
    assert f"removed  {there['after'][:12]}" in trial.said("index", "gc")

    assert "0 bytes freed" in trial.said("index", "gc")
    assert there["before"] in trial.said("index", "list")
    assert trial.run("index", "show", "zz").returncode == 5
