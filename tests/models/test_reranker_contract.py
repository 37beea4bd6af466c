"""What surefoot relies on in a reranker, held against every one there is, the fake too."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event, Thread

import pytest
from aiohttp import web
from tests.fakes.reranker import SharedWords, shared_words
from tests.fakes.tiny_cross_encoder import write_tiny_cross_encoder

from surefoot.errors import ModelError, NotFoundError
from surefoot.models.http_reranker import HttpReranker
from surefoot.models.onnx_reranker import OnnxReranker
from surefoot.retrieval.ports import Reranker

QUESTION = "the valve opens"


def scores_of(reranker: Reranker, question: str, texts: Sequence[str]) -> tuple[float, ...]:
    async def score() -> tuple[float, ...]:
        try:
            return await reranker.scores(question, texts)
        finally:
            await reranker.aclose()

    return asyncio.run(score())


class RerankerContract:
    """Each test asks the `reranker` that a subclass's fixture gives."""

    def test_it_says_what_it_is(self, reranker: Reranker) -> None:
        assert reranker.model == "cross"
        assert len(reranker.sha256) in (0, 64)

    def test_what_answers_better_scores_higher_whatever_the_order(self, reranker: Reranker) -> None:
        texts = ["keeper waits", "the valve opens", "valve at noon", "", "the valve waits"] * 20

        scores = scores_of(reranker, QUESTION, texts)

        assert len(scores) == 100
        assert scores[1] > scores[4] > scores[2] > scores[0] >= scores[3]
        assert scores[:5] == pytest.approx(scores[-5:])

    def test_no_texts_have_no_scores(self, reranker: Reranker) -> None:
        assert scores_of(reranker, QUESTION, []) == ()

    def test_any_text_can_be_asked_and_be_scored(self, reranker: Reranker) -> None:
        scores = scores_of(reranker, "noon " * 2000 + "\0 ☃ 𝔘", ["noon " * 2000, "\0", "☃", " "])

        assert len(scores) == 4
        assert scores[0] >= scores[1]


class TestTheFakeReranker(RerankerContract):
    @pytest.fixture
    def reranker(self) -> Reranker:
        return SharedWords()


class TestTheHttpReranker(RerankerContract):
    @pytest.fixture
    def reranker(self) -> Iterator[Reranker]:
        with_port, ended, ports = Event(), Event(), []

        async def score(request: web.Request) -> web.Response:
            body = await request.json()
            found = enumerate(shared_words(body["text_1"], body["text_2"]))
            return web.json_response({"data": [{"index": at, "score": score} for at, score in found]})

        async def serve() -> None:
            app = web.Application()
            app.router.add_post("/v1/score", score)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            ports.append(runner.addresses[0][1])
            with_port.set()
            await asyncio.to_thread(ended.wait)
            await runner.cleanup()

        thread = Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        with_port.wait()
        try:
            yield HttpReranker(base_url=f"http://127.0.0.1:{ports[0]}", model="cross")
        finally:
            ended.set()
            thread.join()


class TestTheOnnxReranker(RerankerContract):
    @pytest.fixture
    def reranker(self, tmp_path: Path) -> Reranker:
        return OnnxReranker(write_tiny_cross_encoder(tmp_path), "cross", max_tokens=32, pairs_per_batch=3)

    def test_a_score_is_the_sigmoid_of_the_models(self, reranker: Reranker) -> None:
        assert scores_of(reranker, QUESTION, ["keeper", "valve", "the valve"]) == pytest.approx(
            (0.5, 0.6224593, 0.7310586)
        )

    def test_the_question_stays_whole_and_the_passage_is_cut(self, tmp_path: Path) -> None:
        reranker = OnnxReranker(write_tiny_cross_encoder(tmp_path), "cross", max_tokens=16)
        question = "the the the valve"

        far, near = scores_of(reranker, question, ["at " * 30 + "valve", "at valve" + " at" * 30])

        assert far == 0.5
        assert near > 0.5, "the last word of the question was read"

    def test_a_model_without_token_types_is_read_too(self, tmp_path: Path) -> None:
        folder = write_tiny_cross_encoder(tmp_path, reads=("input_ids", "attention_mask"))

        same, other = scores_of(OnnxReranker(folder, "cross"), "valve", ["valve", "noon"])

        assert same > other

    def test_other_files_are_another_digest(self, tmp_path: Path) -> None:
        folders = [tmp_path / name for name in ("one", "again", "worth", "words")]
        for folder in folders:
            folder.mkdir()
            write_tiny_cross_encoder(folder, worth=0.6 if folder.name == "worth" else 0.5)
        tokenizer = folders[3] / "tokenizer.json"
        tokenizer.write_text(tokenizer.read_text().replace("keeper", "sleeper"))

        one, again, worth, words = (OnnxReranker(folder, "cross").sha256 for folder in folders)

        assert one == again
        assert len({one, worth, words}) == 3

    @pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
    def test_a_file_that_is_missing_or_broken_is_named(self, tmp_path: Path, name: str) -> None:
        write_tiny_cross_encoder(tmp_path)
        (tmp_path / name).write_bytes(b"rubbish")
        with pytest.raises(ModelError, match=f"reranker's '{name}' cannot be read") as broken:
            OnnxReranker(tmp_path, "cross")
        assert "put the model.onnx" in broken.value.remedy

        (tmp_path / name).unlink()
        with pytest.raises(NotFoundError, match=f"'{name}' is not in"):
            OnnxReranker(tmp_path, "cross")

    def test_a_model_with_another_form_is_told_as_that(self, tmp_path: Path) -> None:
        reads = ("input_ids", "attention_mask", "pixels")
        with pytest.raises(ModelError, match="it reads input_ids, attention_mask, pixels"):
            OnnxReranker(write_tiny_cross_encoder(tmp_path, reads=reads), "cross")

        three = OnnxReranker(write_tiny_cross_encoder(tmp_path, scores=3), "cross")
        with pytest.raises(ModelError, match=r"2 pairs got values of shape \(2, 3\)"):
            scores_of(three, QUESTION, ["valve", "noon"])
