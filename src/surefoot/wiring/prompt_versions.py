"""Versions of a project's prompts: what the working tree, a commit or production has, and all of them."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from surefoot.changes.git_history import commit_named
from surefoot.changes.history import History, Places, history_of
from surefoot.changes.prompt_diff import PromptDiff, diff_prompts
from surefoot.changes.samples import ABSTENTION, Sample, chosen, examples, sample_of
from surefoot.changes.versions import PromptVersion, version_at, version_in
from surefoot.errors import NotFoundError
from surefoot.evals.suites import Suite, load_suite
from surefoot.prompts.nearest import did_you_mean
from surefoot.records import Case
from surefoot.releases import AppFile
from surefoot.releases.git import Repository, open_repository
from surefoot.wiring.counting import counting_of
from surefoot.wiring.project import Project

PRODUCTION = "production"
_OFFERED = 5


def places_of(project: Project, repository: Repository) -> Places:
    """Where the project keeps its prompts and releases, as Git writes paths."""
    folders = project.settings.folders
    return Places(
        prompts=repository.name_of(folders.prompts),
        channels=repository.name_of(folders.serving / "channels"),
        releases=repository.name_of(folders.serving / "releases"),
    )


def prompt_history(project: Project, name: str) -> History:
    """Every version of a prompt, the newest first."""
    repository = open_repository(project.settings.folders.prompts)
    present = present_version(project, name)
    return history_of(repository, places_of(project, repository), name, present=present)


async def prompt_diff(project: Project, name: str, base: str | None, cases: Sequence[str]) -> PromptDiff:
    """The working tree's prompt compared with a commit's or production's; None: production's, or HEAD's."""
    before, words = _base(project, name, base)
    after = present_version(project, name)
    if before is None and after is None:
        raise NotFoundError(
            f"there is no prompt {name!r}, neither here nor in {words}", remedy="see `surefoot prompt list`"
        )
    samples = samples_for(project, name, suites_of(after, before), cases)
    async with counting_of(project) as counting:
        return await diff_prompts(before, after, samples, counting, base=words)


def present_version(project: Project, name: str) -> PromptVersion | None:
    """The prompt in the working tree; None when it has none of that name."""
    folder = project.settings.folders.prompts
    with suppress(NotFoundError):
        shown = _shown(project, folder)
        return version_in(folder, name, shown=shown, called=shown)
    return None


def version_of(project: Project, name: str, revision: str) -> PromptVersion | None:
    """The prompt at a commit; None when that has none of the name."""
    repository = open_repository(project.settings.folders.prompts)
    commit = commit_named(repository, revision)
    with suppress(NotFoundError):
        return version_at(repository, commit, places_of(project, repository).prompts, name)
    return None


def samples_for(
    project: Project, name: str, suites: Sequence[str], cases: Sequence[str]
) -> tuple[Sample, ...]:
    """The cases named as `suite/id`; without any a few of the suites; without suites two examples."""
    abstention = next((app.abstention for app in project.apps if app.prompt == name), ABSTENTION)
    picked = [case_named(project, each) for each in cases] or chosen(_cases(project, suites))
    made = tuple(
        sample_of(suite, case, number, abstention=abstention) for number, (suite, case) in enumerate(picked)
    )
    return made or examples()


def case_named(project: Project, wanted: str) -> tuple[str, Case]:
    """The case that `suite/id` names, with its suite. NotFoundError offers those that are there."""
    suite, slash, case = wanted.partition("/")
    if not slash:
        raise NotFoundError(
            f"{wanted!r} names no case", remedy="write it as suite/case, such as answers/a-case"
        )
    named = _suite(project, suite)
    there = {each.id: each for each in (*named.cases, *named.proposed)}
    if case not in there:
        raise NotFoundError(
            f"the suite {suite!r} has no case {case!r}",
            remedy=f"{did_you_mean(case, there)}{_some_of(suite, list(there))}",
        )
    return suite, there[case]


def _some_of(suite: str, cases: Sequence[str]) -> str:
    others = len(cases) - _OFFERED
    more = f" and {others} others, in evals/{suite}/" if others > 0 else ""
    return f"Use one that is there: {', '.join(cases[:_OFFERED])}{more}"


def base_name(prompt: str) -> str:
    """A prompt's name without its variant."""
    return prompt.partition(".")[0]


def _base(project: Project, name: str, base: str | None) -> tuple[PromptVersion | None, str]:
    """What to compare with, and what it is called."""
    apps = [app for app in project.apps if base_name(app.prompt) == base_name(name)]
    if base in (None, PRODUCTION):
        for app in apps:
            found = _in_production(project, app)
            if found is not None:
                return found
        if base == PRODUCTION:
            raise NotFoundError(
                f"production serves no release with the prompt {name!r}", remedy="give a commit: --base HEAD"
            )
    revision = base or "HEAD"
    return version_of(project, name, revision), f"the commit {revision}"


def _in_production(project: Project, app: AppFile) -> tuple[PromptVersion, str] | None:
    """The prompt that production's release holds, whether or not it may serve."""
    release = project.deployment.in_production(app.name)
    if release is None:
        return None
    words = f"production of {app.name} ({release.digest[:12]})"
    return version_in(release.prompts, release.manifest.prompt_name, shown=words), words


def suites_of(*versions: PromptVersion | None) -> tuple[str, ...]:
    """The suites that the first of these versions which loads names."""
    return next((each.prompt.suites for each in versions if each is not None and each.prompt is not None), ())


def _cases(project: Project, suites: Sequence[str]) -> list[tuple[str, Case]]:
    return [(name, case) for name in suites for case in _suite(project, name).cases]


def _suite(project: Project, name: str) -> Suite:
    return load_suite(project.top / "evals" / name)


def _shown(project: Project, folder: Path) -> str:
    return str(folder.relative_to(project.top)) if folder.is_relative_to(project.top) else str(folder)
