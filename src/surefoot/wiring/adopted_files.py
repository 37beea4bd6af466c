"""The files that `surefoot init` writes, by their place, as bytes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from surefoot.errors import SettingsError
from surefoot.evals.first_case import first_case, silent_case
from surefoot.files import shipped
from surefoot.records import Case, Json
from surefoot.retrieval import Source
from surefoot.settings import Settings

Ci = Literal["github", "gitlab", "jenkins"]

_TEMPLATES = Path(__file__).parents[1] / "templates"
# Each CI system's files, by their templates. What may write on GitHub is in files of its own.
CI_FILES: Mapping[Ci, Mapping[str, str]] = {
    "github": {
        "github.yml": ".github/workflows/surefoot.yml",
        "github-comment.yml": ".github/workflows/surefoot-comment.yml",
        "github-promote.yml": ".github/workflows/surefoot-promote.yml",
    },
    "gitlab": {"gitlab.yml": ".gitlab-ci.yml"},
    "jenkins": {"Jenkinsfile": "Jenkinsfile"},
}
_OWNERS: Mapping[Ci, str] = {"github": ".github/CODEOWNERS", "gitlab": ".gitlab/CODEOWNERS"}
_OWNERS_ANYWHERE = (".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS", "CODEOWNERS")
_EXAMPLE_NAME = "opening-hours.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A model server that is there: its address, what it calls the model, the variable with its key."""

    url: str
    model: str
    key_variable: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Embeddings:
    """A server of embeddings that is there, and how many numbers its vectors have."""

    url: str
    model: str
    dimensions: int
    key_variable: str | None


def deployment_files(
    top: Path, settings: Settings, server: Server | None, embeddings: Embeddings | None
) -> dict[Path, bytes]:
    """The settings and the catalogue of models."""
    serving = settings.folders.serving
    return {
        serving / "settings.toml": _settings(top, settings, server, embeddings).encode(),
        serving / "models.toml": shipped("serving/models.toml").read_bytes(),
    }


def app_files(top: Path, settings: Settings, source: Source, texts: Mapping[str, str]) -> dict[Path, bytes]:
    """A prompt, its suite over these documents, and the app that serves it, whose own file is the last."""
    folders = settings.folders
    first = first_case(texts)
    if first is None:
        raise SettingsError(
            f"no document of {source.path} holds a plain sentence to ask about",
            remedy="name a folder of Markdown or text files with --docs, or write one with a few sentences",
        )
    silent = silent_case(texts)
    suite = folders.evals / "answers"
    files = {
        folders.prompts / "_house-rules.md": _template("_house-rules.md"),
        folders.prompts / "answer.prompt.md": _template("answer.prompt.md"),
        suite / "suite.toml": _template("suite.toml") + (_template("silent.toml") if silent else b""),
        suite / "cases.jsonl": _lines([first, *([silent] if silent else [])]),
        folders.serving / "recipes" / "default.toml": shipped("serving/recipes/default.toml").read_bytes(),
        folders.serving / "corpora" / "docs.toml": _corpus(top, source).encode(),
        folders.serving / "apps" / "answers.toml": _template("app.toml")
        + f"example = {_quoted(first.question)}\n".encode(),
    }
    if source.path == example_folder(settings):
        files = {source.path / _EXAMPLE_NAME: _template(_EXAMPLE_NAME), **files}
    return files


def example_folder(settings: Settings) -> Path:
    """Where the example's document goes, in a repository that has no documents."""
    return settings.folders.evals / "answers" / "corpus"


def example_documents() -> dict[str, str]:
    """The example's document, by its name as a source."""
    return {_EXAMPLE_NAME: _template(_EXAMPLE_NAME).decode()}


def ci_files(top: Path, settings: Settings, ci: Ci) -> dict[Path, bytes]:
    """The files that have a CI system gate each pull request; owners too, where there are none yet."""
    files = {top / place: (_TEMPLATES / "ci" / name).read_bytes() for name, place in CI_FILES[ci].items()}
    if ci in _OWNERS and not any((top / place).exists() for place in _OWNERS_ANYWHERE):
        files[top / _OWNERS[ci]] = _owners(top, settings, ci).encode()
    return files


def written_once(top: Path, settings: Settings) -> list[Path]:
    """Of the files that are written for a new project alone, those that are there."""
    places = [example_folder(settings) / _EXAMPLE_NAME, *(top / place for place in _OWNERS_ANYWHERE)]
    return [place for place in places if place.exists()]


def _owners(top: Path, settings: Settings, ci: Ci) -> str:
    """Whose eyes a change needs; all of it as comments, since only the team knows who they are."""
    folders = settings.folders
    guarded = {folders.serving: "operators", folders.evals: "evaluators", folders.prompts: "prompt-owners"}
    lines = [
        "# Who must approve a change of what answers, of what proves it, and of what runs both. Name your",
        "# people, take the marks away, and protect the main branch so that their approval is asked for.",
        *(
            f"# /{folder.relative_to(top).as_posix()}/ @your-org/{team}"
            for folder, team in guarded.items()
            if folder.is_relative_to(top)
        ),
        *(f"# /{place} @your-org/maintainers" for place in CI_FILES[ci].values()),
    ]
    return "\n".join(lines) + "\n"


def _template(name: str) -> bytes:
    return (_TEMPLATES / "project" / name).read_bytes()


def _settings(top: Path, settings: Settings, server: Server | None, embeddings: Embeddings | None) -> str:
    lines = [
        "# Settings of this deployment.",
        "# The environment overrides them: [service] port is SUREFOOT_SERVICE_PORT.",
        "schema = 1",
        *_folders(top, settings),
    ]
    if server is None:
        lines += [
            "",
            "# No server is named: `surefoot up` and `surefoot gate run` start vLLM on this machine.",
        ]
        lines += ["[chat]", f"port = {settings.chat.port}"]
    else:
        lines += ["", "# The model server that answers, and what it calls the model.", "[chat]"]
        lines += _section({"url": server.url, "model": server.model, "key_variable": server.key_variable})
    if embeddings is not None:
        lines += ["", "# What turns text into vectors.", "[embedder]"]
        lines += _section({"url": embeddings.url, "model": embeddings.model})
        lines += [f"dimensions = {embeddings.dimensions}"]
        lines += _section({"key_variable": embeddings.key_variable})
    return "\n".join(lines) + "\n"


def _folders(top: Path, settings: Settings) -> list[str]:
    """Folders of the repository that the environment calls otherwise than usual."""
    usual, folders = type(settings.folders)(), settings.folders
    named = {
        name: path.relative_to(top).as_posix()
        for name, path, other in (
            ("prompts", folders.prompts, usual.prompts),
            ("evals", folders.evals, usual.evals),
            ("state", folders.state, usual.state),
        )
        if path.is_relative_to(top) and path != top / other
    }
    return ["", "[folders]", *_section(named)] if named else []


def _section(values: Mapping[str, str | None]) -> list[str]:
    return [f"{name} = {_quoted(value)}" for name, value in values.items() if value is not None]


def _corpus(top: Path, source: Source) -> str:
    lines = [
        "# The documents to answer from: Markdown, text and HTML below this folder.",
        "schema = 1",
        "",
        "[[sources]]",
        f"path = {_quoted(source.path.relative_to(top).as_posix())}",
    ]
    if source.exclude:
        lines += [f"exclude = [{', '.join(map(_quoted, source.exclude))}]"]
    return "\n".join(lines) + "\n"


def _lines(cases: Sequence[Case]) -> bytes:
    return "".join(json.dumps(_fields(case), ensure_ascii=False) + "\n" for case in cases).encode()


def _fields(case: Case) -> dict[str, Json]:
    places = [
        [{"source": place.source, "quote": place.quote} for place in fact.places] for fact in case.facts
    ]
    told: dict[str, Json] = {"id": case.id, "kind": case.kind, "cluster": case.cluster}
    told |= {"question": case.question, "reference": case.reference}
    return told | ({"facts": list(places)} if places else {})


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's is one, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
