"""Which app a prompt is tried in, and what it is compared with."""

from pathlib import Path

import pytest
from tests.cli.trial_project import REPOSITORY

from surefoot.errors import NotFoundError, PromptError
from surefoot.wiring.project import open_project
from surefoot.wiring.rivals import place_of, rival_of

PROJECT = open_project(REPOSITORY)


def test_a_prompt_is_tried_in_the_first_app_that_names_it() -> None:
    place = place_of(PROJECT, "answer", None)

    assert (place.app.name, place.use, place.notes) == ("answers", None, ())


def test_a_further_prompt_is_tried_in_the_app_of_own_code_that_uses_it() -> None:
    place = place_of(PROJECT, "rewrite", None)

    assert (place.app.name, place.use) == ("agent", "rewrite")


def test_a_variant_takes_the_place_of_its_prompt() -> None:
    assert place_of(PROJECT, "answer.short", None).app.prompt == "answer.short"
    assert place_of(PROJECT, "rewrite.short", None).app.prompts == {"rewrite": "rewrite.short"}


def test_a_prompt_that_no_app_names_takes_the_place_of_one_and_says_so() -> None:
    place = place_of(PROJECT, "brand-new", "agent")

    assert place.app.prompt == "brand-new"
    assert place.notes == ("the app agent does not name the prompt brand-new: it takes the place of answer",)


def test_production_is_the_default_and_is_read_from_its_release() -> None:
    for name in ("answer", "rewrite"):
        rival = rival_of(PROJECT, place_of(PROJECT, name, None), None)

        assert rival is not None
        assert rival.release is not None
        assert rival.version.name == name


def test_a_file_that_is_no_prompt_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.prompt.md").write_text("no front matter")
    place = place_of(PROJECT, "answer", None)

    with pytest.raises(PromptError):
        rival_of(PROJECT, place, str(tmp_path / "other.prompt.md"))
    with pytest.raises(PromptError):
        rival_of(PROJECT, place, str(tmp_path / "missing.prompt.md"))
    with pytest.raises(NotFoundError, match="no commit, release, prompt or file"):
        rival_of(PROJECT, place, "abcdef0")
