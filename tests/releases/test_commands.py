"""`surefoot release ...` as processes, over a small project with one release in production."""

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.gauges import commit, guard
from tests.cli.trial_project import Trial, trial_project
from tests.cli.trial_release import promoted, reword
from tests.releases.repositories import git

from surefoot.releases import Pointer, read_channel, read_release


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with trial_project(tmp_path_factory.mktemp("releases") / "project") as project:
        guard(project.top, "answers", [1])
        yield project


@pytest.fixture(scope="module")
def production(trial: Trial) -> Pointer:
    """The first working tree's release and its receipt."""
    pointer = promoted(trial.top)
    commit(trial.top, "A project")
    return pointer


@pytest.fixture(scope="module")
def edited(trial: Trial, production: Pointer) -> str:
    """The release of a working tree whose prompt was edited, as `release create` printed it."""
    reword(trial.top, "- Speak of \x1b[31mvalves\u202e only.")
    return trial.said("release", "create").strip()


def test_a_release_of_the_working_tree_is_made_and_says_what_is_new(trial: Trial, edited: str) -> None:
    done = trial.run("release", "create", "answers")

    assert done.stdout.strip() == edited
    assert "new against production: prompt" in done.stderr
    assert read_release(trial.state / "releases", edited).manifest.app == "answers"
    assert read_channel(trial.top / "serving", "answers") is not None


def test_releases_are_listed_with_where_they_stand(trial: Trial, production: Pointer, edited: str) -> None:
    lines = trial.said("release", "list").splitlines()

    assert f"{production.release}  answers  production of answers  PASS by answers" in lines
    assert f"{edited}  answers  candidate  no receipt" in lines


def test_the_list_is_json_for_a_program(trial: Trial, production: Pointer, edited: str) -> None:
    said = json.loads(trial.said("release", "list", "--json"))

    found = {release["release"]: release for release in said["releases"]}
    assert set(found) == {production.release, edited}
    assert found[production.release]["production_of"] == ["answers"]
    assert found[production.release]["receipts"][0]["receipt"] == production.receipt
    assert found[edited]["manifest"]["prompt_name"] == "answer"


def test_a_broken_release_is_named_and_hides_no_other(trial: Trial, production: Pointer) -> None:
    broken = trial.state / "releases" / ("0" * 64)
    broken.mkdir(parents=True)
    (broken / "manifest.json").write_text("{}")
    try:
        done = trial.run("release", "list")
    finally:
        (broken / "manifest.json").unlink()
        broken.rmdir()

    assert f"{'0' * 64} cannot be read:" in done.stderr
    assert production.release in done.stdout and done.returncode == 0


def test_a_release_is_shown_by_the_beginning_of_its_digest(trial: Trial, production: Pointer) -> None:
    said = trial.said("release", "show", production.release[:8])

    assert f"release    {production.release}\n" in said
    assert "where      production of answers\n" in said
    assert f"receipt    {production.receipt}  PASS  by answers  founding  2026-03-01 12:00 UTC" in said
    assert json.loads(trial.said("release", "show", production.release, "--json"))["schema"] == 1


def test_a_release_that_is_not_there_offers_those_that_are(trial: Trial, production: Pointer) -> None:
    code, told = trial.refused("release", "show", "000000")

    assert code == 2 and production.release[:12] in told


def test_the_difference_to_production_is_shown_line_by_line(
    trial: Trial, production: Pointer, edited: str
) -> None:
    said = trial.said("release", "diff")

    assert f"prompt: {read_release(trial.state / 'releases', edited).manifest.prompt[:12]}" not in said
    assert "+++ prompts/_house-rules.md" in said
    assert "+- Speak of valves only." in said, "and nothing in it steers the terminal"
    assert trial.said("release", "diff", production.release, edited) == said
    there = json.loads(trial.said("release", "diff", "--json"))
    assert (there["before"], there["after"]) == (production.release, edited)
    assert [difference["part"] for difference in there["differences"]] == ["prompt"]


@pytest.mark.parametrize(
    ("text", "key", "reindexed"),
    [
        ("[search]\nlimit = 2\n", "search.limit = 2", False),
        ("[chunking]\nlimit_words = 90\n", "chunking.limit_words = 90", True),
    ],
)
def test_a_recipe_differs_by_its_keys_and_its_snapshot_only_where_the_index_does(
    trial: Trial, edited: str, text: str, key: str, *, reindexed: bool
) -> None:
    recipe = trial.top / "serving" / "recipes" / "default.toml"
    kept = recipe.read_text()
    recipe.write_text(f"schema = 1\n{text}")
    try:
        trial.said("index", "build")
        said = trial.said("release", "diff", edited)
    finally:
        recipe.write_text(kept)

    assert f"-{key.partition(' ')[0]} = " in said and f"+{key}\n" in said
    assert ("snapshot: " in said) is reindexed


def test_what_was_not_proven_is_not_promoted(trial: Trial, production: Pointer, edited: str) -> None:
    head = git(trial.top, "rev-parse", "HEAD")

    code, told = trial.refused("release", "promote", edited[:10])

    assert code == 4 and "not committed: prompts/_house-rules.md" in told
    assert git(trial.top, "rev-parse", "HEAD") == head
    assert read_channel(trial.top / "serving", "answers") == production


def test_the_release_in_production_is_there_already(trial: Trial, production: Pointer) -> None:
    done = trial.run("release", "promote", production.release)

    assert (done.returncode, done.stdout.strip()) == (0, production.release)
    assert "is in production of answers already" in done.stderr


def test_the_first_release_is_not_rolled_back(trial: Trial, production: Pointer) -> None:
    code, told = trial.refused("release", "rollback", "--reason", "why not")

    assert code == 4 and "there is nothing before it" in told


def test_a_key_is_made_once_and_never_printed(trial: Trial, tmp_path: Path) -> None:
    file = tmp_path / "ci.key"
    done = trial.run("release", "key", "ci", "--file", str(file))

    assert re.fullmatch(r'ci = "ed25519:[A-Za-z0-9+/]{43}="\n', done.stdout)
    assert str(file) in done.stderr and "PRIVATE" not in done.stdout + done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert trial.refused("release", "key", "ci", "--file", str(file))[0] == 2


def test_a_release_is_approved_by_somebody_else_than_its_author(
    trial: Trial, production: Pointer, edited: str
) -> None:
    code, words = trial.refused("release", "approve", edited, "--as", "nobody")
    assert code == 2 and "names a person by email address" in words
    code, words = trial.refused("release", "approve", edited, "--as", "a@example.org", "--expires", "1y")
    assert code == 2 and "at most 90d" in words

    done = trial.run(
        "release", "approve", edited, "--as", "Maria@example.org", "--expires", "36h", "--reason", "read it"
    )
    assert done.returncode == 0, done.stderr
    assert f"approved: {edited[:12]} of answers, by maria@example.org until 20" in done.stderr
    file = trial.top / "serving/approvals" / edited / f"{done.stdout.strip()}.json"
    assert json.loads(file.read_text())["by"] == "maria@example.org"
    assert re.search(
        r"approval +by maria@example.org until [0-9: -]+ UTC: read it", trial.said("release", "show", edited)
    )
