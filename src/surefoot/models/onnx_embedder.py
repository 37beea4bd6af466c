"""Vectors on this machine's processor: an ONNX model and its tokenizer, in a thread."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding

from surefoot.models.model_folder import embedder_folder
from surefoot.models.onnx_session import open_session
from surefoot.models.tokenizer_file import open_tokenizer

OUTPUT = "vectors"
PADDING_ID = 0  # any id will do: the mask leaves padding out


class OnnxEmbedder:
    """Embeds texts with the `model.onnx` and `tokenizer.json` of a folder.

    `identity` is the digest that snapshots pin. A text is read up to `max_tokens` tokens, the frame's two
    included. Raises NotFoundError when a file is missing and ModelError when one cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        identity: str,
        *,
        max_tokens: int = 256,
        threads: int = 2,
        texts_per_batch: int = 32,
    ) -> None:
        self.identity = identity
        self.max_tokens = max_tokens
        self._texts_per_batch = texts_per_batch
        files = embedder_folder(folder)
        self._tokenizer = open_tokenizer(files)
        self._tokenizer.enable_truncation(max_tokens)
        self._session = open_session(files, threads)
        self.dimensions = int(self._session.get_outputs()[0].shape[1])

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row of length 1 for each text, in their order: float32 [len(texts), dimensions]."""
        return await asyncio.to_thread(self._embed, list(texts))

    def _embed(self, texts: list[str]) -> NDArray[np.float32]:
        """Embed in batches of texts of about one length, so that little padding is computed."""
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        encodings = self._tokenizer.encode_batch(texts)
        order = sorted(range(len(texts)), key=lambda index: len(encodings[index].ids))
        for start in range(0, len(order), self._texts_per_batch):
            batch = order[start : start + self._texts_per_batch]
            vectors[batch] = self._run([encodings[index] for index in batch])
        return vectors

    def _run(self, encodings: Sequence[Encoding]) -> NDArray[np.float32]:
        longest = max(len(encoding.ids) for encoding in encodings)
        ids = np.full((len(encodings), longest), PADDING_ID, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            ids[row, : len(encoding.ids)] = encoding.ids
            mask[row, : len(encoding.ids)] = 1
        (vectors,) = self._session.run([OUTPUT], {"input_ids": ids, "attention_mask": mask})
        return np.asarray(vectors, dtype=np.float32)
