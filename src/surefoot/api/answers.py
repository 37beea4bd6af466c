"""`POST /v1/answers`: a question in; the answer, its citations and where its seconds went out."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from surefoot.api.admittance import admit
from surefoot.api.bodies import AnswerBody, parse, read_bytes, read_json
from surefoot.api.chat_body import question_of
from surefoot.api.documentation import EVENTS_DESCRIPTION, takes
from surefoot.api.native_form import StreamedNative, WholeNative
from surefoot.api.reaching import reach_of
from surefoot.api.recording import asked_now
from surefoot.api.replies import AnswerReply
from surefoot.api.service import Service
from surefoot.errors import NotFoundError


def routes(service: Service) -> APIRouter:
    """The route of surefoot's own form."""
    router = APIRouter(tags=["Answers"])

    @router.post(
        "/v1/answers",
        summary="Ask a question",
        description=EVENTS_DESCRIPTION,
        openapi_extra=takes(AnswerBody),
    )
    async def ask(request: Request) -> Response:
        caller = await admit(service, request, "ask")
        raw = await read_bytes(request, most_bytes=service.most_body_bytes)
        body = parse(AnswerBody, read_json(request, raw))
        question = question_of(
            body.question,
            body.turns(),
            param="question",
            reach=reach_of(caller, body.filters, param="filters"),
        )
        name = app_named(service, body.app)
        asked = asked_now("ans-", route="/v1/answers", caller=caller, question=question.text)
        streams = body.stream or "text/event-stream" in request.headers.get("accept", "")
        form = StreamedNative if streams else WholeNative
        return AnswerReply(
            service,
            asked,
            app_name=name,
            question=question,
            form=lambda pins: form(id=asked.id, pins=pins),
        )

    return router


def app_named(service: Service, name: str | None) -> str:
    """The name of an app that there is; the first when none is named. NotFoundError lists what there is."""
    names = service.apps.names()
    if not names:
        raise NotFoundError("no app is served", remedy="write one into serving/apps/, and start again")
    wanted = names[0] if name is None else name
    if wanted not in names:
        raise NotFoundError(f"there is no app {wanted!r:.100}", remedy=f"ask for one of: {', '.join(names)}")
    return wanted
