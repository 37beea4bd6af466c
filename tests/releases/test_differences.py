"""What one release pins otherwise than another, part by part and line by line."""

from dataclasses import replace
from pathlib import Path

from tests.releases.examples import files_of, manifest_saying

from surefoot.records import Manifest
from surefoot.releases import ReleaseBundle, read_release, write_release
from surefoot.releases.differences import Difference, diff
from surefoot.retrieval import load_recipe


def bundle(folder: Path, manifest: Manifest, files: dict[str, bytes]) -> ReleaseBundle:
    write_release(folder, manifest, files)
    return read_release(folder, manifest.digest)


def saying(folder: Path, words: str) -> ReleaseBundle:
    return bundle(folder, manifest_saying(words), files_of(words))


def test_a_release_does_not_differ_from_itself(tmp_path: Path) -> None:
    assert diff(saying(tmp_path, "One."), saying(tmp_path, "One.")) == ()


def test_a_prompt_differs_by_the_lines_of_its_files(tmp_path: Path) -> None:
    (found,) = diff(saying(tmp_path, "One."), saying(tmp_path, "Two."))

    assert (found.part, found.before) == ("prompt", manifest_saying("One.").prompt)
    assert found.lines[:2] == ("--- prompts/answer.prompt.md", "+++ prompts/answer.prompt.md")
    assert [line for line in found.lines[2:] if line[0] in "-+"] == [
        '-{% system %}One. {% include "rules" %}{% endsystem %}',
        '+{% system %}Two. {% include "rules" %}{% endsystem %}',
    ]


def test_a_recipe_differs_by_its_keys(tmp_path: Path) -> None:
    other = files_of("One.") | {"recipe.toml": b"schema = 1\n[search]\nlimit = 5\n"}
    (tmp_path / "other.toml").write_bytes(other["recipe.toml"])
    recipe = load_recipe(tmp_path / "other.toml").digest
    manifest = replace(manifest_saying("One."), recipe=recipe)

    (found,) = diff(saying(tmp_path, "One."), bundle(tmp_path, manifest, other))

    assert found == Difference(
        part="recipe",
        before=manifest_saying("One.").recipe,
        after=recipe,
        lines=("-search.limit = 3", "+search.limit = 5"),
    )


def test_what_has_no_text_differs_by_what_is_pinned(tmp_path: Path) -> None:
    one = manifest_saying("One.")
    other = replace(one, snapshot="0" * 64, model="1" * 64, abstention="No.")

    found = diff(saying(tmp_path, "One."), bundle(tmp_path, other, files_of("One.")))

    assert [(each.part, each.after) for each in found] == [
        ("abstention", "No."),
        ("snapshot", "0" * 64),
        ("model", "1" * 64),
    ]
