"""Two service processes in folders of their own, one over a Git checkout and one over a bundle alone."""

import asyncio
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.cli.trial_project import Served, Trial, eventually, trial_project
from tests.cli.trial_release import reword
from tests.releases.examples import receipt_for, run_of
from tests.releases.packing import tree
from tests.releases.repositories import believe, git, silent
from tests.wiring.following import echo_the_rules, held_back, standing

from surefoot.records import digest_bytes
from surefoot.releases import Pointer, read_channel, read_release, write_receipt, write_release, write_run
from surefoot.releases.conditions import Candidate
from surefoot.releases.git import open_repository
from surefoot.releases.oci import Layout
from surefoot.releases.promotion import promote
from surefoot.wiring.candidates import files_of
from surefoot.wiring.project import open_project
from surefoot.wiring.releasing import present_manifest

SUITE = "e" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Whoever edits, promotes and packs, in a clone of the remote."""

    trial: Trial
    remote: Path
    shared: Path

    def git(self, *words: str) -> str:
        return git(self.trial.top, *words)

    def edited(self, words: str) -> None:
        """Let the prompt say these words, commit, and push."""
        reword(self.trial.top, f"Told: {words}")
        self.git("add", "--all")
        self.git("commit", "-q", "-m", f"Say {words}")
        self.git("push", "-q", "origin", "main")

    def promoted(self) -> Pointer:
        """Promote what is committed, by a receipt that was made up, in the commit that `promote` makes."""
        project = open_project(self.trial.top)
        place, app = project.deployment, project.apps[0]
        before = read_channel(place.serving, app.name)
        manifest = present_manifest(project, app)
        folder = write_release(place.state / "releases", manifest, files_of(project, app))
        for run in ("candidate", "baseline"):
            write_run(folder, run_of(run))
        receipt = replace(
            receipt_for(manifest, baseline=before.release if before else None),
            content=open_repository(project.top).content(place.promotion_folders),
            revision=self.git("rev-parse", "HEAD").strip(),
        )
        write_receipt(folder, receipt)
        candidate = Candidate(
            release=read_release(place.state / "releases", manifest.digest),
            suites={"answers": SUITE},
            deciding=(project.top / "prompts",),
            recheck=believe,
        )
        return asyncio.run(promote(place, candidate, report=silent)).pointer

    def published(self) -> None:
        """Push the commit, and the bundle of what production is by it."""
        self.git("push", "-q", "origin", "main")
        self.trial.said("release", "pack")
        self.trial.said("release", "push", str(self.shared))


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Author]:
    top = tmp_path_factory.mktemp("replicas")
    git(top, "init", "-q", "--bare", "-b", "main", "--template=", "remote.git")
    with trial_project(top / "author") as trial:
        trial.chat.answer = echo_the_rules
        found = Author(trial=trial, remote=top / "remote.git", shared=top / "shared")
        (trial.top / ".gitignore").write_text(".surefoot/\n*.log\n")
        found.git("init", "-q", "-b", "main", "--template=")
        found.git("config", "user.name", "An Author")
        found.git("config", "user.email", "author@example.org")
        found.git("remote", "add", "origin", str(found.remote))
        trial.said("index", "build")
        found.edited("one")
        found.promoted()
        found.published()
        yield found


@pytest.fixture
def checkout(author: Author, tmp_path: Path) -> Trial:
    """A clone, with an index of its own."""
    git(tmp_path, "clone", "-q", str(author.remote), "checkout")
    clone = replace(author.trial, top=tmp_path / "checkout")
    clone.said("index", "build")
    return clone


@pytest.fixture
def replica(author: Author, tmp_path: Path) -> Trial:
    """An empty folder, and no program on PATH."""
    (tmp_path / "replica").mkdir()
    (tmp_path / "no-programs").mkdir()
    alone = replace(author.trial, top=tmp_path / "replica")
    return alone.told({"PATH": str(tmp_path / "no-programs")})


def eventually_answers(served: Served, pointer: Pointer, words: str) -> None:
    """Wait until the process says that it serves this release, and answers by it."""
    eventually(lambda: standing(served).get("release") == pointer.release, f"{pointer.release} serves")
    reply = served.ask()
    assert reply.status_code == 200, reply.text
    answer = reply.json()
    assert (answer["release"], answer["answer"]) == (pointer.release, f"I was told: {words}")


def test_a_promotion_and_a_rollback_reach_a_checkout_and_a_bundle(
    author: Author, checkout: Trial, replica: Trial
) -> None:
    first = author.promoted()
    with checkout.serving() as by_git, replica.serving("--bundle", str(author.shared)) as by_bundle:
        both = (by_git, by_bundle)
        for served in both:
            served.eventually_ready()
            eventually_answers(served, first, "one")

        author.edited("two")
        second = author.promoted()
        author.published()
        git(checkout.top, "pull", "-q", "--ff-only")
        for served in both:
            eventually_answers(served, second, "two")

        author.trial.said("release", "rollback", "--reason", "two was worse")
        author.published()
        git(checkout.top, "pull", "-q", "--ff-only")
        for served in both:
            eventually_answers(served, first, "one")
            assert held_back(served) == []

    assert not (replica.top / "serving").exists() and not (replica.top / "prompts").exists()


def test_a_replica_writes_nothing_into_its_bundle(author: Author, replica: Trial, tmp_path: Path) -> None:
    before = {str(path): path.stat() for path in sorted(author.shared.rglob("*"))}
    content = tree(author.shared)
    modes = {path: path.stat().st_mode for path in author.shared.rglob("*")}
    for path in modes:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with replica.serving("--bundle", str(author.shared)) as served:
            served.eventually_ready()
            assert served.ask().status_code == 200
    finally:
        for path, mode in modes.items():
            path.chmod(mode)

    assert tree(author.shared) == content
    after = {str(path): path.stat() for path in sorted(author.shared.rglob("*"))}
    assert {name: (stat.st_mtime_ns, stat.st_ino) for name, stat in after.items()} == {
        name: (stat.st_mtime_ns, stat.st_ino) for name, stat in before.items()
    }


def test_a_damaged_bundle_is_held_back_and_what_served_goes_on(
    author: Author, replica: Trial, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    replica.said("release", "pull", str(author.shared), "--bundle", str(copy))
    with replica.serving("--bundle", str(copy)) as served:
        served.eventually_ready()
        serves = standing(served)["release"]
        index = (copy / "index.json").read_text()
        bundle = Layout(path=copy).digest("production")
        (copy / "index.json").write_text(index.replace(bundle, "0" * 64))
        eventually(lambda: bool(held_back(served)), "the bundle is held back")
        (held,) = held_back(served)
        assert "the blob " + "0" * 64 in held["reason"]
        assert standing(served)["release"] == serves and served.ask().status_code == 200

        (copy / "index.json").write_text(index)
        eventually(lambda: held_back(served) == [], "nothing is held back")


def test_the_commands_say_what_they_did_and_what_is_proven(
    author: Author, replica: Trial, tmp_path: Path
) -> None:
    bundle = author.trial.said("release", "pack").strip()
    pulled = replica.said("release", "pull", str(author.shared)).strip()
    proven = replica.said("release", "verify")

    assert bundle == pulled == Layout(path=replica.state / "bundle").digest("production")
    assert "says PASS by the suite answers" in proven
    assert "nobody vouches for the receipt" in proven

    layout = Layout(path=replica.state / "bundle")
    blob = layout.bundle("production").files[0]
    layout.file(blob).chmod(0o644)
    layout.file(blob).write_bytes(b"?" * blob.size)
    code, words = replica.refused("release", "verify")
    assert code == 4 and f"the blob {blob.digest}, the file '{blob.name}'" in words
    assert digest_bytes(b"?" * blob.size) in words


def test_a_bundle_that_is_not_there_ends_the_service_with_what_to_do(replica: Trial) -> None:
    code, words = replica.refused("serve", "--bundle", "nowhere")

    assert code == 2 and "there is no bundle in" in words


def test_weights_are_fetched_by_the_catalogue_of_a_bundle(author: Author, replica: Trial) -> None:
    code, words = replica.refused("model", "fetch", "nothing", "--bundle", str(author.shared))

    assert code == 2 and "'nothing'" in words and "embedder" in words


def test_git_is_not_on_the_replicas_path(replica: Trial) -> None:
    with pytest.raises(FileNotFoundError):
        subprocess.run(["git", "--version"], env=dict(replica.environment), check=False)
