"""One comment on a pull request, written by a command that takes its text as a stranger's."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.fakes.git_host_server import REPOSITORY, TOKEN, Comment, FakeGitHost, running_git_host

COMMIT = "c0ffee" * 6 + "c0ff"
FORK = "stranger/handbook"


@pytest.fixture
def host() -> Iterator[FakeGitHost]:
    with running_git_host() as running:
        running.pulls = [(3, "other/handbook", "main", COMMIT), (7, FORK, "main", COMMIT)]
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a comment and nothing else: no project, no repository."""
    (tmp_path / "comment.md").write_text("It answers no worse.\n")
    return tmp_path


def post(
    folder: Path, name: str, variables: Mapping[str, str], *words: str
) -> "subprocess.CompletedProcess[str]":
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(("GITHUB_", "CI_", "CHANGE_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "surefoot", "change", "post", "--host", name, *words],
        cwd=folder,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def workflow_run(host: FakeGitHost, folder: Path, **changes: object) -> dict[str, str]:
    """The variables of a workflow that GitHub starts after a fork's: it is told no number."""
    run: dict[str, object] = {
        "head_sha": COMMIT,
        "head_branch": "main",
        "head_repository": {"full_name": FORK},
        "pull_requests": [],
        **changes,
    }
    return github(host, folder, {"workflow_run": run})


def github(host: FakeGitHost, folder: Path, event: object) -> dict[str, str]:
    (folder / "event.json").write_text(json.dumps(event))
    return {
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_API_URL": host.url,
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
    }


def gitlab(host: FakeGitHost) -> dict[str, str]:
    return {
        "GITLAB_TOKEN": TOKEN,
        "CI_API_V4_URL": host.url,
        "CI_MERGE_REQUEST_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.example/acme/handbook",
        "CI_MERGE_REQUEST_IID": "7",
    }


def said(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(done: "subprocess.CompletedProcess[str]", code: int) -> str:
    assert done.returncode == code, done.stdout + done.stderr
    assert "to mend it: " in done.stderr and "Traceback" not in done.stderr
    assert TOKEN not in done.stderr
    return done.stderr


def test_a_forks_pull_request_is_found_by_what_github_says_of_its_commit(
    host: FakeGitHost, folder: Path
) -> None:
    words = said(post(folder, "github", workflow_run(host, folder)))

    assert words == f"written: {host.url}/comment/0\n"
    assert host.bodies() == ["<!-- surefoot -->\nIt answers no worse.\n"]


def test_a_second_run_replaces_the_comment_of_the_first(host: FakeGitHost, folder: Path) -> None:
    said(post(folder, "github", workflow_run(host, folder)))
    host.comments += [Comment(by="maria", body="Nice.")]
    (folder / "comment.md").write_text("It answers worse.\n")

    words = said(post(folder, "github", workflow_run(host, folder)))

    assert words.startswith("updated: ")
    assert host.bodies() == ["<!-- surefoot -->\nIt answers worse.\n", "Nice."]


@pytest.mark.parametrize(
    "changes",
    [
        {"head_sha": "0" * 40},
        {"head_branch": "main&state=all"},
        {"head_repository": {"full_name": "nobody/handbook"}},
    ],
)
def test_a_run_whose_commit_is_no_pull_requests_last_any_more_writes_nothing(
    host: FakeGitHost, folder: Path, changes: dict[str, object]
) -> None:
    words = said(post(folder, "github", workflow_run(host, folder, **changes)))

    assert "nothing was written" in words
    assert host.comments == []


def test_a_strangers_comment_that_looks_like_ours_is_left(host: FakeGitHost, folder: Path) -> None:
    host.comments = [Comment(by="stranger", body="<!-- surefoot -->\nAll is well.")]

    said(post(folder, "github", workflow_run(host, folder)))

    assert host.bodies()[0] == "<!-- surefoot -->\nAll is well."
    assert len(host.comments) == 2


def test_ours_is_found_among_many(host: FakeGitHost, folder: Path) -> None:
    host.me = "robot"
    host.comments = [Comment(by="maria", body=f"{number}") for number in range(150)]
    host.comments[120] = Comment(by="robot", body="<!-- surefoot -->\nOld.")

    said(post(folder, "github", github(host, folder, {"pull_request": {"number": 7}})))

    assert len(host.comments) == 150
    assert host.bodies()[120] == "<!-- surefoot -->\nIt answers no worse.\n"


def test_gitlab_gets_one_note(host: FakeGitHost, folder: Path) -> None:
    host.me = "robot"
    words = said(post(folder, "gitlab", gitlab(host)))
    said(post(folder, "gitlab", gitlab(host)))

    assert words == "written: https://gitlab.example/acme/handbook/-/merge_requests/7#note_0\n"
    assert len(host.comments) == 1


@pytest.mark.parametrize(
    ("name", "page", "api"),
    [
        ("github", "https://github.com/acme/handbook/pull/7", "GITHUB_API_URL"),
        ("gitlab", "https://gitlab.example/42/-/merge_requests/7", "GITLAB_API_URL"),
    ],
)
def test_jenkins_names_the_page_of_the_pull_request(
    host: FakeGitHost, folder: Path, name: str, page: str, api: str
) -> None:
    host.me = "robot"
    variables = {"GITHUB_TOKEN": TOKEN, "GITLAB_TOKEN": TOKEN, api: host.url, "CHANGE_URL": page}

    assert said(post(folder, name, variables)).startswith("written: ")
    assert len(host.comments) == 1


def test_mentions_reach_nobody_and_a_long_text_ends_where_a_line_does(
    host: FakeGitHost, folder: Path
) -> None:
    (folder / "comment.md").write_text(
        "Ask @maria, <!-- surefoot -->\x1b[31m@acme/owners.\n" + "line\n" * 20_000
    )

    said(post(folder, "github", workflow_run(host, folder)))

    (body,) = host.bodies()
    assert body.startswith("<!-- surefoot -->\nAsk @\u200bmaria, [31m@\u200bacme/owners.\nline\n")
    assert len(body) <= 60_000
    assert body.endswith("line\n\n*The comment goes on in the artifacts of the run.*\n")


def test_what_is_no_text_of_ones_own_is_refused(host: FakeGitHost, folder: Path) -> None:
    (folder / "link.md").symlink_to("/proc/self/environ")
    (folder / "large.md").write_bytes(b"x" * 1_000_001)
    (folder / "empty.md").touch()

    for name in ("link.md", "large.md", "empty.md", "absent.md", "."):
        refused(post(folder, "github", workflow_run(host, folder), "--file", name), 2)

    assert host.asked == []


def test_what_is_missing_or_refused_is_said_with_what_to_do(host: FakeGitHost, folder: Path) -> None:
    variables = workflow_run(host, folder)
    assert "GITHUB_TOKEN" in refused(post(folder, "github", {**variables, "GITHUB_TOKEN": ""}), 2)
    assert "GITLAB_TOKEN" in refused(post(folder, "gitlab", variables), 2)
    assert "CHANGE_URL" in refused(post(folder, "github", {"GITHUB_TOKEN": TOKEN}), 2)
    push = github(host, folder, {"push": {}})
    assert "names no pull request" in refused(post(folder, "github", push), 2)
    elsewhere = {**workflow_run(host, folder), "GITHUB_REPOSITORY": "../../user"}
    assert "owner/name" in refused(post(folder, "github", elsewhere), 2)
    host.refuses = True
    variables = workflow_run(host, folder)
    assert "may write comments" in refused(post(folder, "github", variables), 2)
    variables["GITHUB_API_URL"] = "http://127.0.0.1:9"
    assert "did not answer" in refused(post(folder, "github", variables), 5)
