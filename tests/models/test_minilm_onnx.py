"""The ONNX graph against the same network computed by the book."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tests.fakes.tiny_bert import HEADS, HIDDEN, LAYERS, embed_plainly, ids_of, tiny_weights, write_tiny_bert

from surefoot.errors import ModelError
from surefoot.models.minilm_onnx import BertSizes, build_minilm_onnx
from surefoot.models.onnx_embedder import OnnxEmbedder

SIZES = BertSizes(layers=LAYERS, heads=HEADS)
TEXTS = (
    "the valve opens at noon",
    "keeper",
    "the keeper waits at the valve the keeper waits at the valve",
    "",
    "Unheard WORDS opens",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    build_minilm_onnx(write_tiny_bert(folder), folder / "model.onnx", SIZES)
    return folder


def test_the_graph_computes_what_the_book_says_for_texts_of_every_length(folder: Path) -> None:
    embedder = OnnxEmbedder(folder, "x", max_tokens=10)

    vectors = asyncio.run(embedder.embed(TEXTS))

    expected = np.array([embed_plainly(tiny_weights(), ids_of(text, max_tokens=10)) for text in TEXTS])
    assert vectors.shape == (len(TEXTS), HIDDEN)
    np.testing.assert_allclose(vectors, expected, atol=2e-6)


def test_a_text_has_one_vector_whatever_it_is_batched_with(folder: Path) -> None:
    together = OnnxEmbedder(folder, "x", texts_per_batch=5)
    alone = OnnxEmbedder(folder, "x", texts_per_batch=1, threads=1)

    np.testing.assert_allclose(asyncio.run(together.embed(TEXTS)), asyncio.run(alone.embed(TEXTS)), atol=2e-6)


def test_equal_weights_give_equal_bytes(folder: Path, tmp_path: Path) -> None:
    build_minilm_onnx(folder / "model.safetensors", tmp_path / "again.onnx", SIZES)

    assert (tmp_path / "again.onnx").read_bytes() == (folder / "model.onnx").read_bytes()


def test_weights_of_another_network_leave_the_old_graph_in_place(tmp_path: Path) -> None:
    weights = tiny_weights()
    del weights["encoder.layer.1.output.dense.bias"]
    save_file(weights, tmp_path / "model.safetensors")
    (tmp_path / "model.onnx").write_bytes(b"old")

    with pytest.raises(ModelError, match=r"no tensor 'encoder\.layer\.1\.output\.dense\.bias'"):
        build_minilm_onnx(tmp_path / "model.safetensors", tmp_path / "model.onnx", SIZES)
    assert (tmp_path / "model.onnx").read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("content", [b"", b"not weights at all", None])
def test_a_file_that_holds_no_weights_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "model.safetensors"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ModelError, match=r"cannot read weights from 'model\.safetensors'"):
        build_minilm_onnx(file, tmp_path / "model.onnx", SIZES)
