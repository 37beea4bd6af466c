"""A pull request's comment in GitHub: by the REST API of 2022-11-28, with a run's own token or a person's."""

from dataclasses import dataclass

from surefoot.errors import KeyRefusedError
from surefoot.integrations.git_hosts.comments import MARK, Ours, Posted, ready
from surefoot.integrations.git_hosts.rest import Rest
from surefoot.records import Json

# Whom a workflow's own token writes as; such a token may not ask who it is.
WORKFLOW = "github-actions[bot]"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubPullRequest:
    """A pull request: its number, or what GitHub's event says of its last commit and where that came from.

    A run that was started by another one is told no number when the branch is a fork's. What it is told, the
    pull request's author cannot choose but by pushing that commit.
    """

    number: int | None = None
    commit: str = ""
    branch: str = ""
    repository: str = ""


class GitHub:
    """A repository, as `owner/name`, behind the API at `url`."""

    def __init__(self, *, url: str, repository: str, token: str) -> None:
        self._base = f"/repos/{repository}"
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._rest = Rest(url, headers=headers)

    async def post(self, pull_request: GitHubPullRequest, text: str) -> Posted | None:
        """Write the comment, or replace ours; None when no open pull request has that commit any more."""
        async with self._rest as rest:
            number = await self._number(rest, pull_request)
            if number is None:
                return None
            path, body = f"{self._base}/issues/{number}/comments", ready(text)
            ours = await self._ours(rest, path)
            if ours is None:
                said = await rest.call("POST", path, body={"body": body})
                return Posted(url=str(said.get("html_url")), done="written")
            if ours.says(body):
                return Posted(url=ours.url, done="unchanged")
            place = f"{self._base}/issues/comments/{ours.number}"
            said = await rest.call("PATCH", place, body={"body": body})
            return Posted(url=str(said.get("html_url")), done="updated")

    async def _number(self, rest: Rest, wanted: GitHubPullRequest) -> int | None:
        if wanted.number is not None:
            return wanted.number
        owner = wanted.repository.partition("/")[0]
        query = {"state": "open", "head": f"{owner}:{wanted.branch}"}
        async for found in rest.every(f"{self._base}/pulls", query):
            head = _object(found.get("head"))
            same_place = _object(head.get("repo")).get("full_name") == wanted.repository
            number = found.get("number")
            if head.get("sha") == wanted.commit and same_place and isinstance(number, int):
                return number
        return None

    async def _ours(self, rest: Rest, path: str) -> Ours | None:
        """Our comment. One that only looks like ours is left: anybody can write its first line."""
        try:
            me = (await rest.call("GET", "/user")).get("login")
        except KeyRefusedError:
            me = WORKFLOW
        async for found in rest.every(path):
            number = found.get("id")
            by = _object(found.get("user")).get("login")
            body = str(found.get("body"))
            if body.startswith(MARK) and by == me and isinstance(number, int):
                return Ours(number=number, body=body, url=str(found.get("html_url")))
        return None


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
