"""What is wrong with a CI file: a command that is not there, a right too many, a stranger's code."""

import re
from collections.abc import Iterator, Mapping, Sequence

import yaml
from tests.house.reference import Command

PINNED = re.compile(r"[\w.-]+/[\w./-]+@(v\d+|[0-9a-f]{40})")
_WORKFLOW_KEYS = {"name", "on", "permissions", "concurrency", "jobs"}
_JOB_KEYS = {"if", "runs-on", "timeout-minutes", "environment", "permissions", "steps"}
_STEP_KEYS = {"id", "name", "uses", "with", "run", "env", "if"}
_EVENTS = {"push", "pull_request", "workflow_run"}
_MAIN = "${{ github.event.repository.default_branch }}"
_SCOPES = {"actions", "contents", "pull-requests"}


def command_faults(words: Sequence[str], there: Sequence[Command]) -> Iterator[str]:
    """What a command line asks of `surefoot` that it has not."""
    line = " ".join(words)
    named = [one for one in there if list(words[: len(one.name.split())]) == one.name.split()]
    if not named:
        yield f"surefoot {line}: there is no such command"
        return
    command = max(named, key=lambda one: len(one.name))
    options = [word.partition("=")[0] for word in words if word.startswith("--")]
    yield from (
        f"surefoot {line}: there is no {option}"
        for option in options
        if option not in command.parameters and f"--{option.removeprefix('--no-')}" not in command.parameters
    )


def load(workflow: str) -> dict[str, object]:
    """A workflow's values; YAML takes its key `on` for a truth value."""
    values = yaml.safe_load(workflow)
    values["on"] = values.pop(True)
    assert isinstance(values, dict)
    return values


def workflow_faults(workflow: str) -> Iterator[str]:
    """Everything that breaks the rules of this house for GitHub workflows."""
    values = load(workflow)
    yield from (f"{key} is no key of a workflow here" for key in values.keys() - _WORKFLOW_KEYS)
    events = events_of(values)
    yield from (f"no workflow here starts by {event}" for event in events - _EVENTS)
    if "permissions" not in values:
        yield "it does not say what the token may do"
    elif any(right != "read" for right in _rights(values).values()):
        yield "it grants more than reading to all of its jobs"
    for name, job in _jobs(values).items():
        yield from (f"{name}: {fault}" for fault in _job_faults(job))
    if events & {"pull_request"}:
        yield from _stranger_faults(workflow, values)
    if events & {"workflow_run"}:
        yield from _poster_faults(values)


def events_of(values: Mapping[str, object]) -> set[str]:
    """What starts it."""
    started = values["on"]
    return {started} if isinstance(started, str) else set(started)  # type: ignore[call-overload]


def _job_faults(job: Mapping[str, object]) -> Iterator[str]:
    yield from (f"{key} is no key of a job here" for key in job.keys() - _JOB_KEYS)
    yield from (f"{key} is missing" for key in ("runs-on", "timeout-minutes", "steps") if key not in job)
    yield from (f"{scope} is no scope of a token here" for scope in _rights(job).keys() - _SCOPES)
    for step in _steps(job):
        yield from (f"{key} is no key of a step here" for key in step.keys() - _STEP_KEYS)
        if ("run" in step) == ("uses" in step):
            yield f"a step either runs or uses something: {step}"
        if "uses" in step and not PINNED.fullmatch(str(step["uses"])):
            yield f"{step['uses']} is pinned neither by a major version nor by a commit"
        if "${{" in str(step.get("run", "")):
            yield f"a shell line is put together from what others may have written: {step['run']}"


def _stranger_faults(workflow: str, values: Mapping[str, object]) -> Iterator[str]:
    """What runs a pull request's code can be read by its author, and does what its author says."""
    if "secrets." in workflow or "github.token" in workflow:
        yield "it hands a secret to what a pull request brings"
    for name, job in _jobs(values).items():
        if "write" in _rights(job).values():
            yield f"{name} may write, and runs what a pull request brings"
        if "environment" in job:
            yield f"{name} opens an environment to what a pull request brings"


def _poster_faults(values: Mapping[str, object]) -> Iterator[str]:
    """What may write after a pull request's run neither runs its code nor trusts its files."""
    for name, job in _jobs(values).items():
        for step in _steps(job):
            given = step.get("with", {})
            assert isinstance(given, Mapping)
            used = str(step.get("uses", ""))
            if "checkout" in used and given.get("ref") != _MAIN:
                yield f"{name} checks out something else than the main branch"
            if "download-artifact" in used and "path" not in given:
                yield f"{name} lets an artifact write among its own files"
            if "head_branch" in str(step) or "head_repository" in str(step):
                yield f"{name} uses a name that a stranger chose"


def _rights(values: Mapping[str, object]) -> Mapping[str, object]:
    found = values.get("permissions", {})
    return found if isinstance(found, Mapping) else {"all": found}


def _jobs(values: Mapping[str, object]) -> Mapping[str, Mapping[str, object]]:
    found = values["jobs"]
    assert isinstance(found, Mapping)
    return found


def _steps(job: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    found = job.get("steps", [])
    assert isinstance(found, Sequence)
    return found


def owners_of(codeowners: str, path: str) -> tuple[str, ...]:
    """Who owns a file, by the last rule that matches it, as Git hosts read rules of whole folders."""
    found: tuple[str, ...] = ()
    for line in codeowners.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        pattern = words[0].removeprefix("/")
        if pattern == "*" or path == pattern or (pattern.endswith("/") and path.startswith(pattern)):
            found = tuple(words[1:])
    return found
