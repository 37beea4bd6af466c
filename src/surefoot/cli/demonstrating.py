"""`surefoot demo`: an edit that breaks answers is caught, a good one goes live, one command takes it back."""

import asyncio
import json
import re
import shlex
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING

from rich.rule import Rule
from rich.text import Text

from surefoot.cli.asking import print_answer
from surefoot.cli.console import out, project_top, run
from surefoot.cli.service_client import ServiceClient
from surefoot.errors import EvaluationError, ServiceError

if TYPE_CHECKING:
    from surefoot.wiring.demonstration import Copy

SUITE = "demo"
PROMPT = "prompts/answer.prompt.md"
CHANNEL = "serving/channels/answers/production.toml"
CITE = ", and end each with the number of the passage it comes from, in square brackets."
CITE_SO = ", and end each with the number of the passage it comes from, in square brackets, as in [2]."
STARTS_WITHIN_SECONDS = 120.0


def demo() -> None:
    """Show the whole way in a clone of the project: refused, proven, promoted, taken back. Needs `up`."""
    run(_demo())


async def _demo() -> None:
    from surefoot.wiring.demonstration import copy_of
    from surefoot.wiring.project import open_project

    began = time.monotonic()
    project = open_project(project_top())
    await ServiceClient(project.chat_url()).get("/v1/models")  # says at once that nothing runs
    copy = copy_of(project)
    question = project.apps[0].example
    _say(f"The demo works in a clone, {copy.top}. Your files, channels and service stay as they are.")
    _guard_by_the_demo_suite(copy)
    service = copy.start_service()
    try:
        client = ServiceClient(copy.url)
        await _until_ready(client, copy)
        _chapter("What serves now")
        await _ask(client, question)

        _chapter("1. An edit that takes one instruction out: to name the passage")
        _edit(copy, "Shorten the last instruction", CITE, ".")
        _expect(copy, 1, "gate", "run", "--suite", SUITE)
        _expect(copy, 4, "release", "promote")
        copy.git("revert", "--no-edit", "HEAD")

        _chapter("2. A good edit")
        _edit(copy, "Say what the number of a passage looks like", CITE, CITE_SO)
        _expect(copy, 0, "gate", "run", "--suite", SUITE)
        _expect(copy, 0, "release", "promote")
        trace = await _ask_when_served(client, copy, question)
        _print_trace(copy, trace)
        await _print_metrics(client, _production(copy))

        _chapter("3. Back again, by one command")
        _expect(copy, 0, "release", "rollback", "--reason", "the demo ends")
        await _ask_when_served(client, copy, question)
    finally:
        service.terminate()
        service.wait()
    _say(f"\nThat took {time.monotonic() - began:.0f} s. The clone stays where it is, to look around in.")


def _guard_by_the_demo_suite(copy: "Copy") -> None:
    """Let the small suite guard the clone's prompt: a pointer in its front matter, no part of its digest."""
    copy.write(PROMPT, re.sub(r"(?m)^suites: .*$", f"suites: [{SUITE}]", copy.read(PROMPT)))
    copy.commit("The demo's suite guards the answering prompt")
    suite = copy.read(f"evals/{SUITE}/suite.toml")
    _say("Its gate asks a stated part of the cases, with margins that so few can test:")
    _say("".join(line for line in suite.splitlines(keepends=True) if line.startswith("#")))


def _edit(copy: "Copy", message: str, old: str, new: str) -> None:
    """Replace words of the prompt in the clone, show the edit, and commit it."""
    before = copy.read(PROMPT)
    if old not in before:
        raise EvaluationError(
            f"{PROMPT} does not hold the words that the demo edits, {old!r}",
            remedy="adapt the edits in surefoot.cli.demonstrating to the prompt",
        )
    copy.write(PROMPT, before.replace(old, new))
    shown = [line for line in copy.git("diff", "--unified=0").splitlines() if re.match(r"[-+](?![-+])", line)]
    for line in shown:
        out.print(Text(line, style="red" if line.startswith("-") else "green"))
    copy.commit(message)


def _expect(copy: "Copy", code: int, *words: str) -> None:
    """Run a command in the clone, and stop the demo when it does not end as the demo says it would."""
    _print_command(f"surefoot {shlex.join(words)}")
    sys.stdout.flush()
    ended = copy.surefoot(*words)
    if ended != code:
        raise EvaluationError(
            f"`surefoot {' '.join(words)}` ended with {ended}, and the demo expected {code}",
            remedy=f"read its output above; the clone is in {copy.top}",
        )


async def _until_ready(client: ServiceClient, copy: "Copy") -> None:
    """Wait until the clone's service answers; it says what it misses."""
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    said: object = "it does not listen yet"
    while time.monotonic() < deadline:
        with suppress(ServiceError):
            status, ready = await client.get("/readyz")
            if status == HTTPStatus.OK:
                return
            said = ready.get("missing", said)
        await asyncio.sleep(0.5)
    raise ServiceError(
        f"the demo's service is not ready after {STARTS_WITHIN_SECONDS:.0f} s: {said}",
        remedy=f"run `make up` first; the service's log is {copy.state / 'service.log'}",
    )


def _production(copy: "Copy") -> str:
    """The release that the clone's channel names."""
    named = re.search(r'(?m)^release = "([0-9a-f]{64})"', copy.read(CHANNEL))
    return named[1] if named else ""


async def _ask(client: ServiceClient, question: str) -> Mapping[str, object]:
    out.print(Text(f"Q: {question}\nA: "), end="")
    return await print_answer(client, question)


async def _ask_when_served(client: ServiceClient, copy: "Copy", question: str) -> str:
    """Ask once the service has taken the channel's new release up: the id of the trace."""
    wanted = _production(copy)
    deadline = time.monotonic() + STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline:
        _, models = await client.get("/v1/models")
        if wanted in json.dumps(models):
            answer = await _ask(client, question)
            return str(answer["id"])
        await asyncio.sleep(0.2)
    raise ServiceError(
        f"the demo's service did not take up the release {wanted[:12]!r}",
        remedy=f"see its log, {copy.state / 'service.log'}",
    )


def _print_trace(copy: "Copy", trace: str) -> None:
    """What the trace says of who answered."""
    _print_command(f"surefoot trace show {trace}")
    for line in copy.said("trace", "show", trace).splitlines():
        if line.startswith(("question", "release", "prompt ", "model", "first token")):
            out.print(Text(line))


async def _print_metrics(client: ServiceClient, release: str) -> None:
    """What the metrics say of this release's answers; their labels hold the beginning of a digest."""
    _print_command(f"curl -s {client.url}/metrics | grep surefoot_requests_total")
    for line in (await client.text("/metrics")).splitlines():
        if line.startswith("surefoot_requests_total") and release[:12] in line:
            out.print(Text(line))


def _print_command(words: str) -> None:
    out.print(Text(f"\n$ {words}", style="bold"))


def _chapter(title: str) -> None:
    out.print()
    out.print(Rule(Text(title, style="bold"), align="left"))


def _say(text: str) -> None:
    out.print(Text(text))
