"""Snapshots are open for as long as somebody uses them; a fault in one app takes nothing else with it."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.trial_project import APP, QUESTION, write_project
from tests.cli.trial_release import point, promoted, released, reword, written
from tests.fakes.answering import ScriptedModel
from tests.fakes.embedder import HashedWords

from surefoot.errors import SnapshotError
from surefoot.models import EstimateTokenCounter
from surefoot.releases import Pointer, read_release
from surefoot.wiring.indexing import build_index
from surefoot.wiring.project import Project, open_project
from surefoot.wiring.served_apps import SECONDS_BETWEEN_TRIES, ServedApps
from surefoot.wiring.serving import log_failure

UNPROVEN = "schema = 1\n[service]\nunproven = true\n"
PROMOTIONS = 50


class TornWords(HashedWords):
    """An embedder with a fault in its code, until it is mended."""

    mended = False

    @property
    def identity(self) -> str:  # type: ignore[override]  # what is an attribute there fails here
        if not self.mended:
            raise ValueError("torn")
        return HashedWords.identity


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose one app has nothing in production."""
    write_project(tmp_path, "schema = 1\n")
    return open_project(tmp_path)


@pytest.fixture
def documents(project: Project) -> tuple[Pointer, Pointer]:
    """Two releases over different documents, the first in production."""
    first = promoted(project.top, embedder=HashedWords())
    (project.top / "papers/pumps.md").write_text("# Pumps\n\nPump 5 turns at noon.\n")
    return first, released(project.top, embedder=HashedWords())


@asynccontextmanager
async def apps_of(project: Project, embedder: HashedWords | None = None) -> AsyncIterator[ServedApps]:
    apps = ServedApps(
        project,
        embedder=embedder or HashedWords(),
        model=ScriptedModel(pieces=("Yes.",)),
        counter=EstimateTokenCounter(),
    )
    try:
        yield apps
    finally:
        await apps.aclose()


def scratch_copies(project: Project) -> list[Path]:
    """The open snapshots' own copies; each has a lock beside it."""
    found = (project.settings.folders.state / "scratch").glob("chroma-*")
    return [path for path in found if path.is_dir()]


async def settled() -> None:
    """Return when nothing runs beside this test: what was to be closed is."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others)


def test_a_request_keeps_the_snapshot_it_began_with_and_the_last_one_closes_it(
    project: Project, documents: tuple[Pointer, Pointer]
) -> None:
    first, second = documents

    async def scenario() -> None:
        async with apps_of(project) as apps:
            await apps.look()
            with apps.use("answers") as early:
                with apps.use("answers") as app:
                    point(project.top, second)
                    await apps.look()
                    await settled()
                    assert apps.current("answers").pins.release == second.release
                    assert app.pins.release == first.release
                await settled()
                assert await early.retriever.search(QUESTION, limit=1)
                assert len(scratch_copies(project)) == 2
            await settled()
            assert len(scratch_copies(project)) == 1
            with pytest.raises(SnapshotError, match="is closed"):
                await early.retriever.search(QUESTION, limit=1)
            assert await apps.current("answers").retriever.search(QUESTION, limit=1)
        assert scratch_copies(project) == []

    asyncio.run(scenario())


def test_releases_over_the_same_documents_share_one_open_snapshot(project: Project) -> None:
    promoted(project.top, embedder=HashedWords())

    async def scenario(second: Coroutine[object, object, Pointer]) -> None:
        async with apps_of(project) as apps:
            await apps.look()
            before = apps.current("answers")
            point(project.top, await second)
            await apps.look()
            after = apps.current("answers")
            assert after.pins.release != before.pins.release
            assert after.retriever is before.retriever
            await settled()
            assert await after.retriever.search(QUESTION, limit=1)

    reword(project.top, "Be brief.")
    asyncio.run(scenario(asyncio.to_thread(released, project.top, "answers", HashedWords())))


def test_fifty_promotions_leave_nothing_open_behind(
    project: Project, documents: tuple[Pointer, Pointer]
) -> None:
    def open_now(kind: str) -> int:
        return len([*Path(f"/proc/self/{kind}").iterdir()])

    async def scenario() -> None:
        async with apps_of(project) as apps:
            files, threads = [], []
            for number in range(PROMOTIONS):
                pointer = documents[number % 2]
                point(project.top, pointer)
                await apps.look()
                assert apps.current("answers").pins.release == pointer.release
                await settled()
                assert len(scratch_copies(project)) == 1
                files.append(open_now("fd"))
                threads.append(open_now("task"))
            for counts in (files, threads):  # what is closed beside the test may still be there for a moment
                assert min(counts[-10:]) <= min(counts[4:14]) + 4, counts

    asyncio.run(scenario())


def test_an_app_that_was_never_released_keeps_no_other_from_answering(project: Project) -> None:
    promoted(project.top, embedder=HashedWords())
    (project.top / "serving/apps/second.toml").write_text(APP)

    async def scenario() -> None:
        async with apps_of(open_project(project.top)) as apps:
            await apps.look()
            assert apps.not_ready() == ()
            (held,) = apps.held_back()
            assert (held.app, held.release) == ("second", None)
            assert "no release of 'second' is in production yet" in held.reason

    asyncio.run(scenario())


def test_a_release_of_another_app_does_not_serve(project: Project) -> None:
    other = promoted(project.top, embedder=HashedWords())
    (project.top / "serving/apps/second.toml").write_text(APP)
    point(project.top, other, "second")

    async def scenario() -> None:
        async with apps_of(open_project(project.top)) as apps:
            await apps.look()
            (missing,) = apps.not_ready()
            assert missing.what == "app second"
            assert "a release of 'answers'" in missing.reason

    asyncio.run(scenario())


def test_a_snapshot_with_other_passages_than_were_proven_does_not_serve(
    project: Project, documents: tuple[Pointer, Pointer]
) -> None:
    """As where another version of a library cuts the same documents in another way."""
    first, second = documents
    manifest = read_release(project.top / "serving/releases", second.release).manifest
    other = written(project, project.apps[0], replace(manifest, passages="0" * 64))

    async def scenario() -> None:
        async with apps_of(project) as apps:
            await apps.look()
            point(project.top, other)
            await apps.look()
            (held,) = apps.held_back()
            assert "holds other passages than the release" in held.reason
            assert apps.current("answers").pins.release == first.release
            await settled()
            assert len(scratch_copies(project)) == 1

    asyncio.run(scenario())


def test_a_fault_in_an_app_is_logged_once_and_shown_until_it_is_mended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("surefoot.wiring.served_apps.SECONDS_BETWEEN_TRIES", 0.0)
    write_project(tmp_path, UNPROVEN)
    (tmp_path / "serving/apps/second.toml").write_text(APP)
    project = open_project(tmp_path)
    asyncio.run(build_index(project, project.apps[0], HashedWords(), lambda progress: None))

    async def scenario() -> None:
        embedder = TornWords()
        async with apps_of(project, embedder) as apps:
            await apps.look()
            await apps.look()
            assert [part.what for part in apps.not_ready()] == ["app answers", "app second"]
            with pytest.raises(SnapshotError, match="could not be opened: ValueError: torn") as broken:
                apps.current("second")
            assert broken.value.remedy == "see the service's log"
            assert caplog.text.count("app second is not open") == 1
            assert caplog.text.count("Traceback") == 2
            embedder.mended = True
            await apps.look()
            assert len(apps.all_open()) == 2
            assert not apps.not_ready()
            assert not apps.held_back()

    asyncio.run(scenario())


def test_a_release_that_fails_is_not_tried_at_every_look(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    pointer = promoted(project.top, embedder=HashedWords())
    tried: list[Pointer] = []

    def refuse(_: object, app: object, named: Pointer) -> None:
        tried.append(named)
        raise SnapshotError("not here", remedy="build it")

    monkeypatch.setattr("surefoot.wiring.served_apps.in_production", refuse)

    async def scenario() -> None:
        async with apps_of(project) as apps:
            for _ in range(20):
                await apps.look()

    asyncio.run(scenario())

    assert SECONDS_BETWEEN_TRIES > 1
    assert set(tried) == {pointer}
    assert len(tried) < 20


def test_what_ends_a_task_beside_the_routes_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise ValueError("torn")

    async def scenario() -> None:
        task = asyncio.create_task(fail(), name="the model's watch")
        task.add_done_callback(log_failure)
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.sleep(0)

    asyncio.run(scenario())

    assert "the model's watch ended: ValueError" in caplog.text
    assert "Traceback" in caplog.text
