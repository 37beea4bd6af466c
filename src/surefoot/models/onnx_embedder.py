"""Vectors on this machine's processor: an ONNX model and its tokenizer, in a thread."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import (
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
)
from tokenizers import Encoding, Tokenizer

from surefoot.errors import ModelError, NotFoundError

MODEL_FILE = "model.onnx"
TOKENIZER_FILE = "tokenizer.json"
OUTPUT = "vectors"
PADDING_ID = 0  # any id will do: the mask leaves padding out
BROKEN = (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile)


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
        self._tokenizer = _tokenizer(_present(folder / TOKENIZER_FILE), max_tokens)
        self._session = _session(_present(folder / MODEL_FILE), threads)
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


def _present(file: Path) -> Path:
    if not file.is_file():
        raise NotFoundError(
            f"the embedder's {file.name!r} is not in {str(file.parent)!r}",
            remedy="run `surefoot model fetch embedder`",
        )
    return file


def _tokenizer(file: Path, max_tokens: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
    except Exception as error:
        raise _broken(file, error) from error
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()  # the file pads each text to 128 tokens; batches are padded to their longest here
    return tokenizer


def _session(file: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin between two operators take the cores from a model server on the same machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    except BROKEN as error:
        raise _broken(file, error) from error


def _broken(file: Path, error: Exception) -> ModelError:
    return ModelError(
        f"the embedder's {file.name!r} cannot be read: {str(error)[:300]}",
        remedy=f"delete {str(file)!r} and run `surefoot model fetch embedder`",
    )
