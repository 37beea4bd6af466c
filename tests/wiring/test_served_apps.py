"""A fault in an app, or in what runs beside the routes, is logged and takes nothing else with it."""

import asyncio
from pathlib import Path

import pytest
from tests.cli.trial_project import APP, write_project
from tests.fakes.embedder import HashedWords

from surefoot.errors import SnapshotError
from surefoot.models import EstimateTokenCounter
from surefoot.models.openai_chat import OpenAIChat
from surefoot.wiring.indexing import build_index
from surefoot.wiring.project import Project, open_project
from surefoot.wiring.served_apps import ServedApps
from surefoot.wiring.serving import log_failure


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
    """A project of two apps over one index."""
    write_project(tmp_path, "schema = 1\n")
    (tmp_path / "serving/apps/second.toml").write_text(APP)
    project = open_project(tmp_path)
    asyncio.run(build_index(project, project.apps[0], HashedWords(), lambda progress: None))
    return project


def test_a_fault_in_an_app_is_logged_once_and_shown_until_it_is_mended(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        embedder = TornWords()
        async with OpenAIChat(base_url="http://127.0.0.1:9", model="chat") as chat:
            apps = ServedApps(project, embedder=embedder, model=chat, counter=EstimateTokenCounter())
            await apps.open()
            await apps.open()
            assert [part.what for part in apps.not_ready()] == ["app answers", "app second"]
            with pytest.raises(SnapshotError, match="could not be opened: ValueError: torn") as broken:
                apps.current("second")
            assert broken.value.remedy == "see the service's log"
            assert caplog.text.count("app second is not open") == 1
            assert caplog.text.count("Traceback") == 2
            embedder.mended = True
            await apps.open()
            assert len(apps.all_open()) == 2
            await apps.aclose()

    asyncio.run(scenario())


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
