"""Check a project's prompts against the rest of it: models, suites, and what production serves."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from surefoot.errors import PromptError, SurefootError
from surefoot.models.catalogue import load_models
from surefoot.models.token_counting import estimated_tokens
from surefoot.prompts import load_prompt
from surefoot.prompts.formatting import named_file
from surefoot.prompts.linting import Finding, Linted, ReleasedContract, Surroundings, lint
from surefoot.releases.bundles import read_release
from surefoot.releases.channels import channel_file, read_channel
from surefoot.settings import read_settings
from surefoot.wiring.prompt_files import present_prompts, prompts_shown, shown


def lint_project(top: Path, names: Sequence[str]) -> Linted:
    """Check these prompts of a project, given by name or by file, or all."""
    folder = prompts_shown(top) if names else present_prompts(top)
    return lint(folder, surroundings_of(top), [_name_in(folder, wanted) for wanted in names])


def _name_in(folder: Path, wanted: str) -> str:
    there, name = named_file(folder, wanted)
    if there.resolve() != folder.resolve():
        raise PromptError(
            f"{wanted!r} is not in the project's folder of prompts, {str(folder)!r}",
            remedy="Check it in the project that it belongs to.",
        )
    return name


def surroundings_of(top: Path) -> Surroundings:
    """What the project's prompts are checked against, as far as it has it."""
    folders = read_settings(top).folders
    serving = folders.serving
    released: list[ReleasedContract] = []
    findings: list[Finding] = []
    for file in sorted((serving / "channels").glob("*/production.toml")):
        try:
            released += _released(serving, file.parent.name)
        except SurefootError as error:
            findings.append(_unreadable(serving, file.parent.name, error))
    return Surroundings(
        context_tokens=_context_tokens(serving / "models.toml"),
        suites=sorted(file.parent.name for file in folders.evals.glob("*/suite.toml")),
        released=released,
        estimate=estimated_tokens,
        findings=findings,
    )


def _context_tokens(catalogue: Path) -> dict[str, int | None] | None:
    if not catalogue.exists():
        return None
    models = load_models(catalogue).by_alias
    return {alias: spec.context_tokens if spec.kind == "chat" else None for alias, spec in models.items()}


def _released(serving: Path, app: str) -> Iterator[ReleasedContract]:
    pointer = read_channel(serving, app)
    if pointer is None:
        return
    release = read_release(serving / "releases", pointer.release)
    for name in (release.manifest.prompt_name, *(pinned.name for pinned in release.manifest.prompts)):
        contract = load_prompt(release.prompts, name).contract
        yield ReleasedContract(app=app, release=pointer.release, prompt=name, contract=contract)


def _unreadable(serving: Path, app: str, error: SurefootError) -> Finding:
    return Finding(
        file=str(shown(channel_file(serving, app))),
        line=1,
        column=1,
        rule="contract",
        level="warning",
        message=f"what production of {app} serves cannot be read, so nothing is compared with it: {error}",
        remedy=error.remedy,
    )
