"""JSON bytes, and the frames of server-sent events."""

import json

import orjson
from starlette.responses import Response


def json_bytes(value: object) -> bytes:
    """JSON in UTF-8. A lone surrogate, which a model server can send, is escaped; never NaN."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, allow_nan=False).encode()


def data_frame(value: object) -> bytes:
    """One event of OpenAI's streams: data alone."""
    return b"data: " + json_bytes(value) + b"\n\n"


def event_frame(name: str, value: object) -> bytes:
    """One named event of surefoot's own streams."""
    return b"event: " + name.encode() + b"\ndata: " + json_bytes(value) + b"\n\n"


def json_response(value: object, *, status: int = 200) -> Response:
    """A response with a JSON body."""
    return Response(json_bytes(value), status_code=status, media_type="application/json")
