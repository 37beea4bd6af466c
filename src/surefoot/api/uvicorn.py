"""The server underneath: uvicorn on uvloop and httptools, quiet about itself."""

import uvicorn
from fastapi import FastAPI


def server(api: FastAPI, *, host: str, port: int, drain_seconds: int = 10) -> uvicorn.Server:
    """A server that is ready to `serve()`; port 0 takes a free one.

    On SIGTERM it stops listening at once, and gives running answers `drain_seconds` to end.
    """
    return uvicorn.Server(
        uvicorn.Config(
            api,
            host=host,
            port=port,
            loop="uvloop",
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
