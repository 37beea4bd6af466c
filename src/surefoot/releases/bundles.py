"""Releases on disk: folders named by the digest of their manifest, written whole or not at all.

    <folder>/<digest>/manifest.json           what the release pins
    <folder>/<digest>/prompts/, recipe.toml   the very bytes of its prompts, their includes, its recipe
    <folder>/<digest>/code/                   the very bytes of an app's own code, where it has some
    <folder>/<digest>/receipts/, runs/        its proofs, and the recorded responses they rest on

Candidates are kept in the state directory, what was promoted is under `serving/releases/`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from surefoot.errors import NotFoundError, RefusedError, ResourceError, SurefootError
from surefoot.files import flush
from surefoot.prompts import Prompt, load_prompt
from surefoot.records import Manifest
from surefoot.releases.app_code import AppCode, code_pinned, is_code_file, read_code
from surefoot.releases.apps import BUILT_IN_IDENTITY
from surefoot.releases.manifests import MANIFEST, read_manifest
from surefoot.releases.reading import damaged, is_digest
from surefoot.retrieval.folders import owned_folder, publish, remove_abandoned
from surefoot.retrieval.recipe_files import load_recipe
from surefoot.retrieval.recipes import Recipe

PROMPTS = "prompts"
RECIPE = "recipe.toml"
CODE = "code"
SHORTEST_PREFIX = 6

_WRITING = ".writing-"
_PREFIX = re.compile(rf"[0-9a-f]{{{SHORTEST_PREFIX},64}}")
_OFFERED = 12  # hex digits: enough to tell releases apart, and to type
_FILE_NAMES = re.compile(
    r"recipe\.toml|prompts/(_[a-z0-9][a-z0-9_-]*|[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)?\.prompt)\.md"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseBundle:
    """A release as it stands on disk: what it pins, its folder, its prompts' folder and its recipe's file."""

    manifest: Manifest
    folder: Path
    prompts: Path
    recipe_file: Path

    @property
    def digest(self) -> str:
        """The release, 64 hex digits."""
        return self.folder.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseParts:
    """What a release's folder holds, loaded and found to be what it pins.

    `prompts` are further prompts by their use; `code` is None for an app of the built-in pipeline.
    """

    prompt: Prompt
    recipe: Recipe
    prompts: Mapping[str, Prompt] = field(default_factory=dict)
    code: AppCode | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """The names of all files in the release's folder that its manifest pins, the recipe's first."""
        prompts = sorted({name for one in (self.prompt, *self.prompts.values()) for name in one.files})
        code = () if self.code is None else self.code.files
        return (RECIPE, *(f"{PROMPTS}/{name}" for name in prompts), *(f"{CODE}/{name}" for name in code))


def write_release(folder: Path, manifest: Manifest, files: Mapping[str, bytes]) -> Path:
    """Make the folder of a release below `folder`: whole, or not at all. Returns its path.

    `files` are the bytes by name: `recipe.toml`, `prompts/<name>.prompt.md`, `prompts/_<include>.md`. A
    release that is there already and holds the parts its manifest pins is left as it is, also where its files
    differ in what no digest covers, such as a comment. Raises RefusedError for parts that are not the
    manifest's, and ResourceError when the disk refuses.
    """
    digest = manifest.digest
    _refuse_other_names(files)
    try:
        remove_abandoned(folder, _WRITING)
        if (folder / digest).exists():
            return _left_as_it_is(folder, digest)
        with owned_folder(folder, f"{_WRITING}{digest[:16]}-") as written:
            _fill(written, {**files, MANIFEST: manifest.canonical()})
            _parts(manifest, written)
            if publish(written, folder / digest):
                return folder / digest
        return _left_as_it_is(folder, digest)
    except OSError as error:
        raise cannot_write(folder / digest, error) from error


def read_release(folder: Path, digest: str) -> ReleaseBundle:
    """The release `digest` below `folder`; its manifest is checked, its parts when they are loaded.

    Raises NotFoundError when it is not there, RefusedError when its bytes do not hash to its name,
    SettingsError for a schema that this surefoot does not know.
    """
    if not is_digest(digest):
        raise NotFoundError(f"{digest!r} is no release", remedy="name one by its SHA-256: 64 hex digits")
    path = folder / digest
    try:
        manifest = read_manifest(path / MANIFEST, digest)
    except FileNotFoundError:
        if path.is_dir():
            raise damaged(path / MANIFEST, "it is missing") from None
        raise NotFoundError(
            f"there is no release {digest} in {folder}", remedy=f"use one that is there: {_listed(folder)}"
        ) from None
    return ReleaseBundle(manifest=manifest, folder=path, prompts=path / PROMPTS, recipe_file=path / RECIPE)


def load_parts(bundle: ReleaseBundle) -> ReleaseParts:
    """The prompts, the recipe and the code of a release. RefusedError when one is not what is pinned."""
    pipeline = bundle.manifest.pipeline
    if pipeline != BUILT_IN_IDENTITY and code_pinned(pipeline) is None:
        raise RefusedError(
            f"the release {bundle.digest} pins the pipeline {pipeline!r}, which this surefoot does not have",
            remedy=f"install the surefoot that has it; this one has {BUILT_IN_IDENTITY} and apps' own code",
        )
    return _parts(bundle.manifest, bundle.folder)


def list_releases(folder: Path) -> tuple[str, ...]:
    """The digests of the releases below `folder`, sorted; empty when there are none."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(path.name for path in folder.iterdir() if is_digest(path.name) and path.is_dir()))


def find_release(folders: Sequence[Path], prefix: str) -> ReleaseBundle:
    """The one release whose digest begins like this, from the first of the folders that has it.

    Raises NotFoundError, which offers what is there, for fewer than 6 hex digits, for none and for several.
    """
    there = {digest: folder for folder in reversed(folders) for digest in list_releases(folder)}
    offered = ", ".join(digest[:_OFFERED] for digest in sorted(there)) or "none yet"
    if not _PREFIX.fullmatch(prefix):
        raise NotFoundError(
            f"{prefix!r} does not name a release",
            remedy=f"give at least the first {SHORTEST_PREFIX} hex digits of one that is there: {offered}",
        )
    found = [digest for digest in sorted(there) if digest.startswith(prefix)]
    if not found:
        raise NotFoundError(
            f"there is no release {prefix!r} in this clone",
            remedy=f"use one that is there: {offered}; or make it: check out the commit it is of, then run "
            "`surefoot index build` and `surefoot release create`",
        )
    if len(found) > 1:
        raise NotFoundError(
            f"{prefix!r} is the beginning of {len(found)} releases",
            remedy=f"give more digits of one of: {', '.join(found)}",
        )
    return read_release(there[found[0]], found[0])


def cannot_write(path: Path, error: OSError) -> ResourceError:
    """The error for a disk that is full, or a folder that refuses."""
    return ResourceError(
        f"{path} cannot be written: {error.strerror or error}; what was there is untouched",
        remedy="free disk space, or let this user write there; then run it again",
    )


def _refuse_other_names(files: Mapping[str, bytes]) -> None:
    for name in files:
        below_code = name.removeprefix(f"{CODE}/")
        if not _FILE_NAMES.fullmatch(name) and not (below_code != name and is_code_file(below_code)):
            raise RefusedError(
                f"a release has no file {name!r}",
                remedy=f"it holds {RECIPE}, the prompts' files below {PROMPTS}/, an app's own Python files "
                f"below {CODE}/, and nothing else",
            )


def _left_as_it_is(folder: Path, digest: str) -> Path:
    load_parts(read_release(folder, digest))
    return folder / digest


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with (folder / name).open("xb") as stream:
            stream.write(content)
        flush(folder / name)
    for written in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        flush(written)
    flush(folder)


def _parts(manifest: Manifest, folder: Path) -> ReleaseParts:
    pinned_code = code_pinned(manifest.pipeline)
    try:
        parts = ReleaseParts(
            prompt=load_prompt(folder / PROMPTS, manifest.prompt_name),
            recipe=load_recipe(folder / RECIPE),
            prompts={one.use: load_prompt(folder / PROMPTS, one.name) for one in manifest.prompts},
            code=None if pinned_code is None else read_code(folder / CODE, pinned_code[0]),
        )
    except SurefootError as error:
        error.add_note(f"It is a file of the release {manifest.digest}.")
        raise
    compared = [
        ("prompt", parts.prompt.digest, manifest.prompt),
        ("recipe", parts.recipe.digest, manifest.recipe),
        *((f"prompt {one.name!r}", parts.prompts[one.use].digest, one.digest) for one in manifest.prompts),
    ]
    if pinned_code is not None and parts.code is not None:
        compared.append(("code", parts.code.digest, pinned_code[1]))
    for what, found, pinned in compared:
        if found != pinned:
            raise damaged(folder, f"the release pins the {what} {pinned}, and the {what} there is {found}")
    return parts


def _listed(folder: Path) -> str:
    return ", ".join(list_releases(folder)) or "none yet"
