"""What every contender embeds with, and how it tells what it measured.

This file runs in each contender's own environment: it needs numpy, onnxruntime and tokenizers alone.
"""

import json
import resource
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy

DIMENSIONS = 384
BATCH = 32
MOST_TOKENS = 256
WARM_UP = 10


@dataclass
class Job:
    """What a contender is to do: take in the documents of a folder, or search passages that are given.

    `embedder` is the folder of an ONNX graph, or "" for vectors that cost nothing. `passages` is a file of
    JSON Lines, one text each; their vectors cost nothing, those of the queries are real. `words` asks for a
    search by words beside the one by meaning, where that is not the contender's own way already.
    """

    work: str
    embedder: str = ""
    documents: str = ""
    passages: str = ""
    queries: list[str] = field(default_factory=list)
    shown: int = 5
    words: bool = False

    @property
    def texts(self) -> list[str]:
        """The passages that are given."""
        return [json.loads(line) for line in Path(self.passages).read_text(encoding="utf-8").splitlines()]


def cheap(texts: Sequence[str]) -> numpy.ndarray:
    """A vector of length 1 for each text, the same for the same text, at almost no cost."""
    rows = numpy.empty((len(texts), DIMENSIONS), dtype=numpy.float32)
    for at, text in enumerate(texts):
        rows[at] = numpy.random.default_rng(zlib.crc32(text.encode())).standard_normal(
            DIMENSIONS, numpy.float32
        )
    rows /= numpy.linalg.norm(rows, axis=1, keepdims=True)
    return rows


class Onnx:
    """The graph of all-MiniLM-L6-v2 with mean pooling, on two threads."""

    def __init__(self, folder: str) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
        self._tokenizer.enable_truncation(MOST_TOKENS)
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(Path(folder) / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, texts: Sequence[str]) -> numpy.ndarray:
        """Embed in batches of BATCH, in their order."""
        rows = [self._batch(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
        return numpy.concatenate(rows) if rows else numpy.empty((0, DIMENSIONS), dtype=numpy.float32)

    def _batch(self, texts: Sequence[str]) -> numpy.ndarray:
        encodings = self._tokenizer.encode_batch(list(texts))
        longest = max(len(one.ids) for one in encodings)
        ids = numpy.zeros((len(encodings), longest), dtype=numpy.int64)
        mask = numpy.zeros_like(ids)
        for row, one in enumerate(encodings):
            ids[row, : len(one.ids)] = one.ids
            mask[row, : len(one.ids)] = 1
        return numpy.asarray(
            self._session.run(["vectors"], {"input_ids": ids, "attention_mask": mask})[0], dtype=numpy.float32
        )


class Shared:
    """The embedder of a job: real, or free for passages and real for its queries."""

    def __init__(self, job: Job) -> None:
        self._queries = set(job.queries)
        self._real = Onnx(job.embedder) if job.embedder else None
        self._all_real = self._real is not None and not job.passages

    def __call__(self, texts: Sequence[str]) -> numpy.ndarray:
        """A row for each text."""
        if self._real is not None and (self._all_real or (len(texts) == 1 and texts[0] in self._queries)):
            return self._real(texts)
        return cheap(texts)


class Watch:
    """Seconds of a piece of work, once it is over."""

    seconds = 0.0


@contextmanager
def timed() -> Iterator[Watch]:
    """Time what is within."""
    watch, began = Watch(), time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - began


def latencies(search: Callable[[str], int], queries: Sequence[str], shown: int) -> list[float]:
    """Seconds of each search, the first ones left out. Each must find as many passages as are shown."""
    found = []
    for at, query in enumerate([*queries[:WARM_UP], *queries]):
        with timed() as watch:
            hits = search(query)
        assert hits == shown, f"{hits} passages for {query!r}, not {shown}"
        if at >= WARM_UP:
            found.append(watch.seconds)
    return found


def asked() -> Job:
    """The job, from the file that the command line names."""
    return Job(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))


def tell(**measured: object) -> None:
    """Print what was measured, with the most memory that this process and its children had, in MB."""
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps({**measured, "peak_mb": peak / 1024}))
