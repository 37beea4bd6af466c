"""What the routes accept, and how a wrong body is explained in one sentence."""

import reprlib
from typing import Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request

from surefoot.errors import BodyTooLargeError, RequestError
from surefoot.records import Message

_MOST_COMMENT_CHARACTERS = 4_000


class Turn(BaseModel):
    """One earlier turn of the conversation."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    role: Literal["user", "assistant"] = Field(description="who spoke")
    content: str = Field(description="what was said")


class AnswerBody(BaseModel):
    """A question for an app."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    question: str = Field(description="what to answer from the documents")
    app: str | None = Field(None, description="which app answers; the first one when left out")
    history: tuple[Turn, ...] = Field((), strict=False, description="earlier turns, oldest first")
    stream: bool = Field(False, description="answer with server-sent events")
    filters: dict[str, object] = Field(
        {}, description="metadata that a passage must have: each name with a value, or a list of values"
    )

    def turns(self) -> tuple[Message, ...]:
        """The history as messages."""
        return tuple(Message(role=turn.role, content=turn.content) for turn in self.history)


class FeedbackBody(BaseModel):
    """What a person says of an answer."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: str = Field(description="the id the answer came with")
    rating: Literal["up", "down"] = Field(description="was the answer good")
    comment: str = Field("", max_length=_MOST_COMMENT_CHARACTERS, description="why, in your own words")


Body = TypeVar("Body", bound=BaseModel)


async def read_bytes(request: Request, *, most_bytes: int) -> bytes:
    """The whole body, refused as soon as more than `most_bytes` have come, whatever Content-Length says."""
    parts: list[bytes] = []
    size = 0
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > most_bytes:
        raise _too_large(most_bytes)
    async for part in request.stream():
        size += len(part)
        if size > most_bytes:
            raise _too_large(most_bytes)
        parts.append(part)
    return b"".join(parts)


def _too_large(most_bytes: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        f"the request body is larger than {most_bytes} bytes",
        remedy="send a shorter question or history, or raise service.most_body_bytes",
    )


def read_json(request: Request, body: bytes) -> dict[str, object]:
    """The JSON object in a body; RequestError when it is no JSON, no object or not announced as JSON."""
    announced = request.headers.get("content-type", "")
    if announced.partition(";")[0].strip().lower() != "application/json":
        raise RequestError(
            f"the body is announced as {announced!r:.80}, and this route reads JSON",
            remedy="send the header Content-Type: application/json",
        )
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestError(
            f"the body is not JSON: {error}", remedy="send one JSON object, in UTF-8"
        ) from error
    if not isinstance(value, dict):
        raise RequestError(
            f"the body is {kind_of(value)}, not a JSON object",
            remedy='send an object, such as {"question": "..."}; see /docs',
        )
    return value


def parse(body_type: type[Body], value: dict[str, object]) -> Body:
    """The body as its type; RequestError names the first field that is wrong, and its value."""
    try:
        return body_type.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        raise _explained(first, tuple(body_type.model_fields)) from error


def _explained(first: ErrorDetails, fields: tuple[str, ...]) -> RequestError:
    where = _path(first["loc"])
    if first["type"] == "extra_forbidden":
        return RequestError(
            f"there is no field {where!r}", remedy=f"the fields are {', '.join(fields)}", param=where
        )
    if first["type"] == "missing":
        return RequestError(
            f"the field {where!r} is missing", remedy=f"send {where!r}; see /docs", param=where
        )
    told = first["msg"][:1].lower() + first["msg"][1:]
    return RequestError(
        f"the field {where!r} is wrong: {told}, not {shortened(first['input'])}",
        remedy=f"change {where!r}; see /docs for what it takes",
        param=where,
    )


def _path(parts: tuple[int | str, ...]) -> str:
    """`("history", 0, "role")` as `history[0].role`, each key shortened."""
    path = ""
    for part in parts:
        path += f"[{part}]" if isinstance(part, int) else f".{part:.60}"
    return path.removeprefix(".")


def shortened(value: object) -> str:
    """A value as a person reads it in an error: at most about 80 characters, however large it is."""
    short = reprlib.Repr()
    short.maxstring = short.maxother = short.maxlong = 80
    short.maxlevel = 2
    return short.repr(value)


def kind_of(value: object) -> str:
    """A JSON value's kind, in JSON's words."""
    kinds = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return kinds.get(type(value), "a number")
