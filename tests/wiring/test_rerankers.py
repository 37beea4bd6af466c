"""The reranker that the settings choose for a recipe: a server's, one of this process, or none."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.tiny_cross_encoder import write_tiny_cross_encoder
from tests.wiring.test_project import project_in

from surefoot.errors import NotFoundError, SettingsError
from surefoot.models.http_reranker import HttpReranker
from surefoot.models.onnx_reranker import OnnxReranker
from surefoot.retrieval import Recipe
from surefoot.retrieval.recipes import Rerank
from surefoot.wiring.indexing import reranker_of

PLAIN = Recipe(name="default")
RERANKED = replace(PLAIN, rerank=Rerank(model="cross"))


def test_none_is_made_unless_recipe_and_settings_both_name_one(tmp_path: Path) -> None:
    assert reranker_of(project_in(tmp_path / "none"), RERANKED) is None
    folder = project_in(tmp_path / "folder", '[reranker]\nfolder = "cross"')
    assert reranker_of(folder, PLAIN) is None
    with pytest.raises(NotFoundError, match=r"'model\.onnx' is not in"):
        reranker_of(folder, RERANKED)


def test_a_folder_of_the_project_reranks_in_this_process(tmp_path: Path) -> None:
    project = project_in(tmp_path, '[reranker]\nfolder = "cross"')
    (tmp_path / "cross").mkdir()
    write_tiny_cross_encoder(tmp_path / "cross")

    reranker = reranker_of(project, RERANKED)

    assert isinstance(reranker, OnnxReranker)
    assert reranker.model == "cross"
    other, better = asyncio.run(reranker.scores("the valve", ["noon", "the valve"]))
    assert better > other


def test_an_address_and_a_folder_are_one_too_many(tmp_path: Path) -> None:
    both = project_in(tmp_path / "both", '[reranker]\nfolder = "cross"\nurl = "http://gpu:8000"')
    with pytest.raises(SettingsError, match=r"reranker\.folder is"):
        reranker_of(both, RERANKED)

    server = reranker_of(project_in(tmp_path / "url", '[reranker]\nurl = "http://gpu:8000"'), RERANKED)
    assert isinstance(server, HttpReranker)
