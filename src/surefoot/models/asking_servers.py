"""What a server that is already there serves: asked once, when a project is set up."""

import json
from collections.abc import Sequence

from surefoot.errors import ModelError, NotFoundError, SettingsError
from surefoot.models.http_connection import HttpConnection, HttpRequest
from surefoot.models.limits import Limits, Retries
from surefoot.models.openai_chat import OpenAIChat
from surefoot.models.server_words import quote

# Somebody waits at a terminal: a server that is there answers such questions at once.
PATIENCE = Limits(connect_seconds=5.0, first_token_seconds=30.0, idle_seconds=30.0, total_seconds=60.0)
ONCE = Retries(count=0)
_LISTED = 20


async def served_models(url: str, *, api_key: str | None) -> tuple[str, ...]:
    """The names that the server lists at /v1/models. Raises ModelError, and SettingsError for no address."""
    async with OpenAIChat(base_url=url, model="", limits=PATIENCE, retries=ONCE, api_key=api_key) as server:
        return await server.served_names()


def served_model(url: str, names: Sequence[str], wanted: str | None, *, option: str) -> str:
    """The model to ask of a server that serves these: the wanted one, or the only one.

    SettingsError or NotFoundError offers what there is, and names the `option` to say it with.
    """
    if wanted in names or (wanted is None and len(names) == 1):
        return wanted or names[0]
    listed = ", ".join(names[:_LISTED]) or "none"
    if wanted is None:
        raise SettingsError(
            f"{url} serves {len(names)} models, and which one is to answer is not said",
            remedy=f"give {option} with one of: {listed}",
        )
    raise NotFoundError(f"{url} serves no model {wanted!r}", remedy=f"give {option} with one of: {listed}")


async def vector_length(url: str, model: str, *, api_key: str | None) -> int:
    """How many numbers a vector of this embeddings server has: it is asked for one. Raises ModelError."""
    connection = HttpConnection(base_url=url, limits=PATIENCE, retries=ONCE, api_key=api_key)
    body = {"model": model, "input": ["How long is this vector?"], "encoding_format": "float"}
    try:
        reply = await connection.fetch_json(
            HttpRequest(method="POST", path="/v1/embeddings", body=json.dumps(body).encode(), streams=False)
        )
    finally:
        await connection.aclose()
    match reply:
        case {"data": [{"embedding": [_, *_] as vector}]}:
            return len(vector)
    raise ModelError(
        f"{url!r} answered a text with {quote(str(reply)[:200], secret=api_key)}, not with a vector",
        remedy="name a server of embeddings, and with --embedder-model what it calls its model",
    )
