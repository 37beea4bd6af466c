"""What a person does after an answer: rate it, and follow its citations."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from surefoot.api.admittance import admit
from surefoot.api.answers import app_named
from surefoot.api.authentication import Caller
from surefoot.api.bodies import FeedbackBody, parse, read_bytes, read_json
from surefoot.api.documentation import takes
from surefoot.api.frames import json_response
from surefoot.api.native_form import passage_fields
from surefoot.api.recording import now
from surefoot.api.service import Service
from surefoot.errors import NotFoundError
from surefoot.records import Feedback, Passage, Reach


def routes(service: Service) -> APIRouter:
    """Feedback and passages."""
    router = APIRouter(tags=["Answers"])

    @router.post("/v1/feedback", summary="Rate an answer", openapi_extra=takes(FeedbackBody))
    async def feedback(request: Request) -> Response:
        """Write into the answer's trace what a person said of it."""
        caller = await admit(service, request, "feedback")
        raw = await read_bytes(request, most_bytes=service.most_body_bytes)
        body = parse(FeedbackBody, read_json(request, raw))
        given = Feedback(rating=body.rating, comment=body.comment, caller=caller.id, given_at=now())
        try:
            await service.sink.add_feedback(body.id, given)
        except NotFoundError as error:
            # Said anew: the store's own words offer the ids of other people's answers.
            raise NotFoundError(
                f"there is no answer {body.id!r:.100}", remedy="send the id the answer came with"
            ) from error
        return json_response({"id": body.id, "rating": given.rating, "given_at": given.given_at.isoformat()})

    @router.get("/v1/passages/{app}/{passage_id}", summary="Follow a citation")
    async def passage(request: Request, app: str, passage_id: str) -> Response:
        """The passage's text, with the source, span and headings it stands under."""
        caller = await admit(service, request, "ask", "read")
        _, found = await passage_of(service, app, passage_id, caller)
        return json_response(passage_fields(found))

    return router


async def passage_of(service: Service, app: str, passage_id: str, caller: Caller) -> tuple[str, Passage]:
    """The app's name and its passage; NotFoundError when its documents hold none that the caller may read."""
    name = service.apps.current(app_named(service, app)).manifest.app
    found = await service.apps.passage(name, passage_id)
    if found is None or not Reach(groups=caller.groups).holds(found):
        raise NotFoundError(
            f"the app {name!r} has no passage {passage_id!r:.100}",
            remedy="take the id from a citation; if the documents have changed since, ask the question again",
        )
    return name, found
