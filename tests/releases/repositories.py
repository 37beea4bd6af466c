"""Real repositories with a small deployment in them, and releases on their way through it."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.releases.examples import SUITE, files_of, manifest_saying, receipt_for, run_of

from surefoot.local import Notice, Progress
from surefoot.records import Manifest
from surefoot.releases import (
    Receipt,
    Trust,
    check_entry,
    load_parts,
    read_channel,
    read_run,
    write_receipt,
    write_release,
    write_run,
)
from surefoot.releases.bundles import ReleaseBundle, read_release
from surefoot.releases.conditions import Candidate
from surefoot.releases.deployment import Deployment
from surefoot.releases.git import open_repository
from surefoot.releases.pointing import Moved
from surefoot.releases.promotion import promote, rollback

FIRST = manifest_saying("First.")
SECOND = manifest_saying("Second.")
THIRD = manifest_saying("Third.")
WORDS = {FIRST.digest: "First.", SECOND.digest: "Second.", THIRD.digest: "Third."}


def git(folder: Path, *words: str, **variables: str) -> str:
    """What a git command of the user's printed."""
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"git {words}: {done.stdout}{done.stderr}"
    return done.stdout


def silent(_: Progress | Notice) -> None:
    """Nobody listens."""


async def believe(receipt: Receipt, folders: tuple[Path, ...]) -> None:
    """A recheck that finds every receipt to follow from its responses, which must be there."""
    read_run(folders, receipt.candidate_run)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A deployment in `project`, which is a repository's top or a folder below it."""

    project: Path
    trust: Trust = field(default_factory=Trust)

    @property
    def place(self) -> Deployment:
        return Deployment(
            serving=self.project / "serving", state=self.project / ".surefoot", trust=self.trust
        )

    @property
    def pointer(self) -> Path:
        return self.project / "serving" / "channels" / "answers" / "production.toml"

    def git(self, *words: str) -> str:
        return git(self.project, *words)

    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def commit(self, name: str, text: str) -> str:
        """Commit one file of the project."""
        file = self.project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.git("add", "--", name)
        self.git("commit", "-q", "-m", f"Write {name}", "--", name)
        return self.head()

    def gated(self, manifest: Manifest, baseline: str | None, **changes: object) -> Receipt:
        """Make a candidate and a receipt for it at HEAD; `changes` are fields of the receipt."""
        folder = write_release(
            self.project / ".surefoot" / "releases", manifest, files_of(WORDS[manifest.digest])
        )
        write_run(folder, run_of("candidate"))
        if baseline is not None:
            write_run(folder, run_of("baseline"))
        content = open_repository(self.project).content(self.place.promotion_folders)
        earned = {"content": content, "revision": self.head(), **changes}
        receipt = replace(receipt_for(manifest, baseline=baseline), **earned)  # type: ignore[arg-type]
        write_receipt(folder, receipt)
        return receipt

    def candidate(self, manifest: Manifest, suites: Mapping[str, str] | None = None) -> Candidate:
        release = read_release(self.project / ".surefoot" / "releases", manifest.digest)
        return candidate_of(self, release, suites)

    async def promote(self, manifest: Manifest) -> Moved:
        return await promote(self.place, self.candidate(manifest), report=silent)

    async def rollback(self, to: ReleaseBundle | None = None, reason: str = "") -> Moved:
        return await rollback(self.place, "answers", to=to, reason=reason, report=silent)

    async def released(self, manifest: Manifest, baseline: str | None) -> Moved:
        """Gate it and promote it."""
        self.gated(manifest, baseline)
        return await self.promote(manifest)

    def copied(self, to: Path) -> "Trial":
        """The whole of it once more."""
        shutil.copytree(self.project, to, symlinks=True)
        return replace(self, project=to)


def candidate_of(trial: Trial, release: ReleaseBundle, suites: Mapping[str, str] | None = None) -> Candidate:
    """The release as wiring hands it to `promote`."""
    return Candidate(
        release=release,
        suites={"answers": SUITE} if suites is None else suites,
        deciding=(trial.project / "prompts", trial.project / "evals"),
        recheck=believe,
    )


def new_trial(folder: Path, below: str = "") -> Trial:
    """A repository with one commit, and a deployment in it, or in a folder below."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main", "--template=")
    git(folder, "config", "user.name", "A Tester")
    git(folder, "config", "user.email", "tester@example.org")
    trial = Trial(project=folder / below)
    (trial.project / "serving").mkdir(parents=True)
    (folder / ".gitignore").write_text(".surefoot/\n")
    git(folder, "add", ".gitignore")
    trial.commit("prompts/answer.prompt.md", "a prompt\n")
    trial.commit("serving/settings.toml", "schema = 1\n")
    git(folder, "commit", "-q", "-m", "Ignore the state", "--", ".gitignore")
    return trial


def promoted(trial: Trial, candidate: Candidate) -> Moved:
    return asyncio.run(promote(trial.place, candidate, report=silent))


def serves(trial: Trial) -> str:
    """The release that a service would read and find proven, read as a service does."""
    serving = trial.place.serving
    pointer = read_channel(serving, "answers")
    assert pointer is not None
    bundle = read_release(serving / "releases", pointer.release)
    load_parts(bundle)
    entry = check_entry(bundle, pointer, trust=trial.trust)
    if isinstance(entry, Receipt):
        for run in filter(None, (entry.candidate_run, entry.baseline_run)):
            read_run([bundle.folder], run)
    return pointer.release
