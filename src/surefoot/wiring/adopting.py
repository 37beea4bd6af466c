"""`surefoot init`: what a repository gets of surefoot, and how it gets all of it or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from surefoot.errors import ModelUnreachableError, SettingsError, SnapshotError, SurefootError
from surefoot.evals.suites import load_suite
from surefoot.files import create_file, replace_file
from surefoot.models.asking_servers import served_model, served_models, vector_length
from surefoot.prompts import load_prompt
from surefoot.releases.git import open_repository
from surefoot.retrieval import Corpus, Source
from surefoot.retrieval.corpora import load_corpus
from surefoot.retrieval.documents import DocumentFile, read_bytes, scan_corpus
from surefoot.retrieval.plain_files import decoded
from surefoot.settings import Settings, read_settings
from surefoot.wiring.adopted_files import (
    CI_FILES,
    Ci,
    Embeddings,
    Server,
    app_files,
    ci_files,
    deployment_files,
    example_documents,
    example_folder,
    written_once,
)
from surefoot.wiring.project import BROUGHT, Project, open_project, secret

_IGNORE = ".gitignore"
PROSE = (".md", ".markdown", ".txt")
_DEFAULT_DOCS = "docs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What `surefoot init` was asked for; None where the repository itself decides."""

    endpoint: str | None
    model: str | None
    key_variable: str | None
    embedder_endpoint: str | None
    embedder_model: str | None
    embedder_key_variable: str | None
    docs: Path | None
    ci: Ci | Literal["none"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What came of it, every path from the project's top.

    `documents` is the folder that a new app answers from, and `question` what its first case asks; both are
    empty where there was an app already. `prompt` and `suite` are the app's.
    """

    written: tuple[str, ...]
    left: tuple[str, ...]
    documents: str
    question: str
    prompt: str
    suite: str
    in_git: bool


async def adopt(top: Path, wish: Wish) -> Adopted:
    """Write what `top` lacks of a project, in one step: when anything fails, `top` is what it was.

    A file that is there is left, whatever it holds. Raises SurefootError.
    """
    settings = read_settings(top)
    server = await _server(wish)
    embeddings = await _embeddings(wish)
    files = {
        **deployment_files(top, settings, server, embeddings),
        **_ci(top, settings, wish.ci),
    }
    apps = sorted(file.stem for file in (settings.folders.serving / "apps").glob("*.toml"))
    documents = ""
    if not apps:
        source, texts = _documents(top, settings, wish.docs)
        documents = _name(top, source.path)
        files |= app_files(top, settings, source, texts)
    elif wish.docs is not None:
        _check_docs(top, settings, wish.docs)
    missing = {file: content for file, content in files.items() if not _is_there(file)}
    with _Writing(top) as writing:
        for file, content in missing.items():
            writing.create(file, content)
        state = settings.folders.state
        ignored = writing.append(top / _IGNORE, f"{_name(top, state)}/") if state.is_relative_to(top) else ()
        project = open_project(top)
        question = _checked(project)
    there = (
        *files,
        *_files_of_apps(project),
        *written_once(top, settings),
        *([] if ignored else [top / _IGNORE]),
    )
    return Adopted(
        written=tuple(_name(top, file) for file in (*missing, *ignored)),
        left=tuple(_name(top, file) for file in dict.fromkeys(there) if file not in missing),
        documents=documents,
        question=question if documents else "",
        prompt=_name(top, settings.folders.prompts / "answer.prompt.md"),
        suite=_name(top, settings.folders.evals / "answers" / "suite.toml"),
        in_git=_repository_of(top) is not None,
    )


async def _server(wish: Wish) -> Server | None:
    """The model server that is theirs, once it has said which models it serves."""
    if wish.endpoint is None:
        _refuse_without("--endpoint", {"--model": wish.model, "--key-variable": wish.key_variable})
        return None
    model = await _served_model(wish.endpoint, wish.model, wish.key_variable, option="--model")
    return Server(url=wish.endpoint, model=model, key_variable=wish.key_variable)


async def _embeddings(wish: Wish) -> Embeddings | None:
    url, variable = wish.embedder_endpoint, wish.embedder_key_variable
    if url is None:
        said = {"--embedder-model": wish.embedder_model, "--embedder-key-variable": variable}
        _refuse_without("--embedder-endpoint", said)
        return None
    model = await _served_model(url, wish.embedder_model, variable, option="--embedder-model")
    length = await vector_length(url, model, api_key=secret(variable))
    return Embeddings(url=url, model=model, dimensions=length, key_variable=variable)


def _refuse_without(option: str, others: Mapping[str, str | None]) -> None:
    for other, value in others.items():
        if value is not None:
            raise SettingsError(f"{other} is given, and no {option}", remedy=f"give {option} URL too")


async def _served_model(url: str, wanted: str | None, variable: str | None, *, option: str) -> str:
    """The model to use of a server: the wanted one, or the only one."""
    try:
        names = await served_models(url, api_key=secret(variable))
    except ModelUnreachableError as error:
        raise ModelUnreachableError(
            f"{error.message}; nothing was written", remedy=f"start that server, or correct {url!r}"
        ) from error
    return served_model(url, names, wanted, option=option)


def _wanted_folder(top: Path, wanted: Path) -> Path:
    """The folder that --docs names. SettingsError when it is not there, or not in the repository."""
    folder = (Path.cwd() / wanted).resolve()
    if not folder.is_relative_to(top):
        raise SettingsError(
            f"{str(wanted)!r} is not in {top}",
            remedy="name a folder of this repository: what a release answers from is pinned with it",
        )
    if not folder.is_dir():
        raise SettingsError(f"{str(wanted)!r} is not a folder", remedy="name one with Markdown or text files")
    return folder


def _check_docs(top: Path, settings: Settings, wanted: Path) -> None:
    """Refuse a folder for an app that is there already and answers from another."""
    folder = _wanted_folder(top, wanted)
    files, brought = (settings.folders.serving / "corpora").glob("*.toml"), settings.folders.state / BROUGHT
    corpora = [load_corpus(file, top, brought) for file in sorted(files)]
    if not any(source.path == folder for corpus in corpora for source in corpus.sources):
        raise SettingsError(
            f"there is an app already, which does not answer from {str(wanted)!r}, and init changes no file",
            remedy=f"name the folder in {_name(top, settings.folders.serving)}/corpora/docs.toml",
        )


def _documents(top: Path, settings: Settings, wanted: Path | None) -> tuple[Source, dict[str, str]]:
    """The folder to answer from, and the text of each of its documents; the example's where there is none."""
    folder = _wanted_folder(top, wanted) if wanted is not None else top / _DEFAULT_DOCS
    ours = (settings.folders.prompts, settings.folders.evals, settings.folders.serving)
    inside = [one for one in ours if one.is_relative_to(folder)]
    source = Source(path=folder, exclude=tuple(f"{_name(folder, one)}/**" for one in inside))
    try:
        found = scan_corpus(Corpus(name="docs", sources=(source,))).documents
    except SnapshotError:
        if wanted is not None:
            raise
        return Source(path=example_folder(settings)), example_documents()
    texts = {one.source: _prose(one) for one in found}
    return source, {name: text for name, text in texts.items() if text}


def _prose(document: DocumentFile) -> str:
    """The document's text where it is written as it is read, and nothing where it is not."""
    if document.path.suffix.lower() not in PROSE:
        return ""
    try:
        return decoded(read_bytes(document))
    except ValueError:
        return ""


def _ci(top: Path, settings: Settings, wanted: Ci | Literal["none"] | None) -> dict[Path, bytes]:
    """The CI file, at the repository's top: below it no CI system would find one."""
    if wanted == "none":
        return {}
    repository = _repository_of(top)
    if repository not in (None, top):
        if wanted is not None:
            raise SettingsError(
                f"{top} is not the top of its repository, {repository}, where a CI file belongs",
                remedy="run it there, or give --ci none",
            )
        return {}
    return ci_files(top, settings, wanted or _ci_of(top))


def _repository_of(top: Path) -> Path | None:
    """The top of the Git repository that the folder is in; None when it is in none."""
    try:
        return open_repository(top).top.resolve()
    except SurefootError:
        return None


def _ci_of(top: Path) -> Ci:
    """The CI system that the repository uses already; GitHub's where nothing tells."""
    for ci, files in CI_FILES.items():
        if any((top / file).exists() for file in files.values()):
            return ci
    return "github"


def _files_of_apps(project: Project) -> Iterator[Path]:
    """The files that make the project's apps, and their suites."""
    folders = project.settings.folders
    for app in project.apps:
        prompt = load_prompt(folders.prompts, app.prompt)
        yield from (folders.prompts / file for file in prompt.files)
        for suite in prompt.suites:
            yield from (folders.evals / suite / file for file in ("suite.toml", "cases.jsonl"))
        yield folders.serving / "recipes" / f"{app.recipe}.toml"
        yield folders.serving / "corpora" / f"{app.corpus}.toml"
        yield folders.serving / "apps" / f"{app.name}.toml"


def _checked(project: Project) -> str:
    """The app's first question, once everything that is there now reads well together."""
    app = project.apps[0]
    prompt = load_prompt(project.settings.folders.prompts, app.prompt)
    project.recipe_of(app)
    project.corpus_of(app)
    for suite in prompt.suites:
        load_suite(project.settings.folders.evals / suite)
    return app.example


def _is_there(file: Path) -> bool:
    return file.exists() or file.is_symlink()


def _name(top: Path, path: Path) -> str:
    """A path as it is written in files, from `top`. SettingsError for one outside."""
    try:
        return path.relative_to(top).as_posix()
    except ValueError:
        raise SettingsError(
            f"{path} is outside {top}", remedy="set SUREFOOT_FOLDERS_* to folders of this repository"
        ) from None


class _Writing:
    """Files and folders that are taken back when the block ends with an error."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._files: list[Path] = []
        self._folders: list[Path] = []
        self._before: list[tuple[Path, bytes]] = []

    def __enter__(self) -> "_Writing":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        for file in self._files:
            file.unlink(missing_ok=True)
        for file, content in self._before:
            replace_file(file, content, mode=file.stat().st_mode & 0o777)
        for folder in reversed(self._folders):
            folder.rmdir()
        if isinstance(error, SurefootError):
            error.add_note("Nothing was written.")

    def create(self, file: Path, content: bytes) -> None:
        """Write a file that is not there, and the folders above it."""
        try:
            for folder in reversed([one for one in file.parents if not one.exists()]):
                folder.mkdir()
                self._folders.append(folder)
            create_file(file, content)
        except OSError as error:
            raise SettingsError(
                f"{_name(self._top, file)} cannot be written: {error.strerror or error}",
                remedy="make way for it, or set SUREFOOT_FOLDERS_PROMPTS, _EVALS or _SERVING to another one",
            ) from error
        self._files.append(file)

    def append(self, file: Path, line: str) -> Sequence[Path]:
        """See to it that a file of lines has this one; returns the file if it was changed."""
        if not _is_there(file):
            self.create(file, f"{line}\n".encode())
            return (file,)
        before = file.read_bytes()
        if line.rstrip("/").encode() in {one.strip().strip(b"/") for one in before.splitlines()}:
            return ()
        ended = before if not before or before.endswith(b"\n") else before + b"\n"
        replace_file(file, ended + f"{line}\n".encode(), mode=file.stat().st_mode & 0o777)
        self._before.append((file, before))
        return (file,)
