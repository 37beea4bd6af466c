"""A merge request's comment, which GitLab calls a note: by API v4, with an access token of the project."""

from dataclasses import dataclass
from urllib.parse import quote

from surefoot.integrations.git_hosts.comments import MARK, Posted, ready
from surefoot.integrations.git_hosts.rest import Rest


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLabMergeRequest:
    """A merge request: its project's number or path, its own number there, and the page that shows it."""

    project: str
    number: int
    url: str


class GitLab:
    """The API at `url`, as in `https://gitlab.com/api/v4`."""

    def __init__(self, *, url: str, token: str) -> None:
        self._rest = Rest(url, headers={"PRIVATE-TOKEN": token})

    async def post(self, merge_request: GitLabMergeRequest, text: str) -> Posted:
        """Write the note, or replace ours."""
        project = quote(merge_request.project, safe="")
        path = f"/projects/{project}/merge_requests/{merge_request.number}/notes"
        async with self._rest as rest:
            ours = await self._ours(rest, path)
            method, place = ("POST", path) if ours is None else ("PUT", f"{path}/{ours}")
            note = (await rest.call(method, place, body={"body": ready(text)})).get("id")
            return Posted(url=f"{merge_request.url}#note_{note}", updated=ours is not None)

    async def _ours(self, rest: Rest, path: str) -> int | None:
        me = (await rest.call("GET", "/user")).get("id")
        async for found in rest.every(path):
            author, number = found.get("author"), found.get("id")
            by = author.get("id") if isinstance(author, dict) else None
            if str(found.get("body")).startswith(MARK) and by == me and isinstance(number, int):
                return number
        return None
