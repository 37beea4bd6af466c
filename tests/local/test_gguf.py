"""From GGUF to a checkpoint: the header, the layout, and the rounding. The whole is a journey."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors import safe_open
from tests.fakes.small_gguf import METADATA, tensors, write_gguf

from surefoot.errors import FetchError
from surefoot.local.checkpoint_layout import checkpoint_name, lay_out
from surefoot.local.gguf_header import read_gguf
from surefoot.local.gguf_to_int8 import (
    NUMBERS_AT_A_TIME,
    Floats,
    Plan,
    PlannedTensor,
    slices,
    to_bfloat16,
    to_int8,
    to_rounded_float16,
)

ROWS = arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(1, 8)), elements=st.floats(-1000, 1000, width=32)
)


def test_a_header_reads_as_it_was_written(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "x.gguf")
    read = read_gguf(path)
    assert {key: value for key, value in read.metadata.items() if key.startswith("tok")} == {
        key: value for key, value in METADATA.items() if key.startswith("tok")
    }
    content = path.read_bytes()
    for stored in read.tensors:
        expected = tensors()[stored.name]
        assert stored.shape == expected.shape
        assert content[stored.start : stored.start + expected.nbytes] == expected.tobytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"PK\3\4 a zip file", "it starts with"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "its version is 1"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1), "not a GGUF file"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 99), "ends within its header"),
        (b"GGUF" + struct.pack("<IQQQcI", 3, 0, 1, 1, b"k", 77), "unknown type 77"),
    ],
)
def test_what_is_no_gguf_file_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(content)
    with pytest.raises(FetchError, match=said):
        read_gguf(path)


@pytest.mark.parametrize("key", ["general.architecture", "tokenizer.ggml.pre"])
def test_another_architecture_or_tokenizer_is_refused_by_name(key: str, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "x.gguf", metadata={**METADATA, key: "llama-bpe"})
    with pytest.raises(FetchError, match=f"{key} is 'llama-bpe'"):
        lay_out(read_gguf(path), "int8-w8a8", expanded=False)


@pytest.mark.parametrize(
    "name", ["blk.0.attn_qkv.weight", "blk.x.attn_q.weight", "rope_freqs.weight", "output"]
)
def test_a_tensor_qwen2_does_not_have_is_refused(name: str) -> None:
    with pytest.raises(FetchError, match=name):
        checkpoint_name(name)


def test_a_layout_is_a_safetensors_file_with_int8_in_the_blocks_only(tmp_path: Path) -> None:
    layout = lay_out(read_gguf(write_gguf(tmp_path / "x.gguf")), "int8-w8a8", expanded=False)
    file = tmp_path / "model.safetensors"
    file.write_bytes(layout.header.ljust(layout.size_bytes, b"\0"))
    with safe_open(file, framework="np") as opened:
        kinds = {name: opened.get_slice(name).get_dtype() for name in opened.keys()}  # noqa: SIM118  # no mapping
        scale = opened.get_slice("model.layers.0.self_attn.q_proj.weight_scale").get_shape()
    assert {name for name, kind in kinds.items() if kind == "I8"} == {
        f"model.layers.0.{inner}.weight"
        for inner in (
            *("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"),
            *("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"),
        )
    }
    assert scale == [64, 1]
    assert (
        kinds["lm_head.weight"] == kinds["model.embed_tokens.weight"] == kinds["model.norm.weight"] == "BF16"
    )
    assert kinds["model.layers.0.self_attn.q_proj.bias"] == "BF16"
    assert not layout.tied


@pytest.mark.parametrize(
    ("quantisation", "expanded", "kinds"), [("none", False, {"BF16"}), ("int8-w8a8", True, {"BF16", "F16"})]
)
def test_without_int8_every_tensor_is_sixteen_bits(
    quantisation: str, expanded: bool, kinds: set[str], tmp_path: Path
) -> None:
    layout = lay_out(
        read_gguf(write_gguf(tmp_path / "x.gguf")),
        "none" if quantisation == "none" else "int8-w8a8",
        expanded=expanded,
    )
    file = tmp_path / "model.safetensors"
    file.write_bytes(layout.header.ljust(layout.size_bytes, b"\0"))
    with safe_open(file, framework="np") as opened:
        assert {opened.get_slice(name).get_dtype() for name in opened.keys()} == kinds  # noqa: SIM118  # no mapping


def test_a_model_without_an_output_layer_is_tied(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "x.gguf", values=tensors(tied=True))
    assert lay_out(read_gguf(path), "int8-w8a8", expanded=False).tied


@given(ROWS)
def test_int8_is_within_half_a_scale_and_uses_the_whole_range(rows: Floats) -> None:
    numbers, scale = to_int8(rows)
    assert np.all(np.abs(numbers * scale - rows) <= scale * 0.5001)
    assert scale.shape == (len(rows), 1)
    full = np.abs(rows).max(axis=1) > 1e-9
    assert np.all(np.abs(numbers.astype(int)).max(axis=1)[full] == 127)


def test_a_row_of_zeros_stays_zeros() -> None:
    numbers, scale = to_int8(np.zeros((1, 4), np.float32))
    assert not numbers.any() and np.isfinite(scale).all()


@given(ROWS)
def test_the_expanded_form_stands_for_the_same_bytes(rows: Floats) -> None:
    numbers, scale = to_int8(rows)
    expanded = to_rounded_float16(rows).astype(np.float32)
    assert np.array_equal(
        np.rint(expanded / scale)[np.abs(expanded) > 6e-5], numbers[np.abs(expanded) > 6e-5]
    )


@given(st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**126), max_value=2.0**126))
def test_bfloat16_is_the_nearest_there_is(number: float) -> None:
    value = np.array([[number]], np.float32)
    bits = int(to_bfloat16(value)[0, 0])
    neighbours = [from_bfloat16(bits + step) for step in (-1, 0, 1) if 0 <= bits + step <= 0xFFFF]
    nearest = min(abs(neighbour - number) for neighbour in neighbours if np.isfinite(neighbour))
    assert abs(from_bfloat16(bits) - number) == nearest


def test_bfloat16_breaks_ties_to_even() -> None:
    halves = np.array([[1 + 2**-8, 1 + 3 * 2**-8]], np.float32)  # half-way between neighbours
    assert [from_bfloat16(int(bits)) for bits in to_bfloat16(halves)[0]] == [1.0, 1 + 2**-6]


def from_bfloat16(bits: int) -> float:
    return float(np.array([bits << 16], np.uint32).view(np.float32)[0])


@given(st.integers(1, 5_000), st.integers(1, 2_000))
def test_slices_cover_every_row_once_and_stay_small(rows: int, columns: int) -> None:
    tensor = PlannedTensor(
        rows=rows, columns=columns, block_type=0, start=1000, write_to=64, scale_to=8, rounded=False
    )
    plan = Plan(
        source="s",
        checkpoint="c",
        folder="f",
        metadata={},
        tensors=[tensor],
        quantised=True,
        tied=False,
        vocabulary=1,
    )
    row_bytes = columns * 4
    covered = 0
    for piece in slices(plan, tensor, row_bytes):
        assert piece.start == 1000 + covered * row_bytes
        assert (piece.write_to, piece.scale_to) == (64 + covered * columns, 8 + covered * 4)
        assert piece.rows == 1 or piece.rows * columns <= NUMBERS_AT_A_TIME
        covered += piece.rows
    assert covered == rows
