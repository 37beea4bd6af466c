"""The server underneath: uvicorn on uvloop and httptools, quiet about itself."""

import asyncio
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.loops.uvloop import uvloop_loop_factory

if TYPE_CHECKING:
    from fastapi import FastAPI  # takes a second, and the loop is wanted before


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop of uvloop's, for `asyncio.Runner(loop_factory=...)`: who awaits `serve()` makes the loop."""
    factory = uvloop_loop_factory()
    return factory()


def server(api: "FastAPI", *, host: str, port: int, drain_seconds: int = 10) -> uvicorn.Server:
    """A server that is ready to `serve()` in the loop that runs; port 0 takes a free one.

    On SIGTERM it stops listening at once, and gives running answers `drain_seconds` to end.
    """
    return uvicorn.Server(
        uvicorn.Config(
            api,
            host=host,
            port=port,
            loop="none",
            http="httptools",
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=drain_seconds,
        )
    )
