"""Which commit the files that decide an outcome stand at, and what it holds."""

from dataclasses import dataclass

from surefoot.errors import SurefootError
from surefoot.releases.git import open_repository
from surefoot.wiring.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A Git commit and the digest of what it holds, None outside a repository.

    The digest leaves out what promotions and approvals write. `uncommitted` says whether files that decide an
    outcome differ from the commit.
    """

    commit: str | None
    content: str | None
    uncommitted: bool


def revision_of(project: Project) -> Revision:
    """Where the project stands. A gate needs no repository; a promotion does, and says so."""
    folders = project.settings.folders
    deciding = (
        folders.prompts,
        folders.evals,
        *(folders.serving / name for name in ("apps", "corpora", "recipes", "models.toml")),
    )
    try:
        repository = open_repository(folders.serving)
        head = repository.head().commit
        return Revision(
            commit=head,
            content=repository.content(project.deployment.promotion_folders),
            uncommitted=bool(repository.uncommitted(deciding)),
        )
    except SurefootError:
        return Revision(commit=None, content=None, uncommitted=True)
