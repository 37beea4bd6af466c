"""CI files call commands that there are, hold no more rights than they need, and their path has owners."""

from pathlib import Path

import pytest
from tests.ci_files import HOSTS, TEMPLATES, github_jobs, jobs, surefoot_commands
from tests.house.reference import commands
from tests.house.tree import TOP, files_with, text
from tests.house.workflows import command_faults, owners_of, workflow_faults

OURS = files_with(".yml", under=".github/workflows")
THEIRS = tuple(file.relative_to(TOP) for file in sorted(TEMPLATES.glob("github*.yml")))
# What decides which answers go out, one file for each kind.
GUARDED = {
    "pointers": "serving/channels/answers/production.toml",
    "proofs": "serving/releases/ab/receipts/cd.json",
    "approvals": "serving/approvals/ab.json",
    "apps": "serving/apps/answers.toml",
    "suites": "evals/answers/suite.toml",
    "cases": "evals/answers/cases.jsonl",
    "prompts": "prompts/answer.prompt.md",
    "workflows": ".github/workflows/promote.yml",
    "owners": ".github/CODEOWNERS",
    "the gate": "src/surefoot/gate/deciding.py",
    "CI": ".ci/run",
}


@pytest.mark.parametrize("file", [*OURS, *THEIRS], ids=str)
def test_a_workflow_has_the_rights_it_needs_and_no_more(file: Path) -> None:
    assert list(workflow_faults(text(file))) == []


def test_every_command_of_a_ci_file_is_one_with_these_options() -> None:
    ours = {str(file): lines for file in OURS for lines in github_jobs(text(file)).values()}
    theirs = {f"{host} {job}": lines for host in HOSTS for job, lines in jobs(host).items()}
    found = [words for lines in (*ours.values(), *theirs.values()) for words in surefoot_commands(lines)]
    assert len(found) > 14
    assert [fault for words in found for fault in command_faults(words, commands())] == []


def test_every_host_runs_the_same_commands() -> None:
    """Options differ as far as hosts do: how findings are shown, and whose API it is."""
    kept = [
        {
            job: [
                [word for word in words if word.isalpha() and word not in HOSTS]
                for words in surefoot_commands(lines)
            ]
            for job, lines in jobs(host).items()
        }
        for host in HOSTS
    ]
    assert kept[1:] == [kept[0], kept[0]]
    gate = [" ".join(words[:2]) for words in kept[0]["gate"]]
    assert gate == ["prompt lint", "change show", "gate run", "change comment"]
    assert kept[0]["comment"] == [["change", "post"]]
    assert ["release", "promote"] in kept[0]["promote"]


def test_what_decides_what_serves_has_owners() -> None:
    codeowners = text(Path(".github/CODEOWNERS"))
    assert [kind for kind, path in GUARDED.items() if not owners_of(codeowners, path)] == []


def test_planted_faults_are_seen() -> None:
    there = commands()
    assert list(command_faults(["gate", "run", "--app", "x", "--no-judged"], there)) == []
    assert list(command_faults(["gate", "walk"], there))
    assert list(command_faults(["gate", "run", "--faster"], there))
    gate = text(Path(".github/workflows/pull-request.yml"))
    comment = text(Path(".github/workflows/pull-request-comment.yml"))
    for workflow, old, new in (
        (gate, "permissions: {contents: read}", "permissions: write-all"),
        (gate, "permissions: {contents: read}", ""),
        (gate, "on: pull_request", "on: pull_request_target"),
        (gate, "    timeout-minutes: 180\n", ""),
        (
            gate,
            "    timeout-minutes: 180\n",
            "    timeout-minutes: 180\n    permissions: {contents: write}\n",
        ),
        (gate, "timeout-minutes", "timeout_minutes"),
        (gate, "actions/checkout@v4", "actions/checkout@main"),
        (gate, "surefoot prompt lint", "surefoot prompt lint ${{ github.head_ref }}"),
        (gate, "surefoot gate run --app agent", "KEY=${{ secrets.KEY }} surefoot gate run"),
        (comment, "github.event.repository.default_branch", "github.event.workflow_run.head_sha"),
        (comment, "          path: from-pull-request\n", ""),
        (comment, "permissions: {}", "permissions: {contents: write}"),
    ):
        assert old in workflow and list(workflow_faults(workflow.replace(old, new))), (old, new)
    assert owners_of("* @all\n/evals/ @some # why\n", "evals/a/b") == ("@some",)
    assert owners_of("/evals/ @some\n/evals/a/\n", "evals/a/b") == ()
