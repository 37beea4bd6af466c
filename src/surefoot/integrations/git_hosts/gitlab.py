"""A merge request's comment, which GitLab calls a note: by API v4, with an access token of the project."""

from dataclasses import dataclass
from urllib.parse import quote

from surefoot.integrations.git_hosts.comments import MARK, Ours, Posted, ready
from surefoot.integrations.git_hosts.rest import Rest
from surefoot.records import Json


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
            ours, body = await self._ours(rest, path, merge_request.url), ready(text)
            if ours is None:
                note = (await rest.call("POST", path, body={"body": body})).get("id")
                return Posted(url=_page(merge_request.url, note), done="written")
            if ours.says(body):
                return Posted(url=ours.url, done="unchanged")
            await rest.call("PUT", f"{path}/{ours.number}", body={"body": body})
            return Posted(url=ours.url, done="updated")

    async def _ours(self, rest: Rest, path: str, page: str) -> Ours | None:
        me = (await rest.call("GET", "/user")).get("id")
        async for found in rest.every(path):
            author, number = found.get("author"), found.get("id")
            by = author.get("id") if isinstance(author, dict) else None
            body = str(found.get("body"))
            if body.startswith(MARK) and by == me and isinstance(number, int):
                return Ours(number=number, body=body, url=_page(page, number))
        return None


def _page(merge_request: str, note: Json) -> str:
    return f"{merge_request}#note_{note}"
