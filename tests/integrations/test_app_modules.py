"""An app's code runs from the bytes that are pinned; what does not run says which file and which line."""

import asyncio
import sys
from pathlib import Path

import pytest
from tests.fakes.answering import ScriptedModel
from tests.fakes.own_code import GRAPH, app_with, code_in

from surefoot.errors import SettingsError
from surefoot.integrations.app_modules import load_entry


def test_it_runs_the_bytes_that_were_read_and_not_the_files_of_now(tmp_path: Path) -> None:
    code = code_in(tmp_path, {"graph.py": "from .steps import build\n", "steps.py": "build = 'as it was'\n"})
    (tmp_path / "agent" / "steps.py").write_text("build = 'as it is now'\n")

    assert load_entry(code) == "as it was"
    assert [*tmp_path.rglob("__pycache__")] == []


def test_two_releases_of_an_app_live_side_by_side(tmp_path: Path) -> None:
    old = code_in(tmp_path / "old", {"graph.py": "from .steps import build\n", "steps.py": "build = 1\n"})
    new = code_in(tmp_path / "new", {"graph.py": "from .steps import build\n", "steps.py": "build = 2\n"})

    assert [load_entry(each) for each in (old, new, old)] == [1, 2, 1]


def test_folders_within_are_packages_with_or_without_their_file(tmp_path: Path) -> None:
    files = {
        "graph.py": "from .near import word\nfrom .far.away import other\nbuild = word + other\n",
        "near/__init__.py": "from .within import word\n",
        "near/within.py": "word = 'near and '\n",
        "far/away.py": "from ..near import word\nother = word + 'far'\n",
    }

    assert load_entry(code_in(tmp_path, files)) == "near and near and far"


FAULTS = {
    "raises": ("x = 1\n\ny = x + unknown\n", r"graph\.py:3: NameError: name 'unknown'", "mend it there"),
    "no Python": ("def build(:\n", r"graph\.py:1: SyntaxError: ", "mend it there"),
    "a missing library": (
        "import no_such_one\n",
        r"graph\.py:1: ModuleNotFoundError",
        "'no_such_one'",
    ),
    "absolute imports": (
        "import agent.steps\n",
        r"graph\.py:1: ModuleNotFoundError",
        "from .steps import",
    ),
    "a missing attribute": ("def other(parts):\n    pass\n", "has no 'build'", "name what is there: other"),
}


@pytest.mark.parametrize(("text", "complaint", "remedy"), FAULTS.values(), ids=FAULTS)
def test_code_that_cannot_be_loaded_names_file_line_and_remedy(
    tmp_path: Path, text: str, complaint: str, remedy: str
) -> None:
    code = code_in(tmp_path, text)

    with pytest.raises(SettingsError, match=complaint) as refused:
        load_entry(code)
    with pytest.raises(SettingsError, match=complaint):
        load_entry(code)

    assert remedy in refused.value.remedy
    assert str(tmp_path) in refused.value.message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("def build(parts):\n    return parts.prompts['none']\n", r"graph\.py:2: KeyError: 'none'"),
        ("def build(parts):\n    return 'graph'\n", "build gives a str, not a runnable"),
        ("build = 3\n", "build gives a NoneType, not a runnable"),
        (GRAPH.replace("graph.compile()", "graph"), "build gives a StateGraph, not a runnable"),
    ],
)
def test_what_does_not_build_a_runnable_is_refused_before_anybody_asks(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(SettingsError, match=complaint):
        asyncio.run(app_with(code_in(tmp_path, text), ScriptedModel(("never",))))


def test_without_the_extra_the_line_that_installs_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = code_in(tmp_path, GRAPH + "# this file alone\n")
    monkeypatch.setitem(sys.modules, "langgraph.graph", None)

    with pytest.raises(SettingsError, match="ModuleNotFoundError") as refused:
        load_entry(code)

    assert refused.value.remedy == "pip install 'surefoot[langchain]'"
    monkeypatch.delitem(sys.modules, "surefoot.integrations.langchain_app", raising=False)
    monkeypatch.setitem(sys.modules, "langchain_core.callbacks", None)
    with pytest.raises(SettingsError, match=r"langchain_core\.callbacks is not installed") as refused:
        asyncio.run(app_with(code, ScriptedModel(("never",))))
    assert refused.value.remedy == "pip install 'surefoot[langchain]'"
