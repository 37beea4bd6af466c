"""What a prompt is tried against: production, a release, a commit, another prompt, a file, or nothing."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from surefoot.changes.git_history import commit_named
from surefoot.changes.versions import PromptVersion, prompt_name, version_at, version_in
from surefoot.errors import NotFoundError, PromptError, RefusedError
from surefoot.prompts import load, load_prompt
from surefoot.prompts.files import PROMPT_SUFFIX
from surefoot.records import Manifest
from surefoot.releases import AppFile, ReleaseBundle, ReleaseParts, load_parts
from surefoot.releases.bundles import SHORTEST_PREFIX, list_releases
from surefoot.releases.git import open_repository
from surefoot.wiring.project import Project
from surefoot.wiring.prompt_files import prompts_shown
from surefoot.wiring.prompt_versions import PRODUCTION, base_name, places_of

NOTHING = "none"
_DIGEST = re.compile(rf"[0-9a-f]{{{SHORTEST_PREFIX},64}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The app that a prompt is tried in, with the prompt in its place.

    `use` is what the app names it for where it is a further prompt of an app of its own code.
    """

    app: AppFile
    use: str | None
    notes: tuple[str, ...] = ()

    def name_in(self, manifest: Manifest) -> str:
        """What the prompt in this place is called in a release."""
        further = {pinned.use: pinned.name for pinned in manifest.prompts}
        return manifest.prompt_name if self.use is None else further.get(self.use, manifest.prompt_name)

    def with_prompt(self, parts: ReleaseParts, version: PromptVersion) -> ReleaseParts:
        """The parts with another version of the prompt in its place."""
        if version.prompt is None:
            return parts
        if self.use is None:
            return replace(parts, prompt=version.prompt)
        return replace(parts, prompts={**parts.prompts, self.use: version.prompt})


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A release, its parts loaded."""

    manifest: Manifest
    parts: ReleaseParts


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """A version of the prompt to compare with. `release` is None where only the prompt is another.

    `base` is what `surefoot prompt diff` calls it, None where it knows no such thing.
    """

    name: str
    version: PromptVersion
    release: Released | None = None
    base: str | None = None


def place_of(project: Project, name: str, app_name: str | None) -> Place:
    """Where to try the prompt: the app that names it, else the first app, or the one asked for."""
    apps = project.apps if app_name is None else (project.app_named(app_name),)
    for app in apps:
        if base_name(app.prompt) == base_name(name):
            return Place(app=replace(app, prompt=name), use=None)
    for app in apps:
        for use, named in app.prompts.items():
            if base_name(named) == base_name(name):
                return Place(app=replace(app, prompts={**app.prompts, use: name}), use=use)
    note = f"the app {apps[0].name} does not name the prompt {name}: it takes the place of {apps[0].prompt}"
    return Place(app=replace(apps[0], prompt=name), use=None, notes=(note,))


def version_here(project: Project, name: str) -> PromptVersion:
    """The working tree's prompt. PromptError with file, line and column where it does not load."""
    folder = prompts_shown(project.top)
    load_prompt(folder, name)  # a version keeps its fault as words, without their places
    return version_in(folder, name, shown=str(folder), called=str(folder))


def rival_of(project: Project, place: Place, against: str | None) -> Rival | None:
    """What `against` names; None for nothing, which is also the default while production is empty.

    Raises NotFoundError or RefusedError that says what there is, PromptError for a prompt that does not load.
    """
    if against == NOTHING:
        return None
    if against is None or against == PRODUCTION:
        bundle = project.deployment.in_production(place.app.name)
        if bundle is not None:
            return _released(place, bundle, f"production of {place.app.name}", base=PRODUCTION)
        if against is None:
            return None
        raise _unreleased(place)
    if against.endswith(PROMPT_SUFFIX):
        return _in_file(Path(against))
    if (project.settings.folders.prompts / f"{against}{PROMPT_SUFFIX}").is_file():
        return _loaded(Rival(name=f"the prompt {against}", version=version_here(project, against)))
    if _DIGEST.fullmatch(against) and _is_release(project, against):
        bundle = project.deployment.find(against)
        return _released(place, bundle, f"the release {bundle.digest[:12]}", base=None)
    return _at(project, place, against)


def _unreleased(place: Place) -> RefusedError:
    return RefusedError(
        f"no release of {place.app.name!r} is in production yet, so there is nothing to compare with",
        remedy="compare with a commit, --against HEAD; or with nothing, --against none; "
        "`surefoot gate run --against founding` proves the first release",
    )


def _released(place: Place, bundle: ReleaseBundle, words: str, *, base: str | None) -> Rival:
    parts = load_parts(bundle)
    version = version_in(bundle.prompts, place.name_in(bundle.manifest), shown=words)
    released = Released(manifest=bundle.manifest, parts=parts)
    return _loaded(Rival(name=words, version=version, release=released, base=base))


def _in_file(file: Path) -> Rival:
    name = prompt_name(file.name)
    load(file)
    folder = str(file.parent)
    version = version_in(file.parent, name or file.name, shown=folder, called=folder)
    return Rival(name=str(file), version=version)


def _at(project: Project, place: Place, revision: str) -> Rival:
    name = place.app.prompt if place.use is None else place.app.prompts[place.use]
    try:
        repository = open_repository(project.settings.folders.prompts)
        commit = commit_named(repository, revision)
    except NotFoundError as error:
        raise NotFoundError(
            f"{revision!r} is no commit, release, prompt or file of this project",
            remedy=f"compare with production, none, HEAD, a prompt file, or a release of at least "
            f"{SHORTEST_PREFIX} digits; for a commit of another clone, {error.remedy}",
        ) from error
    version = version_at(repository, commit, places_of(project, repository).prompts, name)
    return _loaded(Rival(name=f"the commit {revision}", version=version, base=revision))


def _loaded(rival: Rival) -> Rival:
    if rival.version.fault is not None:
        raise PromptError(
            f"the prompt {rival.version.name!r} of {rival.name} does not load: {rival.version.fault}",
            remedy=f"compare with a version that does: `surefoot prompt history {rival.version.name}`",
        )
    return rival


def _is_release(project: Project, prefix: str) -> bool:
    return any(
        release.startswith(prefix)
        for folder in project.deployment.folders
        for release in list_releases(folder)
    )
