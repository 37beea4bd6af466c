"""`POST /v1/chat/completions`: OpenAI's form, so that its clients work against an app unchanged."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from surefoot.api.admittance import admit
from surefoot.api.authentication import Caller
from surefoot.api.bodies import read_bytes, read_json
from surefoot.api.chat_body import ChatRequest, chat_request, model_in
from surefoot.api.documentation import CHAT_BODY, CHAT_DESCRIPTION
from surefoot.api.openai_form import StreamedCompletion, WholeCompletion
from surefoot.api.plain_chat import PlainReplying, plain_question
from surefoot.api.recording import asked_now
from surefoot.api.replies import AnswerReply, Form
from surefoot.api.service import Service
from surefoot.errors import ForbiddenError, NotFoundError
from surefoot.records import Pins

_ROUTE = "/v1/chat/completions"
_PREFIX = "chatcmpl-"


def routes(service: Service) -> APIRouter:
    """The route of OpenAI's form."""
    router = APIRouter(tags=["OpenAI"])

    @router.post(
        _ROUTE, summary="Ask as OpenAI's clients do", description=CHAT_DESCRIPTION, openapi_extra=CHAT_BODY
    )
    async def complete(request: Request) -> Response:
        caller = await admit(service, request, "ask")
        raw = await read_bytes(request, most_bytes=service.most_body_bytes)
        body = read_json(request, raw)
        name = model_in(body)
        if name in service.apps.names():
            return _app_reply(service, name, chat_request(body, caller), caller)
        if name not in service.plain_models:
            raise _unknown(service, name)
        if not service.plain_chat:
            raise ForbiddenError(
                f"{name!r} is a model's alias, and chat that no release answers is off here",
                remedy=f"ask an app ({', '.join(service.apps.names())}), or set service.plain_chat = true",
            )
        route = f"{_ROUTE} (plain, {name})"
        asked = asked_now(_PREFIX, route=route, caller=caller, question=plain_question(body))
        return PlainReplying(service, asked, model=service.plain_models[name], body=raw)

    return router


def _app_reply(service: Service, name: str, wanted: ChatRequest, caller: Caller) -> Response:
    asked = asked_now(_PREFIX, route=_ROUTE, caller=caller, question=wanted.question.text)
    created = int(asked.started_at.timestamp())

    def form(pins: Pins) -> Form:
        if not wanted.stream:
            return WholeCompletion(id=asked.id, created=created, pins=pins, ignored=wanted.ignored)
        return StreamedCompletion(
            id=asked.id,
            created=created,
            pins=pins,
            ignored=wanted.ignored,
            include_usage=wanted.include_usage,
        )

    return AnswerReply(service, asked, app_name=name, question=wanted.question, form=form)


def _unknown(service: Service, name: str) -> NotFoundError:
    offered = [*service.apps.names(), *(service.plain_models if service.plain_chat else ())]
    return NotFoundError(
        f"there is no app or model {name!r:.100}",
        remedy=f"ask for one of: {', '.join(offered) or 'none yet'}",
    )
