"""Which suites decide about an app: those that its prompts name and that are for this app."""

from surefoot.errors import NotFoundError
from surefoot.evals.suites import Suite, load_suite
from surefoot.releases import AppFile
from surefoot.wiring.project import Project
from surefoot.wiring.releasing import parts_of


def suites_guarding(project: Project, app: AppFile) -> tuple[Suite, ...]:
    """The suites by which the app's releases are proven, in the order its prompts name them; maybe none.

    Apps that share a prompt are each proven by their own suites. NotFoundError for a suite that is not there.
    """
    parts = parts_of(project, app)
    names = dict.fromkeys(
        name for prompt in (parts.prompt, *parts.prompts.values()) for name in prompt.suites
    )
    suites = (load_suite(project.settings.folders.evals / name) for name in names)
    return tuple(suite for suite in suites if suite.app == app.name)


def suites_chosen(project: Project, app: AppFile, name: str | None) -> tuple[Suite, ...]:
    """The suite of that name, or all that guard the app. NotFoundError when there is none."""
    if name is None:
        suites = suites_guarding(project, app)
        if not suites:
            raise NotFoundError(
                f"no suite of the app {app.name!r} guards its prompt {app.prompt!r}",
                remedy="name one in its front matter, as in `suites: [answers]`, or give --suite",
            )
        return suites
    suite = load_suite(project.settings.folders.evals / name)
    if suite.app != app.name:
        raise NotFoundError(
            f"the suite {suite.name!r} is for the app {suite.app!r}, not {app.name!r}",
            remedy=f"give --app {suite.app}, or another suite",
        )
    return (suite,)
