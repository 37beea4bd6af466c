"""What a project's files say on one side of a change: prompts, apps, corpora, models, suites.

Files are read leniently: a side may hold faults, and what can be told about the rest is still told.
"""

import json
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from surefoot.changes.git_history import write_files
from surefoot.changes.versions import PromptVersion, prompt_name, version_in
from surefoot.records import digest_bytes

JUDGES = "judges"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a project keeps things, as paths from the repository's top; `top` is the project's own folder."""

    top: str
    prompts: str
    evals: str
    serving: str

    @property
    def described(self) -> tuple[str, ...]:
        """The paths that `side_of` wants the files of."""
        serving = PurePosixPath(self.serving)
        inside = (serving / name for name in ("apps", "corpora", "models.toml"))
        return (self.prompts, *(path.as_posix() for path in inside))


@dataclass(frozen=True, slots=True, kw_only=True)
class AppFacts:
    """What an app file names. `code` is the folder of its own code, from the repository's top.

    `fault` is why the file cannot be read, empty where it can.
    """

    prompts: tuple[str, ...]
    corpus: str
    recipe: str
    model: str
    code: str | None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side. `corpora` has the paths of each corpus's sources, `models` a digest of each alias's entry."""

    prompts: Mapping[str, PromptVersion]
    apps: Mapping[str, AppFacts]
    corpora: Mapping[str, tuple[str, ...]]
    models: Mapping[str, str]

    def suites_of(self, app: str) -> tuple[str, ...]:
        """The suites that guard an app: those that its first prompt names."""
        facts = self.apps.get(app)
        version = None if facts is None or not facts.prompts else self.prompts.get(facts.prompts[0])
        return () if version is None or version.prompt is None else version.prompt.suites


def side_of(files: Mapping[str, bytes], layout: Layout) -> Side:
    """A side from the files at and below `layout.described`, by their paths from the repository's top."""
    serving = PurePosixPath(layout.serving)
    corpora = {path.stem: _table(content) for path, content in _directly(files, serving / "corpora")}
    models = _table(files.get((serving / "models.toml").as_posix(), b"")).get("models")
    return Side(
        prompts=_prompts(files, layout.prompts),
        apps={path.stem: _app(path, content) for path, content in _directly(files, serving / "apps")},
        corpora={name: _sources(table, layout.top) for name, table in corpora.items()},
        models=_models(models) if isinstance(models, Mapping) else {},
    )


def _prompts(files: Mapping[str, bytes], folder: str) -> dict[str, PromptVersion]:
    inside = {
        PurePosixPath(path).name: content
        for path, content in files.items()
        if PurePosixPath(path).parent == PurePosixPath(folder)
    }
    names = sorted(filter(None, map(prompt_name, inside)))
    with tempfile.TemporaryDirectory(prefix="surefoot-") as made:
        there = Path(made).resolve()
        write_files(inside, there)
        return {name: version_in(there, name, shown="prompts", called=folder) for name in names}


def _app(path: PurePosixPath, content: bytes) -> AppFacts:
    table, fault = _table(content), ""
    if not table:
        fault = f"{path} does not parse: {_why(content)}"
    further = table.get("prompts")
    named = further.values() if isinstance(further, Mapping) else ()
    entry = _text(table, "entry").partition(":")[0]
    return AppFacts(
        prompts=tuple(dict.fromkeys(str(name) for name in (_text(table, "prompt"), *named) if name)),
        corpus=_text(table, "corpus"),
        recipe=_text(table, "recipe"),
        model=_text(table, "model"),
        code=(path.parent / entry).parent.as_posix() if entry else None,
        fault=fault,
    )


def _sources(table: Mapping[str, object], top: str) -> tuple[str, ...]:
    sources = table.get("sources")
    listed = sources if isinstance(sources, list) else []
    paths = [_text(source, "path") for source in listed if isinstance(source, Mapping)]
    return tuple((PurePosixPath(top) / path).as_posix() for path in paths if path)


def _models(tables: Mapping[str, object]) -> dict[str, str]:
    """A digest of each alias's entry, and of the one that it is the same as."""
    entries = {alias: json.dumps(table, sort_keys=True, default=str) for alias, table in tables.items()}
    found = {}
    for alias, table in tables.items():
        other = _text(table, "same_as") if isinstance(table, Mapping) else ""
        found[alias] = digest_bytes(f"{entries[alias]}{entries.get(other, '')}".encode())
    return found


def _directly(files: Mapping[str, bytes], folder: PurePosixPath) -> list[tuple[PurePosixPath, bytes]]:
    """The TOML files directly in a folder."""
    found = [(PurePosixPath(path), content) for path, content in sorted(files.items())]
    return [(path, content) for path, content in found if path.parent == folder and path.suffix == ".toml"]


def _table(content: bytes) -> Mapping[str, object]:
    try:
        return tomllib.loads(content.decode())
    except ValueError:
        return {}


def _why(content: bytes) -> str:
    try:
        tomllib.loads(content.decode())
    except ValueError as fault:
        return str(fault)
    return "it says nothing"


def _text(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""
