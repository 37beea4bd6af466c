"""Which vector store serves is a setting, and a service outlives the absence of its store."""

import asyncio
from pathlib import Path

import pytest
from tests.cli.trial_project import QUESTION, write_project
from tests.fakes.answering import ScriptedModel
from tests.fakes.chroma_process import running_chroma
from tests.fakes.embedder import HashedWords
from typer.testing import CliRunner

from surefoot.cli import app as commands
from surefoot.errors import SettingsError, SnapshotError
from surefoot.models import EstimateTokenCounter
from surefoot.settings import Index
from surefoot.wiring import served_apps
from surefoot.wiring.indexing import build_index
from surefoot.wiring.project import open_project
from surefoot.wiring.served_apps import ServedApps
from surefoot.wiring.stores import store_of

SETTINGS = """schema = 1
[service]
unproven = true
[index]
store = "chroma-server"
store_url = "{url}"
"""


@pytest.mark.parametrize(
    ("index", "words"),
    [
        (Index(store="chromadb"), "index.store is 'chromadb'"),
        (Index(store="chroma-server"), "does not say where it listens"),
        (Index(store_url="http://127.0.0.1:8000"), "needs no server"),
        (Index(store="chroma-server", store_url="here"), "is no address"),
        (
            Index(store="chroma-server", store_url="http://a", store_key_variable="NO_SUCH_KEY"),
            "'NO_SUCH_KEY', which is not set",
        ),
    ],
)
def test_a_store_that_cannot_be_is_refused_with_what_to_set(index: Index, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        store_of(index)
    assert refused.value.remedy


def test_without_a_word_about_it_no_store_is_loaded() -> None:
    assert store_of(Index()) is None


def test_a_service_starts_without_its_store_and_answers_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served_apps, "SECONDS_BETWEEN_TRIES", 0.0)
    with running_chroma(tmp_path / "server") as server:
        top = tmp_path / "project"
        write_project(top, SETTINGS.format(url=server.url))
        project = open_project(top)

        async def story() -> None:
            await build_index(project, project.apps[0], HashedWords(), lambda progress: None)
            await asyncio.to_thread(server.stop)
            apps = ServedApps(
                project,
                embedder=HashedWords(),
                model=ScriptedModel(pieces=("Yes.",)),
                counter=EstimateTokenCounter(),
            )
            await apps.look()
            (missing,) = apps.not_ready()
            assert "cannot be asked" in missing.reason and "Start it" in missing.remedy
            await asyncio.to_thread(server.start)
            await apps.look()
            assert apps.not_ready() == ()
            retriever = apps.current("answers").retriever
            found = await retriever.search(QUESTION, limit=2)
            await asyncio.to_thread(server.stop)
            with pytest.raises(SnapshotError) as away:
                await retriever.search(QUESTION, limit=2)
            assert away.value.http_status == 503
            await asyncio.to_thread(server.start)
            assert found and await retriever.search(QUESTION, limit=2) == found
            await apps.aclose()

        asyncio.run(story())

        monkeypatch.chdir(top)
        terminal = CliRunner()
        listed = terminal.invoke(commands, ["index", "collections"])
        assert listed.exit_code == 0 and "papers/" in listed.stdout, listed.output
        name = listed.stdout.split()[0]
        assert terminal.invoke(commands, ["index", "collections", "--remove", name]).exit_code == 0
        assert name not in terminal.invoke(commands, ["index", "collections"]).stdout
