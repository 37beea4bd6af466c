"""What this branch changes against where it left its base: read from Git and the working tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from surefoot.changes.comparing import BranchChange, compare_sides
from surefoot.changes.git_history import changed_files, files_at, merge_base, usual_base
from surefoot.changes.sides import Layout, Side, side_of
from surefoot.releases.git import Repository, open_repository
from surefoot.settings import Settings, read_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """The change, and both sides of it."""

    change: BranchChange
    before: Side
    after: Side


def read_branch(top: Path, base: str | None) -> Branch:
    """What the working tree at `top` changes against its merge base with `base`; None: the usual branch.

    No file of the project need be right: what cannot be read is left out, or told as a fault.
    """
    settings = read_settings(top)
    repository = open_repository(settings.folders.prompts if settings.folders.prompts.is_dir() else top)
    layout = layout_of(top, settings, repository)
    name = base or usual_base(repository)
    commit = merge_base(repository, name, "HEAD")
    before = side_of(files_at(repository, commit, layout.described), layout)
    after = side_of(dict(_present(repository, layout)), layout)
    files = changed_files(repository, commit, None)
    change = compare_sides(before, after, files, layout, base=name, commit=commit)
    return Branch(change=change, before=before, after=after)


def layout_of(top: Path, settings: Settings, repository: Repository) -> Layout:
    """Where the project keeps its things, as Git writes paths."""
    folders = settings.folders
    return Layout(
        top=repository.name_of(top),
        prompts=repository.name_of(folders.prompts),
        evals=repository.name_of(folders.evals),
        serving=repository.name_of(folders.serving),
    )


def _present(repository: Repository, layout: Layout) -> Iterator[tuple[str, bytes]]:
    """The working tree's files that describe the project, by their paths from the repository's top."""
    for path in layout.described:
        place = repository.top / path
        files = sorted(place.rglob("*")) if place.is_dir() else [place]
        for file in files:
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(repository.top).as_posix(), file.read_bytes()
