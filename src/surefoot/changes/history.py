"""Every version of a prompt that Git remembers, and where each was released."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from surefoot.changes.git_history import (
    Commit,
    blobs_at,
    commit_named,
    files_at,
    is_shallow,
    log,
    names_of,
    read_blobs,
)
from surefoot.changes.versions import PromptVersion, made_of, prompt_name, version_of_files
from surefoot.errors import NotFoundError
from surefoot.prompts.files import PROMPT_SUFFIX
from surefoot.releases.git import Repository

MOST_ROUNDS = 5  # of looking for the includes of includes of earlier versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a project keeps things, as paths from the repository's top."""

    prompts: str
    channels: str
    releases: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A channel that began to name a release of this version, and by which proof.

    `proof` is what the receipt said, as in "PASS by answers", empty where it cannot be read. Where somebody
    broke the glass, `receipt` is empty and `proof` says who and why.
    """

    app: str
    channel: str
    release: str
    receipt: str
    break_glass: str
    proof: str
    commit: Commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a prompt. `commit` is the one that brought it; None stands for the working tree.

    `digest` is None where the prompt did not load (`fault` says why) or was deleted. `folded` are later
    commits that changed its files and not what it means.
    """

    commit: Commit | None
    name: str
    digest: str | None
    contract: str | None
    fault: str | None
    folded: tuple[Commit, ...] = ()
    released: tuple[Released, ...] = ()

    @property
    def deleted(self) -> bool:
        """Whether the commit took the prompt away."""
        return self.digest is None and self.fault is None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The versions of a prompt, the newest first.

    In a `shallow` clone there may be older ones, and its oldest commit seems to have made all it holds.
    """

    prompt: str
    versions: tuple[Version, ...]
    shallow: bool


def history_of(
    repository: Repository, places: Places, name: str, *, present: PromptVersion | None
) -> History:
    """Every version of a prompt. NotFoundError when Git has none.

    `present` is the prompt in the working tree, which comes first where it means something else.
    """
    commit_named(repository, "HEAD")
    reader = _Reader(repository, places.prompts)
    names = _names(repository, places.prompts, name)
    found = tuple(_folded(_every(reader, repository, names)))
    if not found and present is None:
        raise NotFoundError(
            f"there is no prompt {name!r}", remedy="see which there are: surefoot prompt list"
        )
    released = _by_digest(repository, places, reader)
    known = [replace(version, released=tuple(released.get(version.digest or "", ()))) for version in found]
    if present is not None and (not found or _meaning(_version(None, name, present)) != _meaning(found[-1])):
        known.append(_version(None, name, present))
    return History(prompt=name, versions=tuple(reversed(known)), shallow=is_shallow(repository))


class _Reader:
    """Loads a prompt at commits; equal files are loaded once."""

    def __init__(self, repository: Repository, folder: str) -> None:
        self._repository = repository
        self.folder = folder
        self._known: dict[tuple[str, frozenset[tuple[str, str]]], PromptVersion] = {}

    def at(self, commit: str, names: tuple[str, ...]) -> PromptVersion | None:
        """The prompt under the first of its names that the commit has; None when it has none."""
        there = blobs_at(self._repository, commit, self.folder)
        name = next((name for name in names if f"{name}{PROMPT_SUFFIX}" in there), None)
        return None if name is None else self.made_of(made_of(there, name), name)

    def made_of(self, blobs: Mapping[str, str], name: str) -> PromptVersion:
        """The prompt that these blobs make."""
        key = (name, frozenset(blobs.items()))
        if key not in self._known:
            contents = read_blobs(self._repository, blobs.values())
            files = {file: contents[blob] for file, blob in blobs.items()}
            self._known[key] = version_of_files(files, name, shown="the prompts of then")
        return self._known[key]


def _names(repository: Repository, folder: str, name: str) -> tuple[str, ...]:
    """The names that the prompt has had in its folder, the present one first."""
    paths = names_of(repository, _path(folder, f"{name}{PROMPT_SUFFIX}"))
    return tuple(filter(None, (prompt_name(PurePosixPath(path).name) for path in paths)))


def _every(reader: _Reader, repository: Repository, names: tuple[str, ...]) -> Iterator[Version]:
    """The prompt after each commit that touched one of its files, the oldest first."""
    files = {f"{name}{PROMPT_SUFFIX}" for name in names}
    versions: list[Version] = []
    for _ in range(MOST_ROUNDS):
        commits = log(repository, sorted(_path(reader.folder, file) for file in files))
        loaded = [(commit, reader.at(commit.digest, names)) for commit in reversed(commits)]
        versions = [_version(commit, names[0], version) for commit, version in loaded]
        more = {file for _, version in loaded if version is not None for file in version.texts} - files
        if not more:
            break
        files |= more
    # An include may be older than the prompt: what came before the prompt's first version is none of it.
    first = next((place for place, version in enumerate(versions) if not version.deleted), len(versions))
    yield from versions[first:]


def _version(commit: Commit | None, name: str, found: PromptVersion | None) -> Version:
    prompt = None if found is None else found.prompt
    return Version(
        commit=commit,
        name=name if found is None else found.name,
        digest=None if prompt is None else prompt.digest,
        contract=None if prompt is None else prompt.contract_digest,
        fault=None if found is None else found.fault,
    )


def _meaning(version: Version) -> tuple[str | None, str | None]:
    return version.digest, version.fault


def _folded(versions: Iterator[Version]) -> Iterator[Version]:
    """Each version once in a row, with the commits that left it what it was."""
    last: Version | None = None
    for version in versions:
        if last is not None and _meaning(last) == _meaning(version) and version.commit is not None:
            last = replace(last, folded=(*last.folded, version.commit))
            continue
        if last is not None:
            yield last
        last = version
    if last is not None:
        yield last


def _by_digest(repository: Repository, places: Places, reader: _Reader) -> dict[str, list[Released]]:
    """Every move of a channel, by the digests that the released prompts have today, the oldest first."""
    found: dict[str, list[Released]] = {}
    for moved in _moves(repository, places):
        files = files_at(repository, moved.commit.digest, [_path(places.releases, moved.release)])
        inside = {
            str(PurePosixPath(path).relative_to(_path(places.releases, moved.release))): content
            for path, content in files.items()
        }
        proof = _proof(inside.get(f"receipts/{moved.receipt}.json", b""))
        proof = proof or _broken_glass(inside.get(f"break-glass/{moved.break_glass}.json", b""))
        for digest in _released_prompts(inside):
            found.setdefault(digest, []).append(replace(moved, proof=proof))
    return found


def _moves(repository: Repository, places: Places) -> Iterator[Released]:
    """Each time that a channel began to name another release or receipt, the oldest first."""
    names: dict[str, tuple[str, str, str]] = {}
    for commit in reversed(log(repository, [places.channels])):
        for path, content in files_at(repository, commit.digest, [places.channels]).items():
            inside = PurePosixPath(path).relative_to(places.channels)
            pointer = _pointer(content)
            if pointer is None or len(inside.parts) != 2 or names.get(path) == pointer:
                continue
            names[path] = pointer
            yield Released(
                app=inside.parts[0],
                channel=inside.stem,
                release=pointer[0],
                receipt=pointer[1],
                break_glass=pointer[2],
                proof="",
                commit=commit,
            )


def _pointer(content: bytes) -> tuple[str, str, str] | None:
    """What a channel's file of any age names: the release, and the receipt or the break-glass record."""
    with suppress(ValueError):
        values = tomllib.loads(content.decode())
        if isinstance(values.get("release"), str):
            return values["release"], *(str(values.get(name, "")) for name in ("receipt", "break_glass"))
    return None


def _released_prompts(files: Mapping[str, bytes]) -> set[str]:
    """The digests of the prompts that a release holds, as they load today: an app of own code has several."""
    prompts = {
        file.removeprefix("prompts/"): content
        for file, content in files.items()
        if file.startswith("prompts/")
    }
    with suppress(ValueError, KeyError, TypeError, AttributeError, NotFoundError):
        manifest = json.loads(files["manifest.json"])
        names = {pinned["name"] for pinned in (manifest["prompt"], *manifest.get("prompts", {}).values())}
        loaded = [version_of_files(prompts, name, shown="the release").prompt for name in sorted(names)]
        return {prompt.digest for prompt in loaded if prompt is not None}
    return set()


def _proof(content: bytes) -> str:
    """What a receipt of any age says, in a few words."""
    with suppress(ValueError, KeyError, TypeError):
        receipt = json.loads(content)
        kind = ", founding" if receipt["verdict"]["kind"] == "founding" else ""
        return f"{receipt['verdict']['outcome']} by {receipt['suite']}{kind}"
    return ""


def _broken_glass(content: bytes) -> str:
    """Who let it in without proof, in a few words."""
    with suppress(ValueError, KeyError, TypeError):
        record = json.loads(content)
        return f"unproven: break-glass by {record['by']}: {record['reason']}"
    return ""


def _path(folder: str, name: str) -> str:
    return (PurePosixPath(folder) / name).as_posix()
