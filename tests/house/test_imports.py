"""Importing surefoot does nothing, loads nothing heavy, and each vendor has its one file."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.house.imports import VENDORS, strangers, vendors_imported
from tests.house.tree import PACKAGE, files_with, text

# What a command that needs no index and no web server must not wait for.
HEAVY = frozenset("chromadb fastapi llama_index numpy onnx onnxruntime pyarrow sqlalchemy uvicorn".split())

# Runs in a fresh interpreter: imports the modules it is given while an audit hook watches.
WATCHED_IMPORT = """
import importlib, json, os, sys

seen = []

ACTS = {
    "socket.connect", "socket.bind", "subprocess.Popen", "os.system", "os.exec", "os.fork", "os.mkdir",
    "os.remove", "os.rename", "shutil.rmtree", "tempfile.mkstemp", "tempfile.mkdtemp",
}

def acts(event, arguments):
    if event == "open":
        flags = arguments[2]
        return isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return event in ACTS

def by_urllib3():
    # Importing urllib3 binds a socket to port 0 and closes it, to learn whether this machine has IPv6.
    frame = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__") != "urllib3.util.connection":
        frame = frame.f_back
    return frame is not None

def watch(event, arguments):
    if acts(event, arguments) and str(arguments[0]) != os.devnull and not by_urllib3():
        seen.append(f"{importing}: {event} {arguments[0]!r}")

importing = ""
threads = len(__import__("threading").enumerate())
sys.addaudithook(watch)
for importing in sys.argv[1:]:
    importlib.import_module(importing)
started = len(__import__("threading").enumerate()) - threads
print(json.dumps({"seen": seen, "threads": started, "modules": sorted(sys.modules)}))
"""


def watched_import(*modules: str, path: Path | None = None) -> dict[str, object]:
    """What happened while these modules were imported, and what was loaded."""
    environment = {**os.environ, "PYTHONPATH": str(path or PACKAGE.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", WATCHED_IMPORT, *modules],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return report


def loaded(report: dict[str, object]) -> set[str]:
    """Top-level names that were loaded."""
    modules = report["modules"]
    assert isinstance(modules, list)
    return {str(name).partition(".")[0] for name in modules}


def module_name(file: Path) -> str:
    parts = file.relative_to("src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def our_files() -> tuple[Path, ...]:
    return files_with(".py", under="src/surefoot")


def light_modules() -> list[str]:
    """All but adapters, which name a heavy vendor, and the two rooms that bring everything together."""
    return [
        module_name(file)
        for file in our_files()
        if "gguf" not in file.name
        and file.parts[2] not in {"api", "wiring"}
        and not any(vendor in HEAVY for _, vendor in vendors_imported(text(file)))
    ]


def every_module() -> list[str]:
    """Every module but those that run inside vLLM's own environment."""
    return [module_name(file) for file in our_files() if "gguf" not in file.name]


def test_importing_every_module_opens_no_socket_file_or_process() -> None:
    report = watched_import(*every_module())
    assert report["seen"] == []
    assert report["threads"] == 0


def test_the_command_line_loads_no_index_and_no_web_server() -> None:
    assert loaded(watched_import("surefoot.cli")) & HEAVY == set()


def test_modules_that_name_no_heavy_vendor_load_none_by_way_of_others() -> None:
    assert loaded(watched_import(*light_modules())) & HEAVY == set()


def test_each_vendor_is_imported_only_where_the_table_says() -> None:
    wrong = []
    for file in our_files():
        path = str(file.relative_to("src/surefoot"))
        wrong += list(strangers(path, text(file), VENDORS))
    assert wrong == []


def test_the_table_of_vendors_holds_no_vendor_that_is_gone() -> None:
    imported = {vendor for file in our_files() for _, vendor in vendors_imported(text(file))}
    assert set(VENDORS) - imported == set()


@pytest.mark.parametrize(
    "line",
    ["import chromadb", "from chromadb.api import Client", "def f() -> None:\n    import chromadb.config"],
)
def test_a_vendor_in_the_wrong_file_is_seen(line: str) -> None:
    assert list(strangers("answering/pipeline.py", line, VENDORS))
    assert not list(strangers("retrieval/chroma_vectors.py", line, VENDORS))


def test_a_vendor_without_a_place_is_seen() -> None:
    assert list(strangers("traces/writer.py", "import pandas", VENDORS))


@pytest.mark.parametrize(
    "line",
    [
        "import socket; socket.socket().bind(('127.0.0.1', 0))",
        "open('made-by-import', 'w').close()",
        "import subprocess; subprocess.run(['true'])",
    ],
)
def test_an_import_that_acts_is_seen(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acting.py").write_text(line)
    assert watched_import("acting", path=tmp_path)["seen"] != []
