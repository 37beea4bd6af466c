"""The lines of the CI files that `surefoot init` writes, run as runners would, in fresh clones."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from tests.ci_files import HOSTS, TEMPLATES, jobs
from tests.cli.gauges import SPOILT, commit, gauge_project, git, reword
from tests.cli.trial_project import Trial
from tests.fakes.git_host_server import REPOSITORY, TOKEN, running_git_host

pytestmark = pytest.mark.timeout(300)

VARIABLES = {
    "github": {"GITHUB_REF_NAME": "main"},
    "gitlab": {
        "CI_COMMIT_BRANCH": "main",
        "CI_SERVER_HOST": "gitlab.example",
        "CI_PROJECT_PATH": "team/project",
        "PROMOTER_TOKEN": "token",
    },
    "jenkins": {"BRANCH_NAME": "main"},
}


class House:
    """A remote that is bare, an author's clone of it, and runners that have a fresh clone for each job."""

    def __init__(self, folder: Path, author: Trial) -> None:
        self.remote, self.author, self.folder = folder / "remote.git", author, folder
        git(folder, "init", "-q", "--bare", "-b", "main", str(self.remote))
        git(author.top, "remote", "add", "origin", str(self.remote))
        git(author.top, "push", "-q", "-u", "origin", "main")
        self.tools = folder / "tools"
        self.tools.mkdir()
        self._tool("surefoot", f"exec {shlex.join(author.command())}")
        self._tool("python", f"exec {shlex.quote(sys.executable)}")
        (self.tools / "pip").write_text("#!/bin/sh\n")  # surefoot is installed already
        (self.tools / "pip").chmod(0o755)

    def _tool(self, name: str, line: str) -> None:
        (self.tools / name).write_text(f'#!/bin/sh\n{line} "$@"\n')
        (self.tools / name).chmod(0o755)

    def main(self) -> str:
        """The commit that main is at."""
        return git(self.remote, "rev-parse", "main").strip()

    def production(self) -> str:
        """The pointer on main."""
        return git(self.remote, "show", "main:serving/channels/answers/production.toml")

    def squashed(self, branch: str, words: str) -> str:
        """An author's branch that rewords the prompt, squashed into main as a Git host does it."""
        top = self.author.top
        git(top, "fetch", "-q", "origin")
        git(top, "switch", "-q", "-C", "main", "origin/main")
        git(top, "switch", "-q", "-c", branch)
        reword(top, f"{words} First try.")
        git(top, "revert", "--no-edit", "HEAD")
        reword(top, words)
        git(top, "switch", "-q", "main")
        git(top, "merge", "-q", "--squash", branch)
        git(top, "commit", "-q", "-m", f"{branch}, squashed")
        git(top, "push", "-q", "origin", "main")
        return self.main()

    def pushed(self) -> None:
        """What the author has on main goes to the remote."""
        git(self.author.top, "push", "-q", "origin", "main")

    def promote_job(self, host: str) -> "subprocess.CompletedProcess[str]":
        """One run of the job, on a fresh clone of main."""
        clone = self.cloned("main")
        url = "https://surefoot:token@gitlab.example/team/project.git"
        git(clone, "config", f"url.{self.remote}.insteadOf", url)
        return self.job(host, "promote", clone, VARIABLES[host])

    def cloned(self, branch: str) -> Path:
        """A runner's checkout: no branch, and nothing done in it yet."""
        clone = self.folder / f"runner-{len([*self.folder.glob('runner-*')])}"
        git(self.folder, "clone", "-q", str(self.remote), str(clone))
        git(clone, "checkout", "-q", "--detach", f"origin/{branch}")
        return clone

    def job(
        self, host: str, job: str, folder: Path, more: Mapping[str, str]
    ) -> "subprocess.CompletedProcess[str]":
        """Run a job's lines in a folder, each in a shell of its own; the last that ran."""
        variables = {
            **self.author.environment,
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "XDG_CONFIG_HOME": str(self.folder),
            **more,
        }
        done = None
        for line in jobs(host)[job]:
            done = subprocess.run(
                ["bash", "-e", "-c", line],
                cwd=folder,
                env=variables,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            if done.returncode and job == "promote":
                return done
        assert done is not None
        return done


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The project with its first release in production, on the remote."""
    folder = tmp_path_factory.mktemp("house")
    with gauge_project(folder / "author") as trial:
        trial.said("gate", "run", "--against", "founding")
        trial.said("release", "promote")
        yield House(folder, trial)


def changed_in(house: House, commit_name: str) -> list[str]:
    return git(house.remote, "show", "--name-only", "--format=", commit_name).split()


@pytest.mark.parametrize("host", HOSTS)
def test_what_was_squashed_into_main_is_promoted_in_one_commit_that_starts_nothing_anew(
    house: House, host: str
) -> None:
    merged, before = house.squashed(f"by-{host}", f"- Say it as {host} does."), house.production()

    done = house.promote_job(host)

    assert done.returncode == 0, done.stdout + done.stderr
    pointer = house.main()
    assert git(house.remote, "rev-parse", f"{pointer}^").strip() == merged
    assert git(house.remote, "log", "-1", "--format=%an").strip() == "surefoot"
    assert house.production() != before
    changed = changed_in(house, pointer)
    assert "serving/channels/answers/production.toml" in changed
    assert all(file.startswith(("serving/channels/", "serving/releases/")) for file in changed)

    asked = len(house.author.chat.requests)
    again = house.promote_job(host)

    assert again.returncode == 0, again.stdout + again.stderr
    assert house.main() == pointer, "the pointer commit promotes nothing"
    assert len(house.author.chat.requests) == asked, "and no model was asked"


def test_github_does_not_even_start_for_a_pointer_commit() -> None:
    workflow = yaml.safe_load((TEMPLATES / "github-promote.yml").read_text())
    ignored = workflow[True]["push"]["paths-ignore"]

    written = ["serving/channels/answers/production.toml", "serving/releases/ab/receipts/cd.json"]
    others = ["prompts/answer.prompt.md", "serving/apps/answers.toml", "serving/approvals/ab.json"]
    assert all(any(fnmatch(file, pattern) for pattern in ignored) for file in written)
    assert not any(fnmatch(file, pattern) for file in others for pattern in ignored)


def test_what_answers_worse_than_production_is_not_promoted(house: House) -> None:
    merged, before = house.squashed("spoilt", SPOILT), house.production()

    done = house.promote_job("github")

    assert done.returncode == 1
    assert (house.main(), house.production()) == (merged, before)
    git(house.author.top, "revert", "--no-edit", "HEAD")
    house.pushed()


def test_a_rollback_is_not_undone_by_the_next_merge(house: House) -> None:
    house.squashed("taken-back", "- Be brief.")
    assert house.promote_job("github").returncode == 0
    top = house.author.top
    git(top, "pull", "-q", "--ff-only", "origin", "main")
    house.author.said("release", "rollback", "--reason", "a test")
    (top / "papers" / "notes.bin").write_text("Not a document.\n")
    commit(top, "Something else")
    house.pushed()
    back = house.production()

    done = house.promote_job("github")

    assert done.returncode == 4
    assert "was taken out of production" in done.stderr
    assert house.production() == back


def test_a_forks_pull_request_gets_one_comment_which_follows_it(house: House) -> None:
    top = house.author.top
    git(top, "fetch", "-q", "origin")
    git(top, "switch", "-q", "-c", "pull-request", "origin/main")
    reword(top, SPOILT)
    git(top, "push", "-q", "origin", "pull-request")
    with running_git_host() as host:
        host.pulls = [(7, "stranger/handbook", "patch-1", "c0ffee")]
        event = house.folder / "event.json"
        started = {"head_sha": "c0ffee", "head_branch": "patch-1"}
        started |= {"head_repository": {"full_name": "stranger/handbook"}}  # type: ignore[dict-item]
        event.write_text(json.dumps({"workflow_run": started}))
        variables = {"GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": host.url, "GITHUB_REPOSITORY": REPOSITORY}
        variables["GITHUB_EVENT_PATH"] = str(event)

        def gated() -> str:
            runner = house.cloned("pull-request")
            house.job(
                "github",
                "gate",
                runner,
                {"GITHUB_STEP_SUMMARY": str(runner / "summary.md"), "GITHUB_BASE_REF": "main"},
            )
            poster = house.folder / f"poster-{runner.name}"
            (poster / "from-pull-request").mkdir(parents=True)
            shutil.copy(runner / "comment.md", poster / "from-pull-request")
            done = house.job("github", "comment", poster, variables)
            assert done.returncode == 0, done.stderr
            assert (runner / "summary.md").read_text() == (runner / "comment.md").read_text()
            (comment,) = host.comments
            return comment.body

        said = gated()
        assert said.startswith(
            "<!-- surefoot -->\n**This changes the prompt “answer” and the include “house-rules”, so the app"
        )
        assert "answers worse" in said
        assert "About a thousand, more or less." in said
        places = [said.lower().index(words) for words in ("about a thousand", "lint found", "## ❌ fail")]
        assert places == sorted(places), said
        git(top, "revert", "--no-edit", "HEAD")
        reword(top, "- Be polite.")
        git(top, "push", "-q", "origin", "pull-request")
        assert "answers no worse" in gated()
        (top / "prompts/answer.prompt.md").write_text("Dear model,\n")
        commit(top, "A letter")
        git(top, "push", "-q", "origin", "pull-request")
        said = gated()
        assert "Nothing was measured of the app “answers”: " in said
        assert "What lint found" in said
