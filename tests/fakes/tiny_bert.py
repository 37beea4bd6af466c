"""A BERT of a few random numbers with a tokenizer of a few words, in the files of the real one."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

LAYERS = 2
HEADS = 3
HIDDEN = 12
INTERMEDIATE = 20
POSITIONS = 64
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "valve", "opens", "at", "noon", "keeper", "waits")

Floats = NDArray[np.float32]


def tiny_weights() -> dict[str, Floats]:
    """Random weights under the names of all-MiniLM-L6-v2's safetensors; the same each time."""
    shapes = {
        "embeddings.word_embeddings.weight": (len(WORDS), HIDDEN),
        "embeddings.position_embeddings.weight": (POSITIONS, HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, HIDDEN),
        "embeddings.LayerNorm.weight": (HIDDEN,),
        "embeddings.LayerNorm.bias": (HIDDEN,),
    }
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        for name, rows, columns in (
            ("attention.self.query", HIDDEN, HIDDEN),
            ("attention.self.key", HIDDEN, HIDDEN),
            ("attention.self.value", HIDDEN, HIDDEN),
            ("attention.output.dense", HIDDEN, HIDDEN),
            ("intermediate.dense", INTERMEDIATE, HIDDEN),
            ("output.dense", HIDDEN, INTERMEDIATE),
        ):
            shapes[f"{prefix}.{name}.weight"] = (rows, columns)
            shapes[f"{prefix}.{name}.bias"] = (rows,)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes[f"{prefix}.{name}.weight"] = shapes[f"{prefix}.{name}.bias"] = (HIDDEN,)
    random = np.random.default_rng(5)
    return {name: random.normal(0, 0.6, shape).astype(np.float32) for name, shape in shapes.items()}


def write_tiny_bert(folder: Path) -> Path:
    """Writes `model.safetensors` and `tokenizer.json`, and returns the first."""
    tokenizer: dict[str, object] = {
        "version": "1.0",
        # As in the real file: every text cut and padded to a fixed length, which an embedder must undo.
        "truncation": {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0},
        "padding": {
            "strategy": {"Fixed": 8},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: number for number, word in enumerate(WORDS)},
            "unk_token": "[UNK]",
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    weights = folder / "model.safetensors"
    save_file(tiny_weights(), weights)
    return weights


def ids_of(text: str, *, max_tokens: int) -> list[int]:
    """The ids the tokenizer gives: the frame's two around the words."""
    ids = [WORDS.index(word) if word in WORDS else 1 for word in text.lower().split()]
    return [2, *ids[: max_tokens - 2], 3]


def embed_plainly(weights: Mapping[str, Floats], ids: list[int]) -> Floats:
    """The vector of one text by the book, token by token, in float64."""
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    states = (
        w["embeddings.word_embeddings.weight"][ids]
        + w["embeddings.position_embeddings.weight"][: len(ids)]
        + w["embeddings.token_type_embeddings.weight"][0]
    )
    states = _norm(states, w, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        prefix = f"encoder.layer.{layer}"
        mixed = np.concatenate([_head(states, w, prefix, head) for head in range(HEADS)], axis=1)
        attended = _linear(mixed, w, f"{prefix}.attention.output.dense")
        states = _norm(attended + states, w, f"{prefix}.attention.output.LayerNorm")
        wide = np.vectorize(_gelu)(_linear(states, w, f"{prefix}.intermediate.dense"))
        states = _norm(_linear(wide, w, f"{prefix}.output.dense") + states, w, f"{prefix}.output.LayerNorm")
    mean = states.mean(axis=0)
    vector: Floats = (mean / np.linalg.norm(mean)).astype(np.float32)
    return vector


def _head(
    states: NDArray[np.float64], w: Mapping[str, NDArray[np.float64]], prefix: str, head: int
) -> NDArray[np.float64]:
    size = HIDDEN // HEADS
    columns = slice(head * size, (head + 1) * size)
    query, key, value = (
        _linear(states, w, f"{prefix}.attention.self.{part}")[:, columns]
        for part in ("query", "key", "value")
    )
    scores = np.exp(query @ key.T / math.sqrt(size))
    mixed: NDArray[np.float64] = scores / scores.sum(axis=1, keepdims=True) @ value
    return mixed


def _linear(
    states: NDArray[np.float64], w: Mapping[str, NDArray[np.float64]], name: str
) -> NDArray[np.float64]:
    product: NDArray[np.float64] = states @ w[f"{name}.weight"].T + w[f"{name}.bias"]
    return product


def _norm(
    states: NDArray[np.float64], w: Mapping[str, NDArray[np.float64]], name: str
) -> NDArray[np.float64]:
    centred = states - states.mean(axis=1, keepdims=True)
    normal: NDArray[np.float64] = centred / np.sqrt(centred.var(axis=1, keepdims=True) + 1e-12)
    return normal * w[f"{name}.weight"] + w[f"{name}.bias"]


def _gelu(value: float) -> float:
    return value * 0.5 * (1 + math.erf(value / math.sqrt(2)))
