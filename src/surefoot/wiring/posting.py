"""Which pull request a CI run is about, by the variables that its host sets, and the comment on it."""

import json
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from surefoot.errors import InputError, NotFoundError, SettingsError
from surefoot.integrations.git_hosts import (
    GitHub,
    GitHubPullRequest,
    GitLab,
    GitLabMergeRequest,
    Posted,
)

Host = Literal["github", "gitlab"]

_MOST_BYTES = 1_000_000
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


async def post_comment(host: Host, file: Path) -> Posted | None:
    """Put the file's text onto the pull request, over what was there; None where that has moved on.

    The text is taken as a stranger's. Where it goes is said by the environment alone. Raises SurefootError.
    """
    text = _text_of(file)
    if host == "github":
        github, pull_request = github_of(os.environ)
        return await github.post(pull_request, text)
    gitlab, merge_request = gitlab_of(os.environ)
    return await gitlab.post(merge_request, text)


def github_of(variables: Mapping[str, str]) -> tuple[GitHub, GitHubPullRequest]:
    """GitHub's own run, or Jenkins's of a pull request in GitHub."""
    token = _said(variables, "GITHUB_TOKEN")
    if "GITHUB_EVENT_PATH" in variables:
        repository = _said(variables, "GITHUB_REPOSITORY")
        url = variables.get("GITHUB_API_URL", "https://api.github.com")
        pull_request = _of_event(Path(variables["GITHUB_EVENT_PATH"]))
    else:
        place, repository, number = _of_page(_said(variables, "CHANGE_URL"), "/pull/")
        url = "https://api.github.com" if place == "https://github.com" else f"{place}/api/v3"
        url = variables.get("GITHUB_API_URL", url)
        pull_request = GitHubPullRequest(number=number)
    if not _REPOSITORY.fullmatch(repository):
        raise SettingsError(f"{repository!r} is no repository of GitHub's", remedy="it is written owner/name")
    return GitHub(url=url, repository=repository, token=token), pull_request


def gitlab_of(variables: Mapping[str, str]) -> tuple[GitLab, GitLabMergeRequest]:
    """GitLab's own pipeline of a merge request, or Jenkins's."""
    token = _said(variables, "GITLAB_TOKEN")
    if "CI_API_V4_URL" in variables:
        url, page = variables["CI_API_V4_URL"], _said(variables, "CI_MERGE_REQUEST_PROJECT_URL")
        project, number = (
            _said(variables, "CI_MERGE_REQUEST_PROJECT_ID"),
            _said(variables, "CI_MERGE_REQUEST_IID"),
        )
        if not number.isdecimal():
            raise SettingsError(
                f"CI_MERGE_REQUEST_IID is {number!r}", remedy="it is a merge request's number"
            )
        page = f"{page}/-/merge_requests/{number}"
        return GitLab(url=url, token=token), GitLabMergeRequest(project=project, number=int(number), url=page)
    page = _said(variables, "CHANGE_URL")
    place, project, iid = _of_page(page, "/-/merge_requests/")
    merge_request = GitLabMergeRequest(project=project, number=iid, url=page)
    return GitLab(url=variables.get("GITLAB_API_URL", f"{place}/api/v4"), token=token), merge_request


def _of_event(file: Path) -> GitHubPullRequest:
    """The pull request of the event that started the run, in the file that GitHub wrote."""
    try:
        event = json.loads(file.read_bytes())
        if "workflow_run" in event:
            started = event["workflow_run"]
            return GitHubPullRequest(
                commit=str(started["head_sha"]),
                branch=str(started["head_branch"]),
                repository=str(started["head_repository"]["full_name"]),
            )
        return GitHubPullRequest(number=int(event["pull_request"]["number"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise SettingsError(
            f"{file} names no pull request",
            remedy="post from a workflow that starts by pull_request, or by workflow_run after such a one",
        ) from None


def _of_page(page: str, between: str) -> tuple[str, str, int]:
    """Host, repository and number of a pull request's page, as Jenkins names it."""
    parts = urlsplit(page)
    repository, _, number = parts.path.strip("/").rpartition(between)
    if parts.scheme not in ("http", "https") or not repository or not number.isdecimal():
        raise SettingsError(
            f"CHANGE_URL is {page!r}, which is no page of a pull request there",
            remedy="give --host as it is, and run it in a build of a pull request",
        )
    return f"{parts.scheme}://{parts.netloc}", repository, int(number)


def _said(variables: Mapping[str, str], name: str) -> str:
    if not variables.get(name):
        raise SettingsError(
            f"{name} is not set",
            remedy="run it in the CI of a pull request; tokens are named GITHUB_TOKEN and GITLAB_TOKEN",
        )
    return variables[name]


def _text_of(file: Path) -> str:
    """The file's text. A link is refused: it would show what the runner has and the author has not."""
    try:
        about = file.lstat()
    except OSError:
        raise NotFoundError(
            f"there is no file {file}", remedy="write it with `--out`, or name another"
        ) from None
    if not stat.S_ISREG(about.st_mode) or not 0 < about.st_size <= _MOST_BYTES:
        raise InputError(
            f"{file} is no text of at most {_MOST_BYTES:,} bytes", remedy="name a file of Markdown"
        )
    return file.read_bytes().decode("utf-8", "replace")
