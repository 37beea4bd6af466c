"""The whole path in Git repositories: edit, pull request, approval, promotion, two replicas, and back."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.path_team import POINTER, PROMPT, Place, Replica, Team, serving

MISTAKE = ("{{ abstention }}", "{{ abstension }}")
EDIT = ("of documents.", "of a handbook.")


def is_written(folder: Path, *, may_be: bool) -> None:
    """Let a folder be written, or only read."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o755 if may_be else 0o555)
        elif not may_be:
            path.chmod(0o444)


def with_one_app(project: Place) -> None:
    """Take out the prompt whose suite came with another app, so that lint finds nothing at first."""
    project.git("rm", "-q", "prompts/rewrite.prompt.md", "prompts/answer.fenced.prompt.md")
    project.git("commit", "-qm", "One app, one prompt")
    project.surefoot("prompt", "lint")


def edited_and_mended(author: Place, question: str) -> None:
    """The author's branch `handbook`: a mistake that lint finds, and mended; tried, compared, pushed."""
    author.git("switch", "-q", "-c", "handbook")
    author.edit(*EDIT)
    author.edit(*MISTAKE)
    found = author.surefoot("prompt", "lint", code=1)
    lines = (author.top / PROMPT).read_text().splitlines()
    ((line, column),) = [
        (number, text.index("abstension") + 1) for number, text in enumerate(lines, 1) if MISTAKE[1] in text
    ]
    assert f"{PROMPT}:{line}:{column}: error[undeclared] there is no variable 'abstension'" in found
    author.edit(*reversed(MISTAKE))
    author.surefoot("prompt", "lint")

    author.surefoot("index", "build")
    tried = author.surefoot("prompt", "try", "answer", "--question", question, "--against", "production")
    sides = [tried.index(f"\n{side}\n") for side in ("production of answers", "the working tree")]
    assert sides == sorted(sides), tried
    compared = author.surefoot("prompt", "diff", "answer")
    assert "[-documents-]{+a handbook+}" in compared, compared
    author.git("commit", "-qam", "Say that it is a handbook")
    author.git("push", "-q", "origin", "handbook")


def gated(team: Team) -> str:
    """What CI makes of the pull request: the comment, from the job's lines on the merge of it with main."""
    runner = team.clone("gate-runner")
    runner.git("switch", "-q", "--detach", "origin/main")
    runner.git("merge", "-q", "--no-ff", "-m", "Merge handbook into main", "origin/handbook")
    for done in team.job("gate", runner):
        assert done.returncode == 0, done.stdout + done.stderr
    return (runner.top / "comment.md").read_text()


def says_it_all(comment: str) -> None:
    """Hold a comment to its order: one sentence, three answers before and after, lint, diff, verdict."""
    parts = (
        "This changes the prompt “answer”, so the app “answers”",
        "Measured against what serves now, the app “answers” answers no worse.",
        "### Before and after: the app “answers”",
        "Lint found nothing wrong",
        "handbook.",
        "PASS",
    )
    places = [comment.find(part) for part in parts]
    assert -1 not in places and places == sorted(places), comment
    assert comment[places[2] : places[3]].count("<table>") == 3, comment


def squashed(team: Team) -> None:
    """Merge the pull request as one commit, as the Git host's web page does."""
    host = team.clone("host")
    host.git("merge", "-q", "--squash", "origin/handbook")
    host.git("commit", "-q", "-m", "Say that it is a handbook (#1)")
    host.git("push", "-q", "origin", "main")


def approved(team: Team) -> None:
    """Where the trust file asks for an approval, somebody other than the author gives it, on main."""
    asking = {"SUREFOOT_TRUST_FILE": str(_trust(team))}
    runner = team.place("gate-runner", **asking)
    refused = runner.run(sys.executable, "-m", "surefoot", "release", "promote")
    assert refused.returncode == 4 and "approv" in refused.stderr, refused.stderr
    team.clone("reviewer")
    reviewer = team.place("reviewer", **asking)
    reviewer.surefoot("index", "build")
    release = reviewer.surefoot("release", "create").strip()
    reviewer.surefoot(
        "release", "approve", release, "--as", "reviewer@localhost", "--reason", "it is clearer"
    )
    reviewer.git("push", "-q", "origin", "main")


def _trust(team: Team) -> Path:
    """The deployment's trust file, outside the repository."""
    file = team.folder / "trust.toml"
    file.write_text("schema = 1\n[approvals]\nrequired = true\n")
    return file


def promoted(team: Team, name: str) -> Place:
    """One run of the promote workflow on main, in a fresh clone."""
    team.clone(name)
    runner = team.place(name, SUREFOOT_TRUST_FILE=str(_trust(team)))
    for done in team.job("promote", runner):
        assert done.returncode == 0, done.stdout + done.stderr
    return runner


def published(keeper: Place, shared: Path) -> None:
    """Pack what the keeper's checkout has in production, and push the bundle to where replicas get it."""
    keeper.git("pull", "-q", "--ff-only", "origin", "main")
    keeper.surefoot("index", "build")
    keeper.surefoot("release", "pack")
    keeper.surefoot("release", "push", str(shared))


def pulled(replica: Place, shared: Path, bundle: Path) -> None:
    """Bring the bundle to where the replica reads it, and may only read it."""
    is_written(bundle, may_be=True)
    replica.surefoot("release", "pull", str(shared), "--bundle", str(bundle))
    is_written(bundle, may_be=False)


def walk(folder: Path, project: Place, question: str) -> None:
    """All of it, from a project with its first release in production; the team's clones go into `folder`."""
    team = Team(folder, project)
    shared, bundle = folder / "shared", folder / "bundle"
    author, keeper, checkout = team.clone("author"), team.clone("keeper"), team.clone("checkout")
    (folder / "no-programs").mkdir()
    alone = team.place("alone", PATH=str(folder / "no-programs"))
    alone.top.mkdir()
    first = author.production()

    checkout.surefoot("index", "build")
    published(keeper, shared)
    pulled(alone, shared, bundle)
    with serving(checkout) as by_git, serving(alone, "--bundle", str(bundle)) as by_bundle:
        replicas, urls = (by_git, by_bundle), (by_git.url, by_bundle.url)
        _all_answer(replicas, first, question)

        edited_and_mended(author, question)
        says_it_all(gated(team))
        squashed(team)
        approved(team)
        approval = team.main()
        runner = promoted(team, "promote-runner")
        second, pointed = runner.production(), team.main()
        assert second != first
        assert runner.git("rev-parse", f"{pointed}^") == approval, "promotion is one commit"
        changed = runner.git("show", "--name-only", "--format=", pointed).split()
        assert POINTER in changed
        assert all(name.startswith(("serving/channels/", "serving/releases/")) for name in changed)
        again = promoted(team, "second-promote-runner")
        assert (team.main(), again.production()) == (pointed, second), "the pointer's commit starts nothing"

        published(keeper, shared)
        assert "not complete" in keeper.surefoot("release", "where", *urls, code=1)
        _follow(checkout, alone, shared, bundle)
        _all_answer(replicas, second, question)
        assert "\ncomplete: " in keeper.surefoot("release", "where", *urls)

        keeper.surefoot("release", "rollback", "--reason", "the path goes back")
        assert keeper.production() == first
        keeper.git("push", "-q", "origin", "main")
        published(keeper, shared)
        _follow(checkout, alone, shared, bundle)
        assert "\ncomplete: " in keeper.surefoot("release", "where", *urls, "--wait", "60")
        _all_answer(replicas, first, question)

    assert not any(alone.top.iterdir()) and checkout.git("status", "--porcelain") == ""
    _told_by_history(keeper, first, second)


def _all_answer(replicas: Sequence[Replica], release: str, question: str) -> None:
    for replica in replicas:
        replica.answers_by(release, question)


def _follow(checkout: Place, alone: Place, shared: Path, bundle: Path) -> None:
    checkout.git("pull", "-q", "--ff-only")
    pulled(alone, shared, bundle)


def _told_by_history(keeper: Place, *releases: str) -> None:
    told = keeper.surefoot("prompt", "history", "answer")
    for release in releases:
        assert re.search(rf"production of answers from \S+: release {release[:12]}, receipt .*PASS", told), (
            told
        )
