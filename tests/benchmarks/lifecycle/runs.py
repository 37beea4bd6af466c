"""One run after another: documents change, builds die, the index is switched, and callers go on asking."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from random import Random

import httpx
from tests.benchmarks.lifecycle.front import Front, ReadOnlyTrial, mounts_may_be_made
from tests.benchmarks.lifecycle.papers import Papers, Said, Wrong, says, stale, wrong_with
from tests.cli.trial_project import LONGEST_SECONDS, REPOSITORY, Trial, eventually, trial_project
from tests.cli.trial_release import point, written

from surefoot.errors import SnapshotError
from surefoot.records import Passage
from surefoot.retrieval.keeping import sweep
from surefoot.retrieval.passages_file import ParquetPassages
from surefoot.retrieval.snapshots import PASSAGES, read_live, verify_snapshot
from surefoot.wiring.index_care import served_snapshot
from surefoot.wiring.project import Project, open_project
from surefoot.wiring.releasing import present_manifest

EMBEDDERS = ("hashed-words", "other-words")
LIMITS = (None, 85, 105)
MOST_KILLED = 3
ASKED_PER_RUN = 4
SMALLEST_DISK, LARGEST_DISK = 1_000, 250_000


@dataclass(slots=True, kw_only=True)
class Tally:
    """What all runs came to."""

    runs: int = 0
    builds: int = 0
    killed: int = 0
    full_disks: int = 0
    sweeps: int = 0
    looks: int = 0
    changes: int = 0
    recipes: int = 0
    embedders: int = 0
    requests: int = 0
    answers_checked: int = 0
    wrong: Wrong = field(default_factory=Wrong)
    failed_requests: int = 0
    broken: int = 0
    untold: int = 0
    left_behind: int = 0
    read_only_root: bool = False
    said: list[str] = field(default_factory=list)

    def note(self, words: str) -> None:
        """Keep what went wrong, in words."""
        self.said.append(words)


@contextmanager
def nursery(trial: Trial) -> Iterator["Nursery"]:
    """Where builds are born."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.lifecycle.nursery", str(trial.top)],
        cwd=REPOSITORY,
        env=dict(trial.environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Nursery(process)
    finally:
        process.kill()
        process.communicate()


class Nursery:
    """Runs builds, one at a time."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def build(
        self, variables: dict[str, str], *, kill_after: float | None = None, most_bytes: int | None = None
    ) -> tuple[str, float, str]:
        """How it ended, after how many seconds, and its words."""
        order = {"variables": variables, "kill_after": kill_after, "most_bytes": most_bytes}
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        said = json.loads(self._process.stdout.readline())
        return said["ended"], said["seconds"], said["words"]


class Run:
    """The project through all runs, and the state that the next one begins with."""

    def __init__(self, trial: Trial, papers: Papers, builds: Nursery, front: Front, tally: Tally) -> None:
        self._trial, self._papers, self._builds = trial, papers, builds
        self._front, self._tally = front, tally
        self._embedder = EMBEDDERS[0]
        self._built = papers.texts()
        self._usual_seconds = 0.3

    @property
    def variables(self) -> dict[str, str]:
        return {"SUREFOOT_EMBEDDER_MODEL": self._embedder}

    def once(self, seed: int) -> None:
        """Change documents, let builds die, build, look at all that is there, switch over, and ask."""
        chance, tally = Random(seed), self._tally
        tally.runs += 1
        for _ in range(chance.randint(1, 4)):
            self._papers.change()
            tally.changes += 1
        if chance.random() < 0.2:
            self._another_recipe(chance)
        replaced = chance.random() < 0.07
        if replaced:
            self._embedder = EMBEDDERS[1 - EMBEDDERS.index(self._embedder)]
            tally.embedders += 1
        for _ in range(chance.randint(0, MOST_KILLED)):
            self._let_die(chance, seed)
        with self._swept_meanwhile(chance, seed):
            self._build(seed)
        self._switch_over(seed, replace=replaced)

    @contextmanager
    def _swept_meanwhile(self, chance: Random, seed: int) -> Iterator[None]:
        """Sometimes old snapshots are removed, at any moment of the block, while the service reads one."""
        if chance.random() < 0.6:
            yield
            return
        project = self._project()
        served = {served_snapshot(project, project.app_named(None))}
        after = chance.uniform(0, self._usual_seconds)

        def remove() -> None:
            try:
                sweep(project.snapshots, served, remove=True)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what is to be counted
                self._tally.untold += 1
                self._tally.note(f"seed {seed}: a sweep died of {error!r}")

        sweeping = threading.Timer(after, remove)
        sweeping.start()
        try:
            yield
        finally:
            sweeping.join()
            self._tally.sweeps += 1

    def _another_recipe(self, chance: Random) -> None:
        limit = chance.choice(LIMITS)
        file = self._trial.top / "serving" / "recipes" / "default.toml"
        plain = (REPOSITORY / "serving" / "recipes" / "default.toml").read_text()
        file.write_text(plain if limit is None else recut(plain, limit))
        self._tally.recipes += 1

    def _let_die(self, chance: Random, seed: int) -> None:
        """A build that is killed at any moment, or meets a disk that is full at any size."""
        tally = self._tally
        tally.builds += 1
        if chance.random() < 0.7:
            after = chance.uniform(0, 1.2 * self._usual_seconds)
            ended, _, words = self._builds.build(self.variables, kill_after=after)
            tally.killed += ended == "killed"
        else:
            room = round(SMALLEST_DISK * (LARGEST_DISK / SMALLEST_DISK) ** chance.random())
            ended, _, words = self._builds.build(self.variables, most_bytes=room)
            tally.full_disks += 1
        if ended == "crashed":
            tally.untold += 1
            tally.note(f"seed {seed}: a build died of {words!r}")
        self._look(seed, may_be_old=True)

    def _build(self, seed: int) -> None:
        """A build that nothing hinders: it must do, and leave nothing of the others behind."""
        self._tally.builds += 1
        ended, seconds, words = self._builds.build(self.variables)
        if ended != "built":
            self._tally.broken += 1
            self._tally.note(f"seed {seed}: a build that nothing hindered {ended}: {words}")
        self._usual_seconds = 0.8 * self._usual_seconds + 0.2 * seconds
        self._built = self._papers.texts()
        self._look(seed, may_be_old=False)
        left = [*(self._trial.state / "snapshots").glob(".building-*")]
        if left:
            self._tally.left_behind += len(left)
            self._tally.note(f"seed {seed}: left behind: {[path.name for path in left]}")

    def _look(self, seed: int, *, may_be_old: bool) -> None:
        """Whether the live snapshot is whole, and says what the documents say: now, or at the last build."""
        project = self._project()
        self._tally.looks += 1
        live = read_live(project.snapshots, "papers", "default")
        try:
            assert live is not None
            verify_snapshot(project.snapshots / live)
        except (AssertionError, SnapshotError) as error:
            self._tally.broken += 1
            self._tally.note(f"seed {seed}: the live snapshot is not whole: {error!r}")
            return
        passages = ParquetPassages().read_passages(project.snapshots / live / PASSAGES)
        found = wrong_with(passages, self._papers.texts())
        if may_be_old and found != Wrong():
            found = wrong_with(passages, self._built)
        if found != Wrong():
            self._tally.wrong += found
            self._tally.note(f"seed {seed}: the live snapshot has {found}")

    def _switch_over(self, seed: int, *, replace: bool) -> None:
        """Put a release over the new snapshot into production, and ask it what is there and what is gone."""
        project = self._project()
        app = project.app_named(None)
        pointer = written(project, app, present_manifest(project, app))
        point(self._trial.top, pointer)
        if replace:
            self._front.replace(self.variables)
        eventually(lambda: self._serves() == pointer.release, f"{pointer.release} serves")
        chance, texts = Random(seed), self._papers.texts()
        there = [said for source, text in texts.items() for said in says(source, text)]
        gone = self._papers.gone[-ASKED_PER_RUN:]
        for said in (*chance.sample(there, ASKED_PER_RUN), *gone):
            self._ask(seed, said, texts, is_there=said not in gone)
        self._papers.gone.clear()

    def _ask(self, seed: int, said: Said, texts: dict[str, str], *, is_there: bool) -> None:
        """What the service shows for a question: spans of what is there alone, once each, and the fact."""
        tally = self._tally
        tally.answers_checked += 1
        reply = httpx.post(
            self._front.url + "/v1/answers", json={"question": said.question}, timeout=LONGEST_SECONDS
        )
        if reply.status_code != 200:
            tally.failed_requests += 1
            tally.note(f"seed {seed}: {reply.status_code} {reply.text[:300]}")
            return
        shown = [
            Passage(
                id=one["passage_id"],
                source=one["source"],
                start=one["start"],
                end=one["end"],
                text=one["text"],
            )
            for one in reply.json()["passages"]
        ]
        found = any(one.source == said.source and said.sentence in one.text for one in shown)
        wrong = Wrong(
            lost=is_there and not found,
            stale=stale(shown, texts),
            doubled=len(shown) - len({one.id for one in shown}),
        )
        if wrong != Wrong():
            tally.wrong += wrong
            tally.note(f"seed {seed}: the answer to {said.question!r} has {wrong}")

    def _serves(self) -> str:
        releases = httpx.get(self._front.url + "/v1/releases", timeout=LONGEST_SECONDS).json()["releases"]
        return str(releases[0]["release"])

    def _project(self) -> Project:
        """The project with the embedder that it has now; `measured` puts the environment back."""
        os.environ.update(self.variables)
        return open_project(self._trial.top)


def recut(recipe: str, limit: int) -> str:
    """A recipe with another limit of a passage's words."""
    kept = [line for line in recipe.splitlines() if not line.startswith("limit_words")]
    kept.insert(kept.index("[chunking]") + 1, f"limit_words = {limit}")
    return "\n".join(kept) + "\n"


def measured(top: Path, seeds: range) -> Tally:
    """All runs of these seeds over one project and one service."""
    tally = Tally()
    kept = dict(os.environ)
    try:
        with trial_project(top) as plain:
            for paper in (top / "papers").iterdir():
                paper.unlink()
            plain.embedder.names = EMBEDDERS
            plain.chat.answer = lambda messages: "It is so [1]."
            papers = Papers(top / "papers", Random(seeds.start))
            tally.read_only_root = mounts_may_be_made()
            same = {one.name: getattr(plain, one.name) for one in fields(Trial)}
            trial = ReadOnlyTrial(**same) if tally.read_only_root else plain
            with nursery(trial) as builds:
                _all(trial, papers, builds, seeds, tally)
    finally:
        os.environ.clear()
        os.environ.update(kept)
    return tally


def _all(trial: Trial, papers: Papers, builds: Nursery, seeds: range, tally: Tally) -> None:
    front = Front(trial)
    run = Run(trial, papers, builds, front, tally)
    builds.build(run.variables)
    project = open_project(trial.top)
    app = project.app_named(None)
    point(trial.top, written(project, app, present_manifest(project, app)))
    with front.open(run.variables):
        for seed in seeds:
            run.once(seed)
        tally.requests = front.asked
    tally.requests += tally.answers_checked
    tally.failed_requests += len(front.failed)
    tally.said += [f"a client: {words}" for words in front.failed]
