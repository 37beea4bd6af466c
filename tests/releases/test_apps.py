"""An app's manifest is decided by its parts and nothing else."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from surefoot.errors import NotFoundError, SettingsError
from surefoot.records import PinnedPrompt
from surefoot.releases import AppFile, Parts, load_app, load_apps, manifest_of

APP = """schema = 1
prompt = "answer"
corpus = "handbook"
recipe = "default"
model = "chat"
pipeline = "answers"
abstention = "The documents do not say."
example = "When does valve three open?"
"""
OWN_CODE = APP.replace('"answers"', '"langchain"\nentry = "agent/graph.py:build"') + "[prompts]\n"
PARTS = Parts(
    pipeline="surefoot.answering/1",
    prompt="a",
    recipe="b",
    snapshot="c",
    passages="d",
    embedder="e",
    model_alias="small",
    model="f",
)


def app_in(folder: Path, text: str = APP, name: str = "answers") -> Path:
    (folder / f"{name}.toml").write_text(text)
    return folder


def test_an_app_file_is_read_whole(tmp_path: Path) -> None:
    app = load_app(app_in(tmp_path), "answers")

    assert app == AppFile(
        name="answers",
        prompt="answer",
        corpus="handbook",
        recipe="default",
        model="chat",
        pipeline="answers",
        abstention="The documents do not say.",
        example="When does valve three open?",
    )


@pytest.mark.parametrize("name", ["support", "../answers", "answers/../answers", "", "Ä"])
def test_an_unknown_app_offers_the_ones_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFoundError) as refused:
        load_app(app_in(tmp_path), name)

    assert refused.value.remedy == "use one of: answers"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("schema = 1", "schema = 7", "schema is 7"),
        ('model = "chat"', 'modle = "chat"', "model is missing"),
        ('model = "chat"', "model = 3", "model is 3"),
        ('model = "chat"', 'model = "chat"\nmodle = "chat"', "no key 'modle'"),
        ('pipeline = "answers"', 'pipeline = "agent"', "pipeline is 'agent'"),
        ('pipeline = "answers"', 'pipeline = "langchain"', "entry is missing"),
        ('pipeline = "answers"', 'pipeline = "answers"\nentry = "a/b.py:c"', "no key 'entry'"),
        ('pipeline = "answers"', 'pipeline = "answers"\nprompts = {a = "b"}', "knows 'rewrite' alone"),
    ],
)
def test_a_wrong_app_file_says_which_key_and_what_to_write(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint) as refused:
        load_apps(app_in(tmp_path, APP.replace(old, new)))

    assert refused.value.remedy


@pytest.mark.parametrize(
    "entry",
    [
        "../agent/graph.py:build",
        "/srv/graph.py:build",
        "agent/../../graph.py:build",
        "graph.py:build",
        "agent/graph.py",
        "agent/graph.py:_hidden",
        "agent/graph:build",
        "agent.graph:build",
    ],
)
def test_code_from_anywhere_but_a_folder_below_the_apps_is_refused(tmp_path: Path, entry: str) -> None:
    text = OWN_CODE.replace("agent/graph.py:build", entry)

    with pytest.raises(SettingsError, match="entry is") as refused:
        load_app(app_in(tmp_path, text), "answers")

    assert "<folder>/<file>.py:<attribute> below serving/apps/" in refused.value.remedy


def test_an_app_with_code_of_its_own_names_further_prompts_by_their_use(tmp_path: Path) -> None:
    app = load_app(app_in(tmp_path, OWN_CODE + 'rewrite = "rewrite"\ndraft = "answer"\n'), "answers")

    assert app.entry == "agent/graph.py:build"
    assert [*app.prompts.items()] == [("draft", "answer"), ("rewrite", "rewrite")]


@pytest.mark.parametrize(
    ("line", "complaint"), [("re-write = 'a'", "prompts is 're-write'"), ("a = 3", "a is 3")]
)
def test_a_further_prompt_that_code_could_not_name_is_refused(
    tmp_path: Path, line: str, complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint):
        load_app(app_in(tmp_path, f"{OWN_CODE}{line}\n"), "answers")


def test_equal_parts_make_an_equal_release(tmp_path: Path) -> None:
    app = load_app(app_in(tmp_path), "answers")

    assert manifest_of(app, PARTS).digest == manifest_of(app, replace(PARTS)).digest


@pytest.mark.parametrize("part", [field.name for field in fields(Parts) if field.name != "prompts"])
def test_every_part_decides_the_release(tmp_path: Path, part: str) -> None:
    app = load_app(app_in(tmp_path), "answers")

    changed: Parts = replace(PARTS, **{part: "other"})  # type: ignore[arg-type]  # all of these are texts

    assert manifest_of(app, changed).digest != manifest_of(app, PARTS).digest


def test_every_word_of_a_further_prompt_decides_the_release(tmp_path: Path) -> None:
    app = load_app(app_in(tmp_path), "answers")
    one = PinnedPrompt(use="rewrite", name="rewrite", digest="g")
    pinned = [(), (one,), *((replace(one, **{word: "other"}),) for word in ("use", "name", "digest"))]

    assert len({manifest_of(app, replace(PARTS, prompts=prompts)).digest for prompts in pinned}) == 5


def test_the_manifest_names_the_alias_that_answers_and_not_the_apps(tmp_path: Path) -> None:
    app = load_app(app_in(tmp_path), "answers")

    assert manifest_of(app, PARTS).model_alias == "small"


def test_the_abstention_sentence_decides_the_release(tmp_path: Path) -> None:
    app = load_app(app_in(tmp_path), "answers")

    assert manifest_of(replace(app, abstention="No."), PARTS).digest != manifest_of(app, PARTS).digest


def test_the_example_question_does_not(tmp_path: Path) -> None:
    app = load_app(app_in(tmp_path), "answers")

    assert manifest_of(replace(app, example="Why?"), PARTS).digest == manifest_of(app, PARTS).digest
