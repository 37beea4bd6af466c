"""The code of an app is named by the digest of its files, and a release holds exactly these bytes."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.releases.examples import files_of, manifest_saying

from surefoot.errors import RefusedError, SettingsError
from surefoot.records import Manifest, PinnedPrompt
from surefoot.releases import load_parts, read_code, read_release, write_release
from surefoot.releases.differences import diff

ENTRY = "agent/graph.py:build"
GRAPH = b"from .steps import step\n\ndef build(parts):\n    return step\n"
STEPS = b"step = 1\n"


def apps_in(top: Path, graph: bytes = GRAPH) -> Path:
    (top / "agent").mkdir(parents=True, exist_ok=True)
    (top / "agent" / "graph.py").write_bytes(graph)
    (top / "agent" / "steps.py").write_bytes(STEPS)
    return top


def release_with_code(top: Path, graph: bytes = GRAPH) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest and the files of a release whose app runs this code, and asks its own prompt twice."""
    code = read_code(apps_in(top, graph), ENTRY)
    plain = manifest_saying("One.")
    again = PinnedPrompt(use="draft", name="answer", digest=plain.prompt)
    manifest = replace(plain, pipeline=code.identity, prompts=(again,))
    return manifest, {**files_of("One."), **{f"code/{name}": text for name, text in code.files.items()}}


def test_the_digest_covers_every_files_name_and_bytes_and_nothing_else(tmp_path: Path) -> None:
    code = read_code(apps_in(tmp_path), ENTRY)

    assert sorted(code.files) == ["agent/graph.py", "agent/steps.py"]
    assert code.identity == f"langchain/{ENTRY}@{code.digest}"

    (tmp_path / "agent" / "notes.txt").write_text("not code")
    (tmp_path / "agent" / "__pycache__").mkdir()
    (tmp_path / "agent" / "__pycache__" / "graph.cpython-311.pyc").write_bytes(b"")
    assert read_code(tmp_path, ENTRY).digest == code.digest

    (tmp_path / "agent" / "steps.py").rename(tmp_path / "agent" / "parts.py")
    assert read_code(tmp_path, ENTRY).digest != code.digest


def test_an_entry_point_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"graph\.py, which is not there"):
        read_code(tmp_path, ENTRY)


def test_code_behind_a_link_is_refused(tmp_path: Path) -> None:
    apps_in(tmp_path / "apps")
    (tmp_path / "elsewhere.py").write_text("step = 2\n")
    (tmp_path / "apps" / "agent" / "steps.py").unlink()
    (tmp_path / "apps" / "agent" / "steps.py").symlink_to(tmp_path / "elsewhere.py")

    with pytest.raises(SettingsError, match="it is a link"):
        read_code(tmp_path / "apps", ENTRY)


def test_a_release_holds_the_code_and_further_prompts_it_pins(tmp_path: Path) -> None:
    manifest, files = release_with_code(tmp_path / "apps")

    folder = write_release(tmp_path / "releases", manifest, files)
    bundle = read_release(tmp_path / "releases", manifest.digest)
    parts = load_parts(bundle)

    assert (folder / "code" / "agent" / "graph.py").read_bytes() == GRAPH
    assert bundle.manifest == manifest
    assert parts.code is not None and parts.code.identity == manifest.pipeline
    assert parts.prompts["draft"].digest == manifest.prompt
    assert parts.files == (
        "recipe.toml",
        "prompts/_rules.md",
        "prompts/answer.prompt.md",
        "code/agent/graph.py",
        "code/agent/steps.py",
    )


def test_a_manifest_without_further_prompts_does_not_speak_of_them(tmp_path: Path) -> None:
    with_prompts, _ = release_with_code(tmp_path)

    assert "prompts" not in json.loads(manifest_saying("One.").canonical())
    assert json.loads(with_prompts.canonical())["prompts"] == {
        "draft": {"name": "answer", "digest": with_prompts.prompt}
    }


@pytest.mark.parametrize(
    "harm",
    [
        lambda code: (code / "agent" / "steps.py").write_bytes(b"step = 2\n"),
        lambda code: (code / "agent" / "more.py").write_bytes(b""),
        lambda code: (code / "agent" / "steps.py").unlink(),
    ],
    ids=["changed", "added", "removed"],
)
def test_code_that_was_touched_in_a_release_is_refused(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    manifest, files = release_with_code(tmp_path / "apps")
    folder = write_release(tmp_path / "releases", manifest, files)

    harm(folder / "code")

    with pytest.raises(RefusedError, match="pins the code"):
        load_parts(read_release(tmp_path / "releases", manifest.digest))


@pytest.mark.parametrize("name", ["code/x.py", "code/../x.py", "code/agent/data.json", "code/agent/a b.py"])
def test_no_other_file_goes_into_a_releases_code(tmp_path: Path, name: str) -> None:
    manifest, files = release_with_code(tmp_path / "apps")

    with pytest.raises(RefusedError, match="a release has no file"):
        write_release(tmp_path / "releases", manifest, {**files, name: b""})


def test_changed_code_is_another_release_and_the_difference_shows_its_lines(tmp_path: Path) -> None:
    bundles = []
    for graph in (GRAPH, GRAPH.replace(b"return step", b"return step + 1")):
        manifest, files = release_with_code(tmp_path / "apps", graph)
        write_release(tmp_path / "releases", manifest, files)
        bundles.append(read_release(tmp_path / "releases", manifest.digest))
    before, after = bundles

    (difference,) = diff(before, after)

    assert before.digest != after.digest
    assert difference.part == "pipeline"
    assert {"-    return step", "+    return step + 1", "--- code/agent/graph.py"} <= set(difference.lines)
