"""What surefoot relies on in an embedder, held against every one there is, the fake too."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.fakes.embedder import HashedWords
from tests.fakes.model_server import FakeModelServer, running_model_server
from tests.fakes.tiny_bert import HEADS, LAYERS, write_tiny_bert

from surefoot.errors import ModelError, ModelUnreachableError, NotFoundError
from surefoot.models import Retries
from surefoot.models.http_embedder import TEXTS_PER_REQUEST, HttpEmbedder
from surefoot.models.minilm_onnx import BertSizes, build_minilm_onnx
from surefoot.models.onnx_embedder import OnnxEmbedder


class Embedder(Protocol):
    @property
    def identity(self) -> str: ...
    @property
    def dimensions(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...
    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


def vectors_of(embedder: Embedder, texts: Sequence[str]) -> NDArray[np.float32]:
    async def embed() -> NDArray[np.float32]:
        try:
            return await embedder.embed(texts)
        finally:
            if isinstance(embedder, HttpEmbedder):
                await embedder.aclose()

    return asyncio.run(embed())


class EmbedderContract:
    """Each test asks the `embedder` that a subclass's fixture gives."""

    def test_it_says_what_it_is(self, embedder: Embedder) -> None:
        assert len(embedder.identity) == 64
        assert embedder.dimensions > 1
        assert embedder.max_tokens > 1

    def test_each_text_gets_a_row_of_length_one(self, embedder: Embedder) -> None:
        vectors = vectors_of(embedder, ["the valve opens", "keeper", "", "noon " * 400])

        assert vectors.shape == (4, embedder.dimensions)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_rows_keep_the_order_of_the_texts(self, embedder: Embedder) -> None:
        texts = ["the valve opens at noon", "keeper", "the keeper waits"] * 50

        vectors = vectors_of(embedder, texts)

        np.testing.assert_allclose(vectors[:3], vectors[-3:], atol=1e-5)
        assert np.abs(vectors[0] - vectors[1]).max() > 0.01
        np.testing.assert_allclose(vectors_of(embedder, texts[2:3])[0], vectors[2], atol=1e-5)

    def test_no_texts_are_no_rows(self, embedder: Embedder) -> None:
        vectors = vectors_of(embedder, [])

        assert vectors.shape == (0, embedder.dimensions)
        assert vectors.dtype == np.float32


class TestTheFakeEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return HashedWords()


class TestTheOnnxEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self, tmp_path: Path) -> Embedder:
        sizes = BertSizes(layers=LAYERS, heads=HEADS)
        build_minilm_onnx(write_tiny_bert(tmp_path), tmp_path / "model.onnx", sizes)
        return OnnxEmbedder(tmp_path, "a" * 64, max_tokens=32)

    def test_a_missing_file_says_what_to_run(self, tmp_path: Path) -> None:
        write_tiny_bert(tmp_path)

        with pytest.raises(NotFoundError, match=r"'model\.onnx' is not in") as missing:
            OnnxEmbedder(tmp_path, "x")
        assert missing.value.remedy == "run `surefoot model fetch embedder`"

    @pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
    @pytest.mark.parametrize("content", [b"", b"rubbish", b"{}"])
    def test_a_broken_file_is_named(self, tmp_path: Path, name: str, content: bytes) -> None:
        weights = write_tiny_bert(tmp_path)
        build_minilm_onnx(weights, tmp_path / "model.onnx", BertSizes(layers=LAYERS, heads=HEADS))
        (tmp_path / name).write_bytes(content)

        with pytest.raises(ModelError, match=f"'{name}' cannot be read"):
            OnnxEmbedder(tmp_path, "x")


@contextmanager
def served(
    *, dimensions: int = HashedWords.dimensions, model: str = "chat"
) -> Iterator[tuple[FakeModelServer, HttpEmbedder]]:
    with running_model_server() as server:
        embedder = HttpEmbedder(
            base_url=server.url,
            model=model,
            identity="b" * 64,
            dimensions=dimensions,
            max_tokens=256,
            retries=Retries(first_delay_seconds=0.001),
        )
        yield server, embedder


class TestTheHttpEmbedder(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Iterator[Embedder]:
        with served() as (_, embedder):
            yield embedder

    def test_many_texts_take_several_requests(self) -> None:
        with served() as (server, embedder):
            vectors_of(embedder, ["noon"] * (TEXTS_PER_REQUEST + 1))
            assert len(server.requests) == 2

    def test_vectors_of_another_length_are_refused(self) -> None:
        with served(dimensions=384) as (_, embedder), pytest.raises(ModelError, match=r"shape \(1, 64\)"):
            vectors_of(embedder, ["noon"])

    def test_a_passing_fault_is_asked_again(self) -> None:
        with served() as (server, embedder):
            server.fail_next(503, times=2)
            assert vectors_of(embedder, ["noon"]).shape == (1, 64)

    def test_an_unknown_model_is_refused_in_the_servers_words(self) -> None:
        with (
            served(model="other") as (_, embedder),
            pytest.raises(ModelError, match="`other` does not exist"),
        ):
            vectors_of(embedder, ["noon"])

    def test_a_server_that_is_away_is_unreachable(self) -> None:
        with served() as (server, embedder):
            server.call(server.refuse())
            with pytest.raises(ModelUnreachableError):
                vectors_of(embedder, ["noon"])
