"""An app is opened with what its release pins, and refused where that does not fit together."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.answering import MANIFEST, ScriptedModel, ShelfOfPassages, WordCounter

from surefoot.answering import App
from surefoot.errors import SettingsError
from surefoot.prompts import load_prompt
from surefoot.releases import ReleaseParts
from surefoot.retrieval import Recipe
from surefoot.wiring.opening import app_of

PROMPTS = Path(__file__).parents[2] / "prompts"
PARTS = ReleaseParts(prompt=load_prompt(PROMPTS, "answer"), recipe=Recipe(name="r"), code=None)


def opened(parts: ReleaseParts) -> App:
    return asyncio.run(
        app_of(
            MANIFEST,
            parts,
            retriever=ShelfOfPassages(()),
            model=ScriptedModel(()),
            counter=WordCounter(),
        )
    )


def test_the_recipe_and_the_further_prompt_reach_the_pipeline() -> None:
    recipe = Recipe(name="r", limit=7, least_similarity=0.4)
    rewrite = load_prompt(PROMPTS, "rewrite")

    app = opened(replace(PARTS, recipe=recipe, prompts={"rewrite": rewrite}))

    assert (app.passages_shown, app.least_similarity, app.rewrite) == (7, 0.4, rewrite)
    assert opened(PARTS).rewrite is None


def test_a_prompt_for_follow_ups_that_takes_something_else_is_refused() -> None:
    with pytest.raises(SettingsError, match="'answer' for 'rewrite', which takes"):
        opened(replace(PARTS, prompts={"rewrite": PARTS.prompt}))
