"""The API described: OpenAPI as JSON, and a page of it that loads nothing from elsewhere."""

import json

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from surefoot.api.admittance import admit
from surefoot.api.frames import json_bytes
from surefoot.api.service import Service
from surefoot.console import DocumentedRoute, Pages

EVENTS_DESCRIPTION = """Answers from the app's documents, with citations, or says that they are silent.

The answer is one JSON object: `id`, `app`, `release`, `prompt`, `answer`, `abstained`, `finish_reason`, \
`citations`, `passages`, `usage`, `timings`, `scores`. A score is a number, or `{"unscored": "why"}`.

With `"stream": true`, or `Accept: text/event-stream`, it comes as server-sent events, each with JSON data:

- `passages`: `{id, app, release, prompt, passages}`, before the model has said anything;
- `delta`: `{text}`, a piece of the answer;
- `citations`: `{start, end, cited}`, behind a sentence that cites: its span, and what supports it;
- `answer`: the whole object, last;
- `error`: `{error: {kind, message, remedy}}`, last, in place of `answer`."""

CHAT_DESCRIPTION = """OpenAI's chat completions. `model` is an app's name; the last user message is the \
question, earlier user and assistant messages are its history.

Sampling parameters have no effect, as they live in the app's prompt; what was ignored is listed in \
`surefoot.ignored`. System messages, tools, `n` above 1, log probabilities and response formats are refused. \
The response, or the last chunk with a choice, carries \
`surefoot: {release, prompt, citations, abstained, scores, timings, ignored}`.

Where plain chat is on, `model` may be a model's alias: then bytes pass through both ways, untouched by any \
release."""

_MESSAGE = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "role": {"enum": ["user", "assistant"]},
        "content": {"description": "a string, or a list of text parts"},
    },
}
CHAT_BODY: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["model", "messages"],
                    "properties": {
                        "model": {"type": "string", "description": "an app's name"},
                        "messages": {"type": "array", "minItems": 1, "items": _MESSAGE},
                        "stream": {"type": "boolean", "default": False},
                        "stream_options": {
                            "type": "object",
                            "properties": {"include_usage": {"type": "boolean"}},
                        },
                        "surefoot": {
                            "type": "object",
                            "properties": {
                                "filters": {
                                    "type": "object",
                                    "description": "metadata of a passage: name to value or values",
                                }
                            },
                        },
                    },
                }
            }
        },
    }
}


def takes(body: type[BaseModel]) -> dict[str, object]:
    """The request body of a route, for OpenAPI: every part of it in place."""
    schema = body.model_json_schema()
    definitions = schema.pop("$defs", {})
    in_place = _in_place(schema, definitions)
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": in_place}}}}


def _in_place(value: object, definitions: dict[str, object]) -> object:
    if isinstance(value, list):
        return [_in_place(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _in_place(definitions[str(value["$ref"]).rpartition("/")[2]], definitions)
    return {key: _in_place(item, definitions) for key, item in value.items()}


def routes(service: Service, api: FastAPI, pages: Pages) -> APIRouter:
    """The description of every route."""
    router = APIRouter(include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi(request: Request) -> Response:
        await admit(service, request, "read", "ask")
        return Response(json_bytes(api.openapi()), media_type="application/json")

    @router.get("/docs")
    async def docs(request: Request) -> Response:
        await admit(service, request, "read", "ask")
        page = pages.documentation(documented(api))
        return Response(page.content, headers=page.headers)

    return router


def documented(api: FastAPI) -> tuple[DocumentedRoute, ...]:
    """Every route in the schema, in the order it was added."""
    return tuple(
        DocumentedRoute(
            method=method.upper(),
            path=path,
            summary=str(operation.get("summary", "")),
            description=str(operation.get("description", "")),
            body=_pretty(operation),
        )
        for path, operations in api.openapi()["paths"].items()
        for method, operation in operations.items()
    )


def _pretty(operation: dict[str, object]) -> str:
    body = operation.get("requestBody")
    if not isinstance(body, dict):
        return ""
    return json.dumps(body["content"]["application/json"]["schema"], indent=2)
