"""Turns the tensors of one GGUF file into a checkpoint for vLLM. A script, run by vLLM's own Python.

    python -P gguf_to_int8.py PLAN.json

Nothing of surefoot is imported here: surefoot reads the GGUF file's header, plans where everything goes
(`checkpoint_layout`) and writes the plan. The blocks are dequantised a slice at a time, straight into their
place in `model.safetensors`, by one process for each core: memory stays below a gigabyte, whatever
the model's size. Progress goes to standard output: `progress DONE TOTAL`, in numbers converted.
"""

import json
import os
import sys
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy
import numpy.typing

NUMBERS_AT_A_TIME = 250_000
"""How much is converted in one piece: 1 MB of float32, so that it stays in the processor's cache."""

CONTROL_TOKEN, USER_DEFINED_TOKEN = 3, 4
"""GGUF's numbers for kinds of tokens that are kept whole; only the first are left out of decoded text."""

Floats = numpy.typing.NDArray[numpy.float32]


class PlannedTensor(TypedDict):
    """A tensor: `rows` by `columns` stored as GGML's `block_type` from byte `start`; see `Placement`."""

    rows: int
    columns: int
    block_type: int
    start: int
    write_to: int
    scale_to: int | None
    rounded: bool


class Plan(TypedDict):
    """What surefoot writes for this script. `checkpoint` has its header and its full size already."""

    source: str
    checkpoint: str
    folder: str
    metadata: dict[str, int | float | bool | str | list[int | float | bool | str]]
    tensors: list[PlannedTensor]
    quantised: bool
    tied: bool
    vocabulary: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Some rows of one tensor, `row_bytes` long each, and where their numbers and scales belong."""

    source: str
    start: int
    row_bytes: int
    block_type: int
    rows: int
    columns: int
    checkpoint: str
    write_to: int
    scale_to: int | None
    rounded: bool


def to_int8(rows: Floats) -> tuple[numpy.typing.NDArray[numpy.int8], Floats]:
    """Each row as signed bytes, and its scale, shape (rows, 1): byte * scale is half a scale off at most."""
    scale = numpy.maximum(
        numpy.abs(rows).max(axis=1, keepdims=True) / numpy.float32(127), numpy.float32(1e-12)
    )
    return numpy.clip(numpy.rint(rows / scale), -128, 127).astype(numpy.int8), scale


def to_rounded_float16(rows: Floats) -> numpy.typing.NDArray[numpy.float16]:
    """The numbers that `to_int8` stands for: byte * scale, as float16, 16 times finer than a byte."""
    numbers, scale = to_int8(rows)
    return (numbers * scale).astype(numpy.float16)


def to_bfloat16(rows: Floats) -> numpy.typing.NDArray[numpy.uint16]:
    """The upper half of each float32's bits, rounded to the nearest, ties to even."""
    bits = numpy.ascontiguousarray(rows, dtype=numpy.float32).view(numpy.uint32)
    return ((bits + (((bits >> 16) & 1) + 0x7FFF)) >> 16).astype(numpy.uint16)


def slices(plan: Plan, tensor: PlannedTensor, row_bytes: int) -> list[Slice]:
    """The tensor cut into runs of whole rows, each about NUMBERS_AT_A_TIME."""
    width = 2 if tensor["scale_to"] is None else 1
    step = max(1, NUMBERS_AT_A_TIME // tensor["columns"])
    return [
        Slice(
            source=plan["source"],
            start=tensor["start"] + first * row_bytes,
            row_bytes=row_bytes,
            block_type=tensor["block_type"],
            rows=min(step, tensor["rows"] - first),
            columns=tensor["columns"],
            checkpoint=plan["checkpoint"],
            write_to=tensor["write_to"] + first * tensor["columns"] * width,
            scale_to=None if tensor["scale_to"] is None else tensor["scale_to"] + first * 4,
            rounded=tensor["rounded"],
        )
        for first in range(0, tensor["rows"], step)
    ]


def write_slice(piece: Slice) -> int:
    """Convert one slice and write it into its place; returns how many numbers that was."""
    from gguf.constants import GGMLQuantizationType  # only vLLM's environment has gguf; the rounding above
    from gguf.quants import dequantize  # is tested without it

    # One long row: gguf works through sixteen rows at a time, and is quickest when that is all there is.
    stored = numpy.memmap(piece.source, numpy.uint8, "r", piece.start, (1, piece.rows * piece.row_bytes))
    dequantised = dequantize(stored, GGMLQuantizationType(piece.block_type))
    rows = numpy.asarray(dequantised, dtype=numpy.float32).reshape(piece.rows, piece.columns)
    checkpoint = os.open(piece.checkpoint, os.O_WRONLY)
    try:
        if piece.rounded:
            os.pwrite(checkpoint, to_rounded_float16(rows).tobytes(), piece.write_to)
        elif piece.scale_to is None:
            os.pwrite(checkpoint, to_bfloat16(rows).tobytes(), piece.write_to)
        else:
            numbers, scale = to_int8(rows)
            os.pwrite(checkpoint, numbers.tobytes(), piece.write_to)
            os.pwrite(checkpoint, scale.tobytes(), piece.scale_to)
    finally:
        os.close(checkpoint)
    return piece.rows * piece.columns


def compressed_tensors() -> dict[str, object]:
    """What tells vLLM of INT8 weights with a scale for each output, and activations rounded as they come.

    Source: the compressed-tensors format, "int-quantized", as vLLM 0.32 reads it.
    """
    eight_bits = {"num_bits": 8, "type": "int", "symmetric": True}
    group = {
        "targets": ["Linear"],
        "weights": {**eight_bits, "strategy": "channel", "dynamic": False},
        "input_activations": {**eight_bits, "strategy": "token", "dynamic": True},
    }
    return {
        "quant_method": "compressed-tensors",
        "format": "int-quantized",
        "quantization_status": "compressed",
        "ignore": ["lm_head"],
        "config_groups": {"group_0": group},
    }


def write_description(plan: Plan) -> int:
    """config.json, generation_config.json, the tokenizer and its chat template, by transformers."""
    from transformers import GenerationConfig, Qwen2Config  # slow to import, so only in this one process

    metadata, folder = plan["metadata"], plan["folder"]

    def whole(key: str) -> int:
        return int(str(metadata[key]))

    ends = {
        "bos_token_id": whole("tokenizer.ggml.bos_token_id"),
        "eos_token_id": whole("tokenizer.ggml.eos_token_id"),
        "pad_token_id": whole("tokenizer.ggml.padding_token_id"),
    }
    config = Qwen2Config(
        architectures=["Qwen2ForCausalLM"],
        dtype="bfloat16",
        hidden_size=whole("qwen2.embedding_length"),
        intermediate_size=whole("qwen2.feed_forward_length"),
        max_position_embeddings=whole("qwen2.context_length"),
        num_attention_heads=whole("qwen2.attention.head_count"),
        num_hidden_layers=whole("qwen2.block_count"),
        num_key_value_heads=whole("qwen2.attention.head_count_kv"),
        rms_norm_eps=metadata["qwen2.attention.layer_norm_rms_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": metadata["qwen2.rope.freq_base"]},
        tie_word_embeddings=plan["tied"],
        vocab_size=plan["vocabulary"],
        **ends,
    )
    if plan["quantised"]:
        config.quantization_config = compressed_tensors()
    config.save_pretrained(folder)
    GenerationConfig(**ends).save_pretrained(folder)
    write_tokenizer(plan, ends)
    return 0


def write_tokenizer(plan: Plan, ends: dict[str, int]) -> None:
    """The vocabulary and merges of the GGUF file in Qwen2's own tokenizer class, and the chat template."""
    from transformers import AddedToken, Qwen2Tokenizer  # slow to import, so only in this one process

    metadata = plan["metadata"]

    def texts(key: str) -> list[str]:
        values = metadata[key]
        return [str(value) for value in values] if isinstance(values, list) else []

    tokens = texts("tokenizer.ggml.tokens")
    kinds = [int(kind) for kind in texts("tokenizer.ggml.token_type")]
    tokenizer = Qwen2Tokenizer(
        vocab={token: number for number, token in enumerate(tokens)},
        merges=[tuple(merge.split(" ")) for merge in texts("tokenizer.ggml.merges")],
        unk_token=None,
        bos_token=tokens[ends["bos_token_id"]],
        eos_token=tokens[ends["eos_token_id"]],
        pad_token=tokens[ends["pad_token_id"]],
    )
    tokenizer.add_tokens(
        [
            AddedToken(token, normalized=False, special=kind == CONTROL_TOKEN)
            for token, kind in zip(tokens, kinds, strict=True)
            if kind in (CONTROL_TOKEN, USER_DEFINED_TOKEN)
        ]
    )
    tokenizer.chat_template = str(metadata["tokenizer.chat_template"])
    tokenizer.save_pretrained(plan["folder"])


def convert(plan: Plan) -> None:
    """Fill the checkpoint and write the files that describe it, then have safetensors' own reader open it."""
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType  # only vLLM's environment has these
    from safetensors import safe_open

    pieces: list[Slice] = []
    for tensor in sorted(plan["tensors"], key=lambda tensor: -tensor["rows"] * tensor["columns"]):
        block_numbers, block_bytes = GGML_QUANT_SIZES[GGMLQuantizationType(tensor["block_type"])]
        pieces += slices(plan, tensor, tensor["columns"] // block_numbers * block_bytes)
    with ProcessPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool:
        waiting = [
            pool.submit(write_description, plan),
            *(pool.submit(write_slice, piece) for piece in pieces),
        ]
        wait_for(waiting, sum(piece.rows * piece.columns for piece in pieces))
    with safe_open(plan["checkpoint"], framework="np") as opened:
        opened.keys()


def wait_for(waiting: list[Future[int]], total: int) -> None:
    """Say how far it is after each piece; the first failure ends them all."""
    done = 0
    try:
        for future in as_completed(waiting):
            done += future.result()
            sys.stdout.write(f"progress {done} {total}\n")
            sys.stdout.flush()
    finally:
        for future in waiting:
            future.cancel()


if __name__ == "__main__":
    convert(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
