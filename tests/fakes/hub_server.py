"""A model hub over a real socket: serves bytes at paths, resumes, and cuts the connection on demand."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(kw_only=True)
class FakeHub:
    """What the hub holds, how it behaves, and what it was asked.

    `cut_after` bytes it hangs up, once. `resumes` False is a server that ignores Range.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None
    resumes: bool = True
    status: int | None = None
    ranges: list[str | None] = field(default_factory=list)
    url: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """One GET."""
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        content = self.files.get(request.path)
        if content is None or self.status is not None:
            request.send_response(self.status or 404)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.resumes else 0
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        end, self.cut_after = self.cut_after, None
        request.wfile.write(content[start:] if end is None else content[start : start + end])


@contextmanager
def running_hub(hub: FakeHub) -> Iterator[FakeHub]:
    """The hub, listening on a free port of loopback; `url` says where."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hub.answer(self)
            self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
