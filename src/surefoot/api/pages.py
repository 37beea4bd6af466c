"""The pages, served: ask, a trace, a passage. They work without a script; with one, answers stream."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from surefoot.answering import AnswerPart
from surefoot.api.admittance import admit
from surefoot.api.answers import app_named
from surefoot.api.authentication import Caller
from surefoot.api.bodies import read_bytes
from surefoot.api.chat_body import question_of
from surefoot.api.follow_up import passage_of
from surefoot.api.recording import asked_now, now
from surefoot.api.replies import AnswerReply
from surefoot.api.service import Service
from surefoot.console import Answered, Home, Page, Pages, quality
from surefoot.records import Answer, Pins, Reach

_RECENT = 10


def routes(service: Service, pages: Pages) -> APIRouter:
    """Every page but the API's description."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def home(request: Request) -> Response:
        caller = await admit(service, request, "read")
        return _response(pages.home(await _home(service, caller)))

    @router.post("/")
    async def ask(request: Request) -> Response:
        caller = await admit(service, request, "ask")
        fields = parse_qs(
            (await read_bytes(request, most_bytes=service.most_body_bytes)).decode("utf-8", "replace")
        )
        question = question_of(
            _one(fields, "question"), (), param="question", reach=Reach(groups=caller.groups)
        )
        name = app_named(service, _one(fields, "app") or None)
        asked = asked_now("ans-", route="/", caller=caller, question=question.text)
        view = await _home(service, caller, app=name, question=question.text)
        return AnswerReply(
            service,
            asked,
            app_name=name,
            question=question,
            form=lambda pins: AnswerPage(pages=pages, view=view, id=asked.id, pins=pins),
        )

    @router.get("/traces/{trace_id}")
    async def trace(request: Request, trace_id: str) -> Response:
        await admit(service, request, "read")
        await service.sink.flush()
        return _response(pages.trace(await service.store.find(trace_id)))

    @router.get("/passages/{app}/{passage_id}")
    async def passage(request: Request, app: str, passage_id: str) -> Response:
        caller = await admit(service, request, "ask", "read")
        name, found = await passage_of(service, app, passage_id, caller)
        return _response(pages.passage(name, found))

    return router


@dataclass(slots=True, kw_only=True)
class AnswerPage:
    """The first page with the answer on it: what a browser without a script gets."""

    pages: Pages
    view: Home
    id: str
    pins: Pins
    page: Page | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The page's own, whose policy names its nonce."""
        return self.page.headers if self.page else {}

    def write(self, part: AnswerPart) -> bytes:
        """Nothing until the answer is whole."""
        if not isinstance(part, Answer):
            return b""
        answered = Answered(id=self.id, pins=self.pins, answer=part)
        self.page = self.pages.home(replace(self.view, answered=answered))
        return self.page.content


async def _home(service: Service, caller: Caller, *, app: str = "", question: str = "") -> Home:
    """The first page; what others asked, and how releases do, is for callers who may read."""
    view = Home(
        apps=service.apps.names(),
        recent=None,
        quality=None,
        standings=service.apps.standings(),
        held_back=service.apps.held_back(),
        app=app,
        question=question,
    )
    if "read" not in caller.scopes:
        return view
    until = now()
    since = until - timedelta(hours=24)
    await service.sink.flush()
    outlines = await service.store.outlines(since, until)
    return replace(
        view,
        recent=await service.store.recent(_RECENT),
        quality=await asyncio.to_thread(quality, outlines, since, until),
    )


def _one(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _response(page: Page) -> Response:
    return Response(page.content, headers=page.headers)
