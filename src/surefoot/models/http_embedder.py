"""Vectors from an OpenAI-compatible embeddings server."""

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from surefoot.errors import ModelError
from surefoot.models.http_connection import HttpConnection, HttpRequest
from surefoot.models.limits import Limits, Retries
from surefoot.models.server_words import quote
from surefoot.records import Json

TEXTS_PER_REQUEST = 64


class HttpEmbedder:
    """An embedding model behind an address; its vectors are brought to length 1 here.

    `dimensions` is what the server must return. `identity` is the digest that snapshots pin, and
    `max_tokens` how much of a text the server reads.
    """

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        identity: str,
        dimensions: int,
        max_tokens: int,
        limits: Limits | None = None,
        retries: Retries | None = None,
        api_key: str | None = None,
    ) -> None:
        self.identity = identity
        self.dimensions = dimensions
        self.max_tokens = max_tokens
        self._model = model
        self._connection = HttpConnection(
            base_url=base_url, limits=limits or Limits(), retries=retries or Retries(), api_key=api_key
        )

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row for each text, in their order: float32 [len(texts), dimensions]."""
        batches = [
            await self._embed_batch(texts[start : start + TEXTS_PER_REQUEST])
            for start in range(0, len(texts), TEXTS_PER_REQUEST)
        ]
        return np.concatenate([np.empty((0, self.dimensions), dtype=np.float32), *batches])

    async def aclose(self) -> None:
        """Close the connections to the server."""
        await self._connection.aclose()

    async def _embed_batch(self, texts: Sequence[str]) -> NDArray[np.float32]:
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        reply = await self._connection.fetch_json(
            HttpRequest(method="POST", path="/v1/embeddings", body=json.dumps(body).encode())
        )
        vectors = _vectors(reply)
        if vectors is None or vectors.shape != (len(texts), self.dimensions):
            got = "no vectors" if vectors is None else f"vectors of shape {vectors.shape}"
            raise ModelError(
                f"{self._connection.url!r} answered {len(texts)} texts with {got}, "
                f"not with {len(texts)} of {self.dimensions} dimensions: {quote(str(reply)[:200])}",
                remedy="check the embedder's model name and dimensions in the settings",
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        normalised: NDArray[np.float32] = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
        return normalised


def _vectors(reply: Json) -> NDArray[np.float32] | None:
    """The vectors in the order of their indexes; None when the reply has another form or is not finite."""
    data = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(data, list):
        return None
    try:
        rows = [entry["embedding"] for entry in sorted(data, key=lambda entry: int(entry["index"]))]
        vectors = np.asarray(rows, dtype=np.float32)
    except (KeyError, TypeError, ValueError):
        return None
    return vectors if vectors.ndim == 2 and bool(np.isfinite(vectors).all()) else None
