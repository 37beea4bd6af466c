"""The embedder in float32 and in INT8: how fast, and what it is worth."""

import asyncio
import hashlib
import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy
from onnxruntime.quantization import QuantType, quantize_dynamic
from tests.benchmarks.retrieval.searched import interval, measured
from tests.benchmarks.retrieval.sets import SETS

from surefoot.models.model_folder import MODEL_FILE, TOKENIZER_FILE
from surefoot.models.onnx_embedder import OnnxEmbedder
from surefoot.records import Json
from surefoot.retrieval import Recipe
from surefoot.retrieval.recipes import LexicalLeg

TEXTS = 64
WORDS = 150  # about 200 tokens
ROUNDS = 3


def in_int8(float32: Path, folder: Path) -> Path:
    """The same graph with its weights in INT8 and its activations made so on the way, by onnxruntime."""
    if not (folder / TOKENIZER_FILE).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        quantize_dynamic(
            float32 / MODEL_FILE, folder / MODEL_FILE, weight_type=QuantType.QInt8, per_channel=True
        )
        shutil.copyfile(float32 / TOKENIZER_FILE, folder / TOKENIZER_FILE)
    return folder


def compared(float32: Path, paragraphs: Sequence[str], data: Path, folder: Path) -> dict[str, Json]:
    """Passages of 200 tokens a second, in turns; the cosine to float32; recall with the dense leg alone."""
    folders = {"float32": float32, "int8": in_int8(float32, folder / "int8")}
    embedders = {name: OnnxEmbedder(at, _identity(at)) for name, at in folders.items()}
    words = " ".join(paragraphs).split()
    texts = [" ".join(words[at * WORDS : (at + 1) * WORDS]) for at in range(TEXTS)]
    rates: dict[str, list[float]] = {name: [] for name in embedders}
    vectors: dict[str, numpy.ndarray] = {}
    for _ in range(ROUNDS):
        for name, embedder in embedders.items():
            began = time.perf_counter()
            vectors[name] = asyncio.run(embedder.embed(texts))
            rates[name].append(TEXTS / (time.perf_counter() - began))
    cosines = (vectors["float32"] * vectors["int8"]).sum(axis=1)
    return {
        "passages_per_second": {name: [round(rate, 2) for rate in some] for name, some in rates.items()},
        "cosine": {"mean": round(float(cosines.mean()), 4), "lowest": round(float(cosines.min()), 4)},
        "recall": {
            name: asyncio.run(_recall(embedder, data, folder)) for name, embedder in embedders.items()
        },
        "megabytes": {name: round((at / MODEL_FILE).stat().st_size / 1e6, 1) for name, at in folders.items()},
    }


async def _recall(embedder: OnnxEmbedder, data: Path, folder: Path) -> Json:
    whole = SETS["chroma_chunking"](data / "chroma_chunking")
    name = min(whole.documents, key=lambda source: len(whole.documents[source]))
    questions = replace(
        whole,
        documents={name: whole.documents[name]},
        questions=tuple(one for one in whole.questions if one.source == name),
    )
    recipe = Recipe(name="dense", lexical=LexicalLeg(weight=0.0))
    values = await measured(
        questions, recipe, questions.questions, embedder, folder / "recall", lambda line: None
    )
    found = interval(values[questions.measures[0]])
    return {"value": round(found.mean, 4), "low": round(found.low, 4), "high": round(found.high, 4)}


def _identity(folder: Path) -> str:
    return hashlib.sha256((folder / MODEL_FILE).read_bytes()).hexdigest()
