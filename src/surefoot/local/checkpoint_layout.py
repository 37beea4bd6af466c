"""Where each tensor of a GGUF file belongs in the safetensors file that vLLM loads."""

import json
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from surefoot.errors import FetchError
from surefoot.local.gguf_header import GgufFile, StoredTensor
from surefoot.models.specs import Quantisation

# llama.cpp's names for the tensors of Qwen2, and the published checkpoint's.
OUTSIDE_BLOCKS = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
IN_A_BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
ARCHITECTURE = "qwen2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A stored tensor and the byte of the output file where its numbers begin.

    `scale_to` is where its rows' scales begin when it becomes int8. `rounded` says that it becomes the
    numbers its int8 form stands for, as float16. It becomes bfloat16 when it is neither.
    """

    tensor: StoredTensor
    write_to: int
    scale_to: int | None
    rounded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A safetensors file before its numbers: its first bytes, its size, and who belongs where.

    `tied` says that the output layer is the embedding, so the file has none of its own.
    """

    header: bytes
    size_bytes: int
    placements: tuple[Placement, ...]
    tied: bool
    vocabulary: int


def lay_out(file: GgufFile, quantisation: Quantisation, *, expanded: bool) -> Layout:
    """Plan the checkpoint. Raises FetchError for an architecture or a tokenizer that cannot be converted.

    With "int8-w8a8" the matrices inside the blocks, which are the linear layers but the output layer, become
    int8 with a float32 scale for each row; all the rest, and everything with "none", becomes bfloat16.
    `expanded` writes the same rounded numbers as float16, for processors that multiply INT8 slowly.
    """
    for key in ("general.architecture", "tokenizer.ggml.pre"):
        if (found := file.metadata.get(key)) != ARCHITECTURE:
            raise FetchError(
                f"{key} is {found!r}, which cannot be converted", remedy=f"name a model of {ARCHITECTURE!r}"
            )
    names = {tensor.name: checkpoint_name(tensor.name) for tensor in file.tensors}
    table = _Table()
    starts: list[tuple[StoredTensor, int, int | None, bool]] = []
    # Matrices first, so that wide numbers stay aligned to their width.
    for tensor in sorted(file.tensors, key=lambda tensor: len(tensor.shape), reverse=True):
        name = names[tensor.name]
        rounded = quantisation == "int8-w8a8" and tensor.name.startswith("blk.") and len(tensor.shape) == 2
        if rounded and not expanded:
            scale_to = table.place(f"{name}_scale", "F32", (tensor.shape[0], 1), 4)
            starts.append((tensor, table.place(name, "I8", tensor.shape, 1), scale_to, False))
        else:
            kind = "F16" if rounded else "BF16"
            starts.append((tensor, table.place(name, kind, tensor.shape, 2), None, rounded))
    header = table.header()
    embedding = next(tensor for tensor in file.tensors if tensor.name == "token_embd.weight")
    return Layout(
        header=header,
        size_bytes=len(header) + table.end,
        placements=tuple(
            Placement(
                tensor=tensor,
                write_to=len(header) + start,
                scale_to=None if scale is None else len(header) + scale,
                rounded=rounded,
            )
            for tensor, start, scale, rounded in starts
        ),
        tied="lm_head.weight" not in names.values(),
        vocabulary=embedding.shape[0],
    )


def checkpoint_name(name: str) -> str:
    """What the checkpoint calls the tensor GGUF calls `name`. Raises FetchError for one Qwen2 has not."""
    stem, _, kind = name.rpartition(".")
    if stem in OUTSIDE_BLOCKS:
        return f"{OUTSIDE_BLOCKS[stem]}.{kind}"
    block, _, inner = stem.removeprefix("blk.").partition(".")
    if not (stem.startswith("blk.") and block.isdigit() and inner in IN_A_BLOCK):
        raise FetchError(
            f"the tensor {name!r} is not one of {ARCHITECTURE!r}", remedy=f"name a model of {ARCHITECTURE!r}"
        )
    return f"model.layers.{block}.{IN_A_BLOCK[inner]}.{kind}"


class _Table:
    """The table of a safetensors file as it grows; offsets count from the end of its header."""

    def __init__(self) -> None:
        self.end = 0
        self._entries: dict[str, dict[str, object]] = {}

    def place(self, name: str, kind: str, shape: Sequence[int], width: int) -> int:
        """Give a tensor the next free bytes; returns the first of them."""
        start, self.end = self.end, self.end + math.prod(shape) * width
        self._entries[name] = {"dtype": kind, "shape": [*shape], "data_offsets": [start, self.end]}
        return start

    def header(self) -> bytes:
        """Eight bytes of length and the table as JSON, padded to a multiple of eight.

        Source: the format's description in the safetensors repository.
        """
        table = json.dumps({"__metadata__": {"format": "pt"}, **self._entries}).encode()
        table += b" " * (-len(table) % 8)
        return struct.pack("<Q", len(table)) + table
