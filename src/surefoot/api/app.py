"""The HTTP service as one ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from surefoot.api import answers, chat, documentation, follow_up, operations, pages
from surefoot.api.errors import Boundary
from surefoot.api.in_flight import InFlight
from surefoot.api.service import Service
from surefoot.console import Pages

_DESCRIPTION = "Answers from documents, by releases that were proven; every answer carries what gave it."
_LAST_TRACES_SECONDS = 5.0
# FastAPI's own, which the environment could switch on: nothing here reports to anywhere but /metrics.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(service: Service) -> FastAPI:
    """Every route over this service. Nothing runs before the server starts it."""
    rendered = Pages()
    in_flight = InFlight()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield
            # The server cancels what outlived its drain and goes on at once: wait for the last traces.
            await in_flight.ended(within_seconds=_LAST_TRACES_SECONDS)

    api = FastAPI(
        title="surefoot",
        description=_DESCRIPTION,
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
        lifespan=lifespan,
        exception_handlers={HTTPException: _to_the_boundary},
    )
    api.include_router(answers.routes(service))
    api.include_router(chat.routes(service))
    api.include_router(follow_up.routes(service))
    api.include_router(operations.routes(service))
    api.include_router(pages.routes(service, rendered))
    api.include_router(documentation.routes(service, api, rendered))
    api.add_middleware(Boundary, pages=rendered, in_flight=in_flight)
    return api


async def _to_the_boundary(request: Request, error: Exception) -> Response:
    """Leave what the router refuses to the one place that words every error."""
    raise error
