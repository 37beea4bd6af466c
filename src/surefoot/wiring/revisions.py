"""Which commit the files that decide an outcome stand at."""

import subprocess
from dataclasses import dataclass

from surefoot.wiring.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A Git commit, None outside a repository, and whether files that decide an outcome differ from it."""

    commit: str | None
    uncommitted: bool


def revision_of(project: Project) -> Revision:
    head = subprocess.run(("git", "rev-parse", "HEAD"), cwd=project.top, capture_output=True, text=True)
    if head.returncode:
        return Revision(commit=None, uncommitted=True)
    changed = subprocess.run(
        (
            "git",
            "status",
            "--porcelain",
            "--",
            "prompts",
            "evals",
            "serving",
            ":!serving/releases",
            ":!serving/channels",
        ),
        cwd=project.top,
        capture_output=True,
        text=True,
    )
    return Revision(commit=head.stdout.strip(), uncommitted=bool(changed.stdout.strip()))
