"""Calls to a Git host's API: tried anew where that cannot write twice, and refused in words."""

import asyncio
from collections.abc import Iterator

import pytest
from tests.fakes.git_host_server import REPOSITORY, TOKEN, FakeGitHost, running_git_host

from surefoot.errors import IntegrationError, KeyRefusedError
from surefoot.integrations.git_hosts import GitHub, GitHubPullRequest, GitLab, GitLabMergeRequest, Posted
from surefoot.integrations.git_hosts.rest import MOST_TRIES, Rest
from surefoot.records import Json

COMMENTS = f"/repos/{REPOSITORY}/issues/7/comments"
NOTES = "/projects/42/merge_requests/7/notes"


@pytest.fixture
def host() -> Iterator[FakeGitHost]:
    with running_git_host() as running:
        running.me = "robot"
        yield running


def post(host: FakeGitHost, name: str, text: str) -> Posted | None:
    if name == "github":
        github = GitHub(url=host.url, repository=REPOSITORY, token=TOKEN)
        return asyncio.run(github.post(GitHubPullRequest(number=7), text))
    gitlab = GitLab(url=host.url, token=TOKEN)
    merge_request = GitLabMergeRequest(project="42", number=7, url="https://gitlab.example/7")
    return asyncio.run(gitlab.post(merge_request, text))


def call(host: FakeGitHost, method: str, path: str, body: Json = None) -> dict[str, Json]:
    async def called() -> dict[str, Json]:
        async with Rest(host.url, headers={"PRIVATE-TOKEN": TOKEN}, pause_seconds=0.0) as rest:
            return await rest.call(method, path, body=body)

    return asyncio.run(called())


def writes(host: FakeGitHost) -> list[str]:
    return [asked for asked in host.asked if not asked.startswith("GET")]


@pytest.mark.parametrize("name", ["github", "gitlab"])
def test_the_same_text_again_writes_nothing(host: FakeGitHost, name: str) -> None:
    first = post(host, name, "It answers no worse.\n")
    host.comments[0].body = host.comments[0].body.strip().replace("\n", "\r\n")  # as a host may keep it

    again = post(host, name, "It answers no worse.\n")

    assert first is not None and again is not None
    assert (first.done, again.done) == ("written", "unchanged")
    assert again.url == first.url
    assert len(writes(host)) == 1


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (429, {"Retry-After": "0"}, "Too many requests"),
        (403, {"Retry-After": "0"}, "You have exceeded a secondary limit"),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, "API rate limit exceeded"),
        (429, {"RateLimit-Reset": "1"}, "Too many requests"),
    ],
)
def test_a_limit_that_ends_soon_is_waited_for_even_to_write(
    host: FakeGitHost, status: int, headers: dict[str, str], words: str
) -> None:
    host.failures = [("POST", status, headers, words)]

    posted = post(host, "github", "Text")

    assert posted is not None and posted.done == "written"
    assert len(host.comments) == 1


def test_a_limit_that_ends_late_is_told_with_when_and_not_as_a_wrong_token(host: FakeGitHost) -> None:
    host.failures = [("GET", 403, {"Retry-After": "900"}, "You have exceeded a secondary rate limit")]

    with pytest.raises(IntegrationError) as raised:
        call(host, "GET", "/user")

    assert not isinstance(raised.value, KeyRefusedError)
    assert "again in 900 s" in raised.value.remedy
    assert len(host.asked) == 1


def test_a_token_that_may_only_read_is_told_at_once(host: FakeGitHost) -> None:
    host.failures = [("POST", 403, {}, "Resource not accessible by integration")]

    with pytest.raises(KeyRefusedError) as raised:
        post(host, "github", "Text")

    assert "fork" in raised.value.remedy
    assert TOKEN not in f"{raised.value}{raised.value.remedy}"
    assert writes(host) == [f"POST {COMMENTS}"]


def test_a_server_that_fails_is_asked_a_few_times(host: FakeGitHost) -> None:
    host.failures = [("GET", 502, {}, "Bad gateway")] * (MOST_TRIES - 1)
    assert call(host, "GET", "/user")["login"] == "robot"

    host.failures, host.asked = [("GET", 500, {}, "Broken")] * 9, []
    with pytest.raises(IntegrationError, match="answered 500"):
        call(host, "GET", "/user")
    assert len(host.asked) == MOST_TRIES


def test_a_comment_that_may_have_been_written_is_not_written_again(host: FakeGitHost) -> None:
    host.failures = [("POST", 502, {}, "Bad gateway")]

    with pytest.raises(IntegrationError, match="answered 502"):
        call(host, "POST", NOTES, {"body": "Text"})

    assert writes(host) == [f"POST {NOTES}"]


def test_what_is_not_there_is_told_at_once(host: FakeGitHost) -> None:
    with pytest.raises(IntegrationError, match="answered 404"):
        call(host, "GET", "/nowhere")

    assert len(host.asked) == 1
