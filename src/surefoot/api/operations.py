"""What may be asked, which releases this process serves, health and metrics."""

import os
import socket

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from surefoot.api.admittance import admit
from surefoot.api.frames import json_response
from surefoot.api.native_form import release_fields
from surefoot.api.service import Service
from surefoot.console import Standing
from surefoot.errors import SurefootError


def routes(service: Service) -> APIRouter:
    """What clients and operators look at."""
    router = APIRouter()

    @router.get("/v1/models", tags=["OpenAI"], summary="What may be asked")
    async def models(request: Request) -> Response:
        """Each app at its present release, and model aliases where plain chat is on."""
        await admit(service, request, "ask", "read")
        apps = [_app_fields(service, name) for name in service.apps.names()]
        aliases = [_model_fields(alias) for alias in service.plain_models] if service.plain_chat else []
        return json_response({"object": "list", "data": apps + aliases})

    @router.get("/v1/releases", tags=["Operations"], summary="Which release this process serves")
    async def releases(request: Request) -> Response:
        """Each open app's release in this process, since when and by what right; and what does not serve."""
        await admit(service, request, "ask", "read")
        return json_response(
            {
                "process": {"host": socket.gethostname(), "pid": os.getpid()},
                "releases": [_served_fields(standing) for standing in service.apps.standings()],
                "held_back": _held_back_fields(service),
                "missing": _missing_fields(service),
            }
        )

    @router.get("/healthz", tags=["Operations"], summary="Is the process alive")
    async def healthz() -> Response:
        """Open to everybody: 200 as long as the process answers."""
        return json_response({"alive": True})

    @router.get("/readyz", tags=["Operations"], summary="Can it answer")
    async def readyz() -> Response:
        """Open to everybody: 200, or 503 with each thing that is missing and what to do.

        A release that is held back is no reason for 503: what served before goes on serving.
        """
        missing = _missing_fields(service)
        return json_response(
            {"ready": not missing, "missing": missing, "held_back": _held_back_fields(service)},
            status=503 if missing else 200,
        )

    @router.get("/metrics", tags=["Operations"], summary="What Prometheus reads")
    async def metrics(request: Request) -> Response:
        """Latencies, scores and failures, labelled by release and prompt digest."""
        await admit(service, request, "read")
        service.set_gauges()
        return Response(service.metrics.render(), headers={"content-type": service.metrics.content_type})

    return router


def _model_fields(name: str) -> dict[str, object]:
    # OpenAI's form wants a time of creation; a release has none, on purpose.
    return {"id": name, "object": "model", "created": 0, "owned_by": "surefoot"}


def _app_fields(service: Service, name: str) -> dict[str, object]:
    """An app, its release and what proves it, or why it cannot be asked now."""
    try:
        said = release_fields(service.apps.current(name).pins) | _standing_fields(service, name)
    except SurefootError as error:
        said = {"not_ready": error.message, "remedy": error.remedy}
    return {**_model_fields(name), "surefoot": said}


def _missing_fields(service: Service) -> list[dict[str, str]]:
    return [{"what": part.what, "reason": part.reason, "remedy": part.remedy} for part in service.not_ready()]


def _held_back_fields(service: Service) -> list[dict[str, str | None]]:
    return [
        {"app": held.app, "release": held.release, "reason": held.reason, "remedy": held.remedy}
        for held in service.apps.held_back()
    ]


def _standing_fields(service: Service, name: str) -> dict[str, object]:
    (standing,) = [standing for standing in service.apps.standings() if standing.app == name]
    return _right_fields(standing)


def _served_fields(standing: Standing) -> dict[str, object]:
    return {
        "app": standing.app,
        "release": standing.release,
        "since": standing.since.isoformat(),
        "kind": standing.kind,
        **_right_fields(standing),
    }


def _right_fields(standing: Standing) -> dict[str, object]:
    """By what right a release serves."""
    return {
        "channel": standing.channel,
        "proven": standing.receipt is not None,
        "receipt": standing.receipt,
        "break_glass": broken_glass_fields(standing),
    }


def broken_glass_fields(standing: Standing) -> dict[str, str] | None:
    """Who let a release in that nothing proves; None where a receipt does, or for a working tree."""
    broken = standing.broken_glass
    if broken is None:
        return None
    return {
        "record": broken.record,
        "by": broken.by,
        "reason": broken.reason,
        "made_at": broken.made_at.isoformat(),
    }
