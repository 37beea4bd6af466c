"""Check prompt files: everything that is wrong with all of them, each with its place and what to do.

Nothing is rendered and no model is asked. A template is read as a whole, includes and all, so that a value is
followed through `{% set %}`, loops and filters to where its text ends up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from surefoot.prompts.files import PROMPT_SUFFIX, SPELLING, misnamed_files, prompt_names, read_prompt_file
from surefoot.prompts.linting.checks import checked
from surefoot.prompts.linting.findings import RULES, Finding, Level
from surefoot.prompts.linting.hidden import hidden_in
from surefoot.prompts.linting.reading import ReadPrompt, read_to_check
from surefoot.prompts.linting.secrets import Secret, secrets_in, without_secrets
from surefoot.prompts.linting.surroundings import ReleasedContract, Surroundings

__all__ = ["RULES", "Finding", "Level", "Linted", "ReleasedContract", "Surroundings", "lint"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """The prompts that were checked, and what was found, in the order of files and lines."""

    prompts: tuple[str, ...]
    findings: tuple[Finding, ...]

    def of(self, level: Level) -> tuple[Finding, ...]:
        """The findings of one level."""
        return tuple(finding for finding in self.findings if finding.level == level)


def lint(folder: Path, around: Surroundings, names: Sequence[str] = ()) -> Linted:
    """Check these prompts, or all of the folder. Raises PromptError for a name without a file."""
    for name in names:
        if not (folder / f"{name}{PROMPT_SUFFIX}").exists():
            read_prompt_file(folder, name)
    chosen = tuple(dict.fromkeys(names)) or tuple(prompt_names(folder))
    bases = (name.partition(".")[0] for name in chosen if "." in name)
    kept: dict[str, ReadPrompt | None] = dict.fromkeys(bases)
    findings: set[Finding] = set(around.findings)
    for name in chosen:
        findings.update(_one(folder, name, around, kept))
    if not names:
        findings.update(_misnamed(folder))
    return Linted(prompts=chosen, findings=tuple(sorted(findings)))


def _one(
    folder: Path, name: str, around: Surroundings, kept: dict[str, ReadPrompt | None]
) -> Iterator[Finding]:
    base, _, variant = name.partition(".")
    read = _read(folder, name, kept)
    beside = variant and (folder / f"{base}{PROMPT_SUFFIX}").exists()
    found = [*checked(read, around, _read(folder, base, kept) if beside else None)]
    secrets = [*_secrets(read)]
    hidden = [secret.text for _, secret in secrets]
    yield from (_without(finding, hidden) if hidden else finding for finding in found)
    for file, secret in secrets:
        yield Finding(
            file=file,
            line=secret.line,
            column=secret.column,
            rule="secret",
            level="error",
            message=f"this looks like {secret.what}; it is not shown here",
            remedy="Take it out, and revoke it where it was issued: Git and every copy of it remember.",
        )
    yield from _hidden(read)


def _read(folder: Path, name: str, kept: dict[str, ReadPrompt | None]) -> ReadPrompt:
    """A prompt that variants stand beside is read once and kept; `kept` has those names from the start."""
    read = kept.get(name) or read_to_check(folder, name)
    if name in kept:
        kept[name] = read
    return read


def _secrets(read: ReadPrompt) -> Iterator[tuple[str, Secret]]:
    locks = () if read.declared is None else [lock.prefix for lock in read.declared.locks.values()]
    for file, text in read.texts.items():
        for secret in _scanned(text):
            if secret.text not in locks:
                yield file, secret


def _hidden(read: ReadPrompt) -> Iterator[Finding]:
    for file, text in read.texts.items():
        for hidden in hidden_in(text):
            yield Finding(
                file=file,
                line=hidden.line,
                column=hidden.column,
                rule="hidden",
                level="error",
                message=hidden.message,
                remedy="Remove it: the model reads it, and whoever reviews the change does not.",
            )


@lru_cache(maxsize=64)  # an include is a part of many prompts
def _scanned(text: str) -> tuple[Secret, ...]:
    return tuple(secrets_in(text))


def _without(finding: Finding, secrets: list[str]) -> Finding:
    return replace(
        finding,
        message=without_secrets(finding.message, secrets),
        remedy=without_secrets(finding.remedy, secrets),
    )


def _misnamed(folder: Path) -> Iterator[Finding]:
    for path in misnamed_files(folder):
        yield Finding(
            file=str(path),
            line=1,
            column=1,
            rule="file",
            level="error",
            message=f"{path.name!r} is not the name of a prompt file, so nothing reads it",
            remedy=SPELLING,
        )
