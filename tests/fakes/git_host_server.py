"""GitHub and GitLab over a real socket, as far as one comment of a pull request takes them.

Both answer as strictly as their documentation says: comments come in pages, a workflow's own token may not
ask who it is, a wrong token is refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "a-secret"
REPOSITORY = "acme/handbook"
WORKFLOW = "github-actions[bot]"


@dataclass(kw_only=True)
class Comment:
    """One comment: who wrote it, and what."""

    by: str
    body: str


@dataclass(kw_only=True)
class FakeGitHost:
    """What it holds, and what it was asked, as `METHOD path`.

    `comments` are those of pull request 7. `pulls` are open: number, fork, branch, last commit. `me` is whose
    token TOKEN is; None for a workflow's own. `failures` are what it answers first, each with its headers and
    words, to whatever `METHOD path` begins with the text before it.
    """

    comments: list[Comment] = field(default_factory=list)
    pulls: list[tuple[int, str, str, str]] = field(default_factory=list)
    me: str | None = None
    asked: list[str] = field(default_factory=list)
    refuses: bool = False
    failures: list[tuple[str, int, dict[str, str], str]] = field(default_factory=list)
    url: str = ""

    def bodies(self) -> list[str]:
        """What the comments say."""
        return [comment.body for comment in self.comments]


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    host: FakeGitHost

    def answer(self) -> None:
        """One request, with its body read."""
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        place = urlsplit(self.path)
        path, query = unquote(place.path), parse_qs(place.query)
        self.host.asked.append(f"{self.command} {path}")
        given = self.headers.get("PRIVATE-TOKEN") or self.headers.get("Authorization", "").removeprefix(
            "Bearer "
        )
        failing = self.host.failures and f"{self.command} {path}".startswith(self.host.failures[0][0])
        if failing:
            _, status, headers, words = self.host.failures.pop(0)
            self.say(status, {"message": words}, headers)
        elif given != TOKEN or self.host.refuses:
            self.say(401, {"message": "Bad credentials"})
        elif path == "/user":
            self.user()
        elif path == f"/repos/{REPOSITORY}/pulls":
            self.pulls(query)
        elif re.fullmatch(
            rf"/repos/{REPOSITORY}/issues/7/comments|/projects/42/merge_requests/7/notes", path
        ):
            self.comments(query, content)
        elif found := re.fullmatch(r".*/(?:issues/comments|notes)/(\d+)", path):
            self.replace(int(found[1]), content)
        else:
            self.say(404, {"message": "Not Found"})

    do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815 - the library's names

    def user(self) -> None:
        """Who the token's owner is."""
        if self.host.me is None:
            self.say(403, {"message": "Resource not accessible by integration"})
        else:
            self.say(200, {"login": self.host.me, "id": self.host.me})

    def pulls(self, query: dict[str, list[str]]) -> None:
        """The open pull requests from a branch of an owner."""
        owner, _, branch = query["head"][0].partition(":")
        self.page(
            query,
            [
                {"number": number, "head": {"sha": commit, "repo": {"full_name": fork}}}
                for number, fork, name, commit in self.host.pulls
                if name == branch and fork.startswith(f"{owner}/")
            ],
        )

    def comments(self, query: dict[str, list[str]], content: bytes) -> None:
        """List them, or write one."""
        if self.command == "GET":
            self.page(query, [self.form(number) for number in range(len(self.host.comments))])
            return
        self.host.comments.append(Comment(by=self.host.me or WORKFLOW, body=json.loads(content)["body"]))
        self.say(201, self.form(len(self.host.comments) - 1))

    def replace(self, number: int, content: bytes) -> None:
        """Write one anew, whoever wrote it: these hosts let a maintainer's token do that."""
        self.host.comments[number].body = json.loads(content)["body"]
        self.say(200, self.form(number))

    def form(self, number: int) -> dict[str, object]:
        """A comment in both hosts' forms at once."""
        comment = self.host.comments[number]
        author = {"login": comment.by, "id": comment.by}
        page = f"{self.host.url}/comment/{number}"
        return {"id": number, "body": comment.body, "user": author, "author": author, "html_url": page}

    def page(self, query: dict[str, list[str]], rows: list[dict[str, object]]) -> None:
        """One page of a list."""
        size, number = int(query["per_page"][0]), int(query["page"][0])
        self.say(200, rows[size * (number - 1) : size * number])

    def say(self, status: int, value: object, headers: Mapping[str, str] | None = None) -> None:
        """Answer with JSON."""
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, said in (headers or {}).items():
            self.send_header(name, said)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def running_git_host() -> Iterator[FakeGitHost]:
    """The host, listening until the block ends."""
    host = FakeGitHost()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Answering,), {"host": host}))
    host.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
