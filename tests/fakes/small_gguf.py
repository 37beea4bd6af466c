"""A GGUF file of a few kilobytes, written by hand: a Qwen2 of one block with random numbers."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Tensors = Mapping[str, NDArray[np.float32]]
Value = int | float | str | Sequence[str] | Sequence[int]

WIDTH, FEED_FORWARD, TOKENS = 64, 96, 16
TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}"
METADATA: Mapping[str, Value] = {
    "general.architecture": "qwen2",
    "qwen2.block_count": 1,
    "qwen2.context_length": 128,
    "qwen2.embedding_length": WIDTH,
    "qwen2.feed_forward_length": FEED_FORWARD,
    "qwen2.attention.head_count": 4,
    "qwen2.attention.head_count_kv": 2,
    "qwen2.attention.layer_norm_rms_epsilon": 1e-6,
    "qwen2.rope.freq_base": 10000.0,
    "tokenizer.ggml.pre": "qwen2",
    "tokenizer.ggml.tokens": ["a", "b", "c", "ab", *(chr(100 + n) for n in range(9)), "<e>", "<p>", "<t>"],
    "tokenizer.ggml.token_type": [1] * 13 + [3, 3, 4],
    "tokenizer.ggml.merges": ["a b"],
    "tokenizer.ggml.bos_token_id": 13,
    "tokenizer.ggml.eos_token_id": 13,
    "tokenizer.ggml.padding_token_id": 14,
    "tokenizer.chat_template": TEMPLATE,
}


def tensors(*, tied: bool = False) -> dict[str, NDArray[np.float32]]:
    """Every tensor of the model, by llama.cpp's names; without an output layer when it is tied."""
    random = np.random.default_rng(7)
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (TOKENS, WIDTH),
        "output_norm.weight": (WIDTH,),
        "blk.0.attn_norm.weight": (WIDTH,),
        "blk.0.attn_q.weight": (WIDTH, WIDTH),
        "blk.0.attn_q.bias": (WIDTH,),
        "blk.0.attn_k.weight": (WIDTH // 2, WIDTH),
        "blk.0.attn_k.bias": (WIDTH // 2,),
        "blk.0.attn_v.weight": (WIDTH // 2, WIDTH),
        "blk.0.attn_v.bias": (WIDTH // 2,),
        "blk.0.attn_output.weight": (WIDTH, WIDTH),
        "blk.0.ffn_norm.weight": (WIDTH,),
        "blk.0.ffn_gate.weight": (FEED_FORWARD, WIDTH),
        "blk.0.ffn_up.weight": (FEED_FORWARD, WIDTH),
        "blk.0.ffn_down.weight": (WIDTH, FEED_FORWARD),
    }
    if not tied:
        shapes["output.weight"] = (TOKENS, WIDTH)
    return {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def write_gguf(
    path: Path, *, metadata: Mapping[str, Value] = METADATA, values: Tensors | None = None
) -> Path:
    """The file in GGUF version 3, all tensors float32; returns its path."""
    values = tensors() if values is None else values
    head = b"GGUF" + struct.pack("<IQQ", 3, len(values), len(metadata))
    head += b"".join(_text(key) + _typed(value) for key, value in metadata.items())
    data = b""
    for name, value in values.items():
        shape = tuple(reversed(value.shape))
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
        data += value.tobytes() + b"\0" * (-value.nbytes % 32)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + data)
    return path


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _typed(value: Value) -> bytes:
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if all(isinstance(entry, str) for entry in value):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(_text(str(entry)) for entry in value)
    numbers = [int(entry) for entry in value]
    return struct.pack(f"<IIQ{len(numbers)}i", 9, 5, len(numbers), *numbers)
