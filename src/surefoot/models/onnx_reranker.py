"""How well passages answer a question, by a cross-encoder on this machine's processor, in a thread."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding

from surefoot.errors import ModelError
from surefoot.models.model_folder import MODEL_FILE, ModelFolder
from surefoot.models.onnx_session import BROKEN, open_session
from surefoot.models.tokenizer_file import open_tokenizer

MOST_TOKENS = 512
PADDING_ID = 0  # any id will do: the mask leaves padding out
READS = ("input_ids", "attention_mask", "token_type_ids")
REMEDY = "put the model.onnx and tokenizer.json of a cross-encoder with one score for each pair there"


class OnnxReranker:
    """A cross-encoder of a folder's `model.onnx` and `tokenizer.json`; `model` is what a recipe calls it.

    `sha256` is the digest of both files. A question and a passage are read up to `max_tokens` tokens: of the
    question half as many at most, and the passage is cut where it does not fit behind it. Raises
    NotFoundError when a file is missing and ModelError when one is no cross-encoder's.
    """

    def __init__(
        self,
        folder: Path,
        model: str,
        *,
        max_tokens: int = MOST_TOKENS,
        threads: int = 2,
        pairs_per_batch: int = 16,
    ) -> None:
        files = ModelFolder(path=folder, whose="the reranker's", remedy=REMEDY)
        self.model = model
        self.sha256 = files.digest
        self._file = folder / MODEL_FILE
        self._question_tokens = max_tokens // 2
        self._pairs_per_batch = pairs_per_batch
        self._questions = open_tokenizer(files)
        self._pairs = open_tokenizer(files)
        self._pairs.enable_truncation(max_tokens, strategy="only_second")
        self._session = open_session(files, threads)
        self._reads = self._inputs(self._session)

    async def scores(self, question: str, texts: Sequence[str]) -> tuple[float, ...]:
        """A score from 0 to 1 for each text, in their order; higher answers better. Raises ModelError."""
        return await asyncio.to_thread(self._scores, question, list(texts)) if texts else ()

    async def aclose(self) -> None:
        """Nothing to let go of: the model goes with this object."""

    def _scores(self, question: str, texts: list[str]) -> tuple[float, ...]:
        """In batches of pairs of about one length, so that little padding is computed."""
        asked = self._cut(question)
        encodings = self._pairs.encode_batch([(asked, text) for text in texts])
        logits = np.empty(len(texts), dtype=np.float64)
        order = sorted(range(len(texts)), key=lambda at: len(encodings[at].ids))
        for start in range(0, len(order), self._pairs_per_batch):
            batch = order[start : start + self._pairs_per_batch]
            logits[batch] = self._run([encodings[at] for at in batch])
        # Extremes of the exponential are 0 and 1 all the same; equal scores keep the order that was.
        with np.errstate(over="ignore"):
            return tuple(float(score) for score in 1 / (1 + np.exp(-logits)))

    def _cut(self, question: str) -> str:
        encoding = self._questions.encode(question, add_special_tokens=False)
        if len(encoding.ids) <= self._question_tokens:
            return question
        return question[: encoding.offsets[self._question_tokens - 1][1]]

    def _run(self, encodings: Sequence[Encoding]) -> NDArray[np.float64]:
        longest = max(len(encoding.ids) for encoding in encodings)
        values = {
            "input_ids": _rows([encoding.ids for encoding in encodings], longest, PADDING_ID),
            "attention_mask": _rows([encoding.attention_mask for encoding in encodings], longest, 0),
            "token_type_ids": _rows([encoding.type_ids for encoding in encodings], longest, 0),
        }
        try:
            found = self._session.run(None, {name: values[name] for name in self._reads})[0]
        except BROKEN as error:
            raise self._refused(f"it cannot score {len(encodings)} pairs: {str(error)[:200]}") from error
        logits = np.asarray(found, dtype=np.float64)
        if logits.shape not in ((len(encodings), 1), (len(encodings),)) or not np.isfinite(logits).all():
            raise self._refused(f"{len(encodings)} pairs got values of shape {logits.shape}, not one each")
        return logits.reshape(-1)

    def _inputs(self, session: onnxruntime.InferenceSession) -> tuple[str, ...]:
        names = tuple(one.name for one in session.get_inputs())
        if "input_ids" not in names or not set(names) <= set(READS):
            raise self._refused(f"it reads {', '.join(names)}, and a cross-encoder {', '.join(READS)}")
        return names

    def _refused(self, why: str) -> ModelError:
        return ModelError(f"{str(self._file)!r} is no cross-encoder: {why}", remedy=REMEDY)


def _rows(rows: Sequence[Sequence[int]], longest: int, padding: int) -> NDArray[np.int64]:
    filled = np.full((len(rows), longest), padding, dtype=np.int64)
    for at, row in enumerate(rows):
        filled[at, : len(row)] = row
    return filled
