"""A release on disk is whole, is what its name says, and is found by the beginning of its name."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.releases.examples import files_of, manifest_saying

from surefoot.errors import NotFoundError, RefusedError, SettingsError, SurefootError
from surefoot.records import canonical_json, digest_bytes
from surefoot.releases import (
    find_release,
    list_releases,
    load_parts,
    read_release,
    write_release,
)

ONE = manifest_saying("One.")
TWO = manifest_saying("Two.")


def written(folder: Path, words: str = "One.") -> Path:
    return write_release(folder, manifest_saying(words), files_of(words))


def test_a_release_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = written(tmp_path)

    bundle = read_release(tmp_path, ONE.digest)
    parts = load_parts(bundle)

    assert path == bundle.folder == tmp_path / ONE.digest
    assert bundle.manifest == ONE and bundle.digest == ONE.digest
    assert (bundle.folder / "manifest.json").read_bytes() == ONE.canonical()
    assert (bundle.prompts / "_rules.md").read_bytes() == b"Be brief.\n"
    assert (parts.prompt.digest, parts.recipe.limit) == (ONE.prompt, 3)


def test_writing_an_equal_release_again_changes_nothing(tmp_path: Path) -> None:
    before = written(tmp_path).stat().st_ino

    assert written(tmp_path).stat().st_ino == before
    assert [path.name for path in tmp_path.iterdir()] == [ONE.digest]


def test_a_comment_that_no_digest_covers_makes_no_other_release(tmp_path: Path) -> None:
    path = written(tmp_path)
    other = {**files_of("One."), "recipe.toml": b"schema = 1\n[search]\nlimit = 3\n"}

    assert write_release(tmp_path, ONE, other) == path
    assert b"The usual" in (path / "recipe.toml").read_bytes()


def test_files_that_are_not_the_manifests_make_no_release(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="pins the prompt"):
        write_release(tmp_path, ONE, files_of("Two."))

    assert [*tmp_path.iterdir()] == []


def test_a_release_that_was_edited_in_place_is_refused_and_not_written_over(tmp_path: Path) -> None:
    prompt = written(tmp_path) / "prompts" / "answer.prompt.md"
    prompt.write_bytes(files_of("Two.")["prompts/answer.prompt.md"])

    with pytest.raises(RefusedError, match="pins the prompt"):
        written(tmp_path)
    with pytest.raises(RefusedError, match="pins the prompt"):
        load_parts(read_release(tmp_path, ONE.digest))

    assert prompt.read_bytes() == files_of("Two.")["prompts/answer.prompt.md"]


@pytest.mark.parametrize(
    "name", ["../recipe.toml", "/etc/passwd", "prompts/../../x.md", "prompts/a\nb.md", "manifest.json", "x"]
)
def test_no_file_of_another_name_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(RefusedError, match="a release has no file"):
        write_release(tmp_path / "releases", ONE, {**files_of("One."), name: b""})

    assert [*tmp_path.iterdir()] == []


def renamed(folder: Path, content: bytes) -> str:
    """A release whose manifest has this content, and the name that goes with it."""
    digest = digest_bytes(content)
    (folder / digest).mkdir()
    (folder / digest / "manifest.json").write_bytes(content)
    return digest


def plain_manifest() -> dict[str, object]:
    value = json.loads(ONE.canonical())
    assert isinstance(value, dict)
    return value


def test_a_manifest_with_an_edited_byte_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path) / "manifest.json"
    file.write_bytes(file.read_bytes().replace(b'"chat"', b'"chut"'))

    with pytest.raises(RefusedError, match="not the one in its name"):
        read_release(tmp_path, ONE.digest)


@pytest.mark.parametrize("schema", [2, True, "1", None])
def test_an_unknown_schema_is_refused_with_what_to_install(tmp_path: Path, schema: int | str | None) -> None:
    digest = renamed(tmp_path, canonical_json({**json.loads(ONE.canonical()), "schema": schema}))

    with pytest.raises(SettingsError, match="this surefoot reads schema 1") as refused:
        read_release(tmp_path, digest)

    assert refused.value.remedy == "install the surefoot that wrote it"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 90_000,
        ONE.canonical() + b"\n",
        ONE.canonical().replace(b'"app":"answers"', b'"app":"answers","app":"answers"'),
        ONE.canonical().replace(b'"app":"answers"', b'"app":"answers","more":1'),
        ONE.canonical().replace(b'"app":"answers"', b'"app":7'),
        ONE.canonical().replace(b'"app":"answers"', b'"app":NaN'),
        ONE.canonical().replace(b"a" * 64, b"../../etc"),
        ONE.canonical().replace(b'"prompt":{', b'"prompt":[],"other":{'),
    ],
)
def test_a_manifest_of_any_other_spelling_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises((RefusedError, SettingsError)):
        read_release(tmp_path, renamed(tmp_path, content))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["a pipe", "a folder"])
def test_what_is_no_plain_file_is_refused_without_waiting(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    (tmp_path / ONE.digest).mkdir()
    make(tmp_path / ONE.digest / "manifest.json")

    with pytest.raises(RefusedError):
        read_release(tmp_path, ONE.digest)


def test_a_pipeline_that_is_not_here_is_named(tmp_path: Path) -> None:
    content = ONE.canonical().replace(b"surefoot.answering/1", b"surefoot.answering/9")
    bundle = read_release(tmp_path, renamed(tmp_path, content))

    with pytest.raises(RefusedError, match="which this surefoot does not have"):
        load_parts(bundle)


def test_a_release_is_found_by_the_beginning_of_its_digest_first_in_serving(tmp_path: Path) -> None:
    serving, state = tmp_path / "serving", tmp_path / "state"
    written(serving)
    written(state)
    written(state, "Two.")

    assert find_release((serving, state), ONE.digest[:6]).folder == serving / ONE.digest
    assert find_release((serving, state), TWO.digest).folder == state / TWO.digest
    assert list_releases(state) == tuple(sorted((ONE.digest, TWO.digest)))
    assert list_releases(tmp_path / "nowhere") == ()


@pytest.mark.parametrize("prefix", ["", "abcde", "ABCDEF", "../../etc", "0" * 65, "zzzzzz", "000000"])
def test_a_name_that_finds_nothing_offers_what_is_there(tmp_path: Path, prefix: str) -> None:
    written(tmp_path)

    with pytest.raises(NotFoundError) as missing:
        find_release((tmp_path,), prefix)

    assert ONE.digest[:12] in missing.value.remedy


def test_a_beginning_of_several_releases_asks_for_more_digits(tmp_path: Path) -> None:
    names = ["abcdef" + "0" * 58, "abcdef" + "1" * 58]
    for name in names:
        (tmp_path / name).mkdir()

    with pytest.raises(NotFoundError, match="the beginning of 2 releases") as missing:
        find_release((tmp_path,), "abcdef")

    assert all(name in missing.value.remedy for name in names)


def test_a_release_without_its_manifest_is_damaged_and_not_absent(tmp_path: Path) -> None:
    (written(tmp_path) / "manifest.json").unlink()

    with pytest.raises(RefusedError, match="missing"):
        read_release(tmp_path, ONE.digest)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SurefootError, match="No space left"):
        written(tmp_path)

    assert [*tmp_path.iterdir()] == []


def test_a_release_that_lies_in_another_clone_is_told_with_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        find_release((tmp_path,), "123456789abc")
    assert "`surefoot index build` and `surefoot release create`" in caught.value.remedy
