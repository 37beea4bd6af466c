"""How well passages answer a question, by a cross-encoder behind vLLM's score endpoint."""

import json
import math
from collections.abc import Sequence

from surefoot.errors import ModelError
from surefoot.models.http_connection import HttpConnection, HttpRequest
from surefoot.models.limits import Limits, Retries
from surefoot.models.server_words import quote
from surefoot.records import Json


class HttpReranker:
    """A reranking model behind an address: `POST /v1/score` as vLLM has it. `model` is what it calls it.

    A server does not say which weights it has: `sha256` is empty.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        limits: Limits | None = None,
        retries: Retries | None = None,
        api_key: str | None = None,
    ) -> None:
        self.model = model
        self.sha256 = ""
        self._connection = HttpConnection(
            base_url=base_url, limits=limits or Limits(), retries=retries or Retries(), api_key=api_key
        )

    async def scores(self, question: str, texts: Sequence[str]) -> tuple[float, ...]:
        """A score for each text, in their order; higher answers better. Raises ModelError."""
        if not texts:
            return ()
        body = {"model": self.model, "text_1": question, "text_2": list(texts)}
        reply = await self._connection.fetch_json(
            HttpRequest(method="POST", path="/v1/score", body=json.dumps(body).encode())
        )
        found = _scores(reply, len(texts))
        if found is None:
            raise ModelError(
                f"{self._connection.url!r} did not answer {len(texts)} texts with as many scores: "
                f"{quote(str(reply)[:200])}",
                remedy="check that the server of reranker.url serves a model that scores pairs of texts",
            )
        return found

    async def aclose(self) -> None:
        """Close the connections to the server."""
        await self._connection.aclose()


def _scores(reply: Json, wanted: int) -> tuple[float, ...] | None:
    """The scores in the order of their indexes; None when the reply has another form."""
    data = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(data, list) or len(data) != wanted:
        return None
    by_index: dict[object, float] = {}
    for entry in data:
        score = entry.get("score") if isinstance(entry, dict) else None
        if isinstance(score, bool) or not isinstance(score, int | float) or not math.isfinite(score):
            return None
        by_index[entry.get("index")] = float(score)
    return tuple(by_index[at] for at in range(wanted)) if by_index.keys() == set(range(wanted)) else None
