"""A registry over a real socket: the calls of the OCI distribution specification 1.1 that bundles take.

It refuses what a strict registry refuses: an upload whose bytes have another digest, a manifest whose blobs
are not there or whose media type is not that of the request, a call without the right token.
"""

import base64
import hashlib
import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "acme/answers"
USER = "robot:a-secret"


@dataclass(kw_only=True)
class FakeRegistry:
    """What it holds, how it behaves, and what it was asked, as `METHOD path`.

    `failures` are statuses it answers next with; `cut_after` bytes of a blob it hangs up, once; `guarded`
    asks for a token, which only USER gets. Blobs are sent for to the host `elsewhere`. `keys` are the headers
    Authorization that it was given.
    """

    blobs: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, bytes] = field(default_factory=dict)
    failures: list[int] = field(default_factory=list)
    cut_after: int | None = None
    guarded: bool = False
    elsewhere: str | None = None
    keys: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    uploads: set[str] = field(default_factory=set)
    host: str = ""

    @property
    def address(self) -> str:
        """As it is typed."""
        return f"oci://{self.host}/{REPOSITORY}"


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    registry: FakeRegistry

    def answer(self) -> None:
        """One request, with its body read."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        place = urlsplit(self.path)
        self.registry.asked.append(f"{self.command} {place.path}")
        self.registry.keys += self.headers.get_all("Authorization", [])
        if place.path == "/token":
            self.token(parse_qs(place.query))
        elif not self.lets_in():
            realm = f'realm="http://{self.registry.host}/token",service="fake"'
            scope = f'scope="repository:{REPOSITORY}:{self.right()}"'
            self.reply(401, headers={"WWW-Authenticate": f"Bearer {realm},{scope}"})
        elif self.registry.failures:
            self.reply(self.registry.failures.pop(0))
        else:
            kind, _, name = place.path.removeprefix(f"/v2/{REPOSITORY}/").partition("/")
            handle = {"blobs": self.blob, "manifests": self.manifest}.get(kind)
            if handle is None:
                self.reply(404)
            else:
                handle(name, parse_qs(place.query), body)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 - http.server chooses by these names

    def right(self) -> str:
        """What the request takes."""
        return "pull" if self.command in ("GET", "HEAD") else "pull,push"

    def lets_in(self) -> bool:
        said = self.headers.get("Authorization", "")
        return not self.registry.guarded or (said.startswith("Bearer may-") and self.right() in said)

    def token(self, asks: dict[str, list[str]]) -> None:
        basic = f"Basic {base64.b64encode(USER.encode()).decode()}"
        if self.headers.get("Authorization") != basic or asks["service"] != ["fake"]:
            self.reply(401)
            return
        right = asks["scope"][0].rpartition(":")[2]
        self.reply(200, json.dumps({"token": f"may-{right}"}).encode())

    def blob(self, name: str, asks: dict[str, list[str]], body: bytes) -> None:
        if self.command == "POST" and name == "uploads/":
            upload = uuid.uuid4().hex
            self.registry.uploads.add(upload)
            place = f"/v2/{REPOSITORY}/blobs/uploads/{upload}?state=x"
            self.reply(202, headers={"Location": place})
        elif self.command == "PUT":
            self.take(name.removeprefix("uploads/"), asks, body)
        elif self.registry.elsewhere is not None:
            self.reply(307, headers={"Location": f"http://{self.registry.elsewhere}{self.path}"})
        elif name in self.registry.blobs:
            self.send(self.registry.blobs[name])
        else:
            self.reply(404)

    def take(self, upload: str, asks: dict[str, list[str]], body: bytes) -> None:
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        if upload not in self.registry.uploads or asks != {"state": ["x"], "digest": [digest]}:
            self.reply(400, b'{"errors": [{"code": "DIGEST_INVALID"}]}')
            return
        self.registry.uploads.remove(upload)
        self.registry.blobs[digest] = body
        self.reply(201)

    def manifest(self, name: str, asks: dict[str, list[str]], body: bytes) -> None:
        if self.command == "PUT":
            value = json.loads(body)
            named = {one["digest"] for one in (value["config"], *value["layers"])}
            fits = self.headers["Content-Type"] == value["mediaType"]
            if not fits or not named <= self.registry.blobs.keys():
                self.reply(400, b'{"errors": [{"code": "MANIFEST_BLOB_UNKNOWN"}]}')
                return
            self.registry.tags[name] = body
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            self.reply(201, headers={"Docker-Content-Digest": digest})
        elif name in self.registry.tags:
            self.send(self.registry.tags[name])
        else:
            self.reply(404, b'{"errors": [{"code": "MANIFEST_UNKNOWN"}]}')

    def send(self, content: bytes) -> None:
        cut = self.registry.cut_after
        if self.command == "GET" and cut is not None and len(content) > cut:
            self.registry.cut_after = None
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:cut])
            self.close_connection = True
            return
        self.reply(200, content)

    def reply(self, status: int, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def running_registry(registry: FakeRegistry) -> Iterator[FakeRegistry]:
    """The registry, listening on a free port of loopback; `host` says where."""

    class OfThisOne(Answering):
        pass

    OfThisOne.registry = registry
    with ThreadingHTTPServer(("127.0.0.1", 0), OfThisOne) as server:
        server.daemon_threads = True
        registry.host = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield registry
        finally:
            server.shutdown()
            thread.join()
