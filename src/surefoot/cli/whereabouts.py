"""`surefoot release where`: which release each running service serves, beside what production names here."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.table import Table
from rich.text import Text

from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.progress import Steps
from surefoot.cli.releasing import SHOWN, AsJson, clean
from surefoot.cli.service_client import KEY_VARIABLE, ServiceClient
from surefoot.errors import RefusedError, RequestError, SurefootError

if TYPE_CHECKING:
    from surefoot.wiring.project import Project

LONGEST_SECONDS = 5.0
SECONDS_BETWEEN_LOOKS = 0.25
NOT_COMPLETE, NOT_ASKED = 1, 2
NOT_THERE = (
    "start the service that could not be asked (`surefoot up`, or `surefoot serve`), or name where it is: "
    "`surefoot release where http://HOST:PORT`"
)
DIGEST = re.compile(r"[0-9a-f]{64}")
Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One app in one process. `serves` is the release it answers with, None where that is not known.

    `named` is what production names in this checkout. `fault` is why it is not as named, in words; "" when it
    is. `asked` is False where nothing at that address says which releases it serves. `proof` is what let the
    release in.
    """

    url: str
    process: str
    app: str
    named: str
    serves: str | None
    since: str
    fault: str
    proof: str = ""
    asked: bool = True

    def fields(self) -> dict[str, object]:
        """The same for a program."""
        return {
            "url": self.url,
            "process": self.process or None,
            "app": self.app,
            "named": self.named,
            "serves": self.serves,
            "since": self.since or None,
            "proof": self.proof or None,
            "asked": self.asked,
            "fault": self.fault or None,
        }


def where(
    urls: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[URL]...", help="The services' addresses, one a process; the project's own by default."
        ),
    ] = None,
    app_name: Annotated[
        str | None, typer.Option("--app", help="One app; by default all that are in production.")
    ] = None,
    wait: Annotated[
        float, typer.Option(min=0, max=86_400, help="Seconds to wait until every process serves it.")
    ] = 0,
    key_variable: Annotated[
        str, typer.Option(help="Environment variable that holds the caller's key, where one is needed.")
    ] = KEY_VARIABLE,
    as_json: AsJson = False,
) -> None:
    """Ask services which release they serve. Exits with 0 when all serve what production names here.

    With 1 when one serves another, and with 2 when that is not known, as one could not be asked.
    """
    seen = run(_where(urls or [], app_name, wait, os.environ.get(key_variable)))
    complete = all(not one.fault for one in seen)
    if as_json:
        out.print_json(
            json.dumps(
                {
                    "schema": 1,
                    "complete": complete,
                    "sentence": sentence(seen),
                    "seen": [one.fields() for one in seen],
                }
            )
        )
    else:
        out.print(_table(seen))
        out.print(Text(sentence(seen)))
        if any(not one.asked for one in seen):
            err.print(Text(f"to mend it: {NOT_THERE}"))
    if not complete:
        sys.exit(NOT_COMPLETE if any(one.fault and one.asked for one in seen) else NOT_ASKED)


async def _where(urls: Sequence[str], app_name: str | None, wait: float, key: str | None) -> Sequence[Seen]:
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    clients = [ServiceClient(url, key=key) for url in dict.fromkeys(urls or [project.service_url()])]
    loop = asyncio.get_running_loop()
    end = loop.time() + wait
    with Steps(stay=False) as steps:
        while True:
            named = _named(project, app_name)
            asked = await asyncio.gather(*(_asked(client, named) for client in clients))
            seen = [one for several in asked for one in several]
            waited = wait - (end - loop.time())
            if all(not one.fault for one in seen) or waited >= wait:
                return seen
            there = sum(not one.fault for one in seen)
            steps.at("waiting", f"{there} of {len(seen)} serve it", done=waited, total=wait)
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)


def _named(project: "Project", app_name: str | None) -> dict[str, str]:
    """The release that production names here for each app, or for the one; read anew at each look."""
    from surefoot.wiring.releasing import read_production

    apps = project.apps if app_name is None else (project.app_named(app_name),)
    pointers = {app.name: read_production(project, app) for app in apps}
    named = {app: pointer.release for app, pointer in pointers.items() if pointer is not None}
    if not named:
        raise RefusedError(
            f"production names no release of {', '.join(pointers)} yet",
            remedy="run `surefoot release promote`, or name another --app",
        )
    return named


async def _asked(client: ServiceClient, named: Mapping[str, str]) -> list[Seen]:
    """What one service says; one that does not say it gets a row for each app with the reason."""
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            status, said = await client.get("/v1/releases")
    except TimeoutError:
        return _silent(client.url, named, f"no answer within {LONGEST_SECONDS:.0f} s")
    except RequestError:
        raise
    except SurefootError as error:
        return _silent(client.url, named, error.message.removeprefix(f"the service at {client.url} "))
    releases = said.get("releases")
    if status != 200 or not isinstance(releases, list):
        return _silent(client.url, named, _why(status, said))
    served = {str(one.get("app")): one for one in releases if isinstance(one, dict)}
    process = _process(said)
    return [
        _seen(client.url, process, app, release, served.get(app), _reason(said, app))
        for app, release in named.items()
    ]


def _seen(url: str, process: str, app: str, named: str, served: Fields | None, reason: str) -> Seen:
    release = str(served.get("release")) if served else ""
    serves = release if DIGEST.fullmatch(release) else None
    fault = ""
    if served is None:
        fault = reason or "it does not serve this app"
    elif serves is None:
        fault = "it names no release"
    elif served.get("channel") != "production":
        fault = f"it serves its {clean(str(served.get('channel')))[:40]}, not production"
    elif serves != named:
        fault = reason or "it serves another release"
    since = clean(str(served.get("since", "")))[:40] if served else ""
    return Seen(
        url=url,
        process=process,
        app=app,
        named=named,
        serves=serves,
        since=since,
        fault=fault,
        proof=_proof(served) if serves and served else "",
    )


def _silent(url: str, named: Mapping[str, str], fault: str) -> list[Seen]:
    words = clean(fault)[:200]
    return [
        Seen(url=url, process="", app=app, named=release, serves=None, since="", fault=words, asked=False)
        for app, release in named.items()
    ]


def _proof(served: Fields) -> str:
    """What let the release in, as the process says it."""
    glass, receipt = served.get("break_glass"), str(served.get("receipt"))
    if isinstance(glass, dict):
        return clean(f"break-glass by {glass.get('by')}: {glass.get('reason')}")[:200]
    if not DIGEST.fullmatch(receipt):
        return "nothing proves it"
    return clean(f"receipt {receipt[:SHOWN]}, {served.get('kind')}")[:40]


def _process(said: Fields) -> str:
    process = said.get("process")
    if not isinstance(process, dict):
        return ""
    return clean(f"{process.get('host')}:{process.get('pid')}")[:80]


def _reason(said: Fields, app: str) -> str:
    """Why the process does not serve what its own production names, as far as it says so."""
    for key, name in (("held_back", "app"), ("missing", "what")):
        for one in _list(said, key):
            if str(one.get(name)).removeprefix("app ") == app:
                return clean(f"held back: {one.get('reason')}")[:200]
    return ""


def _why(status: int, said: Fields) -> str:
    error = said.get("error")
    message = cast(Fields, error).get("message") if isinstance(error, dict) else None
    if status == 404:
        return "it has no /v1/releases: it is no surefoot, or an older one"
    return f"it answered HTTP {status}" + (f": {message}" if message else "")


def _list(fields: Fields, name: str) -> Iterator[Fields]:
    found = fields.get(name)
    return (cast(Fields, one) for one in (found if isinstance(found, list) else []) if isinstance(one, dict))


def _table(seen: Sequence[Seen]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("service", "process", "app", "serves", "since", "let in by", ""):
        table.add_column(heading, overflow="fold")
    for one in seen:
        state = Text(one.fault, style="red") if one.fault else Text("as named", style="green")
        serves = one.serves[:SHOWN] if one.serves else "-"
        words = (clean(one.url), one.process or "-", one.app, serves, one.since or "-", one.proof or "-")
        table.add_row(*map(Text, words), state)
    return table


def sentence(seen: Sequence[Seen]) -> str:
    """Whether every process serves what production names, in one plain sentence."""
    urls = {one.url for one in seen}
    named = {one.app: one.named for one in seen}
    what = " and ".join(f"{release[:SHOWN]} of {app}" for app, release in named.items())
    if all(not one.fault for one in seen):
        every = "the one service asked serves" if len(urls) == 1 else f"all {len(urls)} services asked serve"
        return f"complete: {every} {what}{_reached_twice(seen)}"
    lacking = {one.url for one in seen if one.fault}
    known = "not complete" if any(one.fault and one.asked for one in seen) else "not known to be complete"
    count = f"{len(urls) - len(lacking)} of {len(urls)}"
    return f"{known}: {count} services asked serve {what}{_reached_twice(seen)}"


def _reached_twice(seen: Sequence[Seen]) -> str:
    """That some addresses lead to one process, as those of a load balancer do: then others may be unasked."""
    reached = {one.url: one.process for one in seen if one.process}
    processes = len({*reached.values()})
    if processes == len(reached):
        return ""
    few = "one process" if processes == 1 else f"{processes} processes"
    return f"; the {len(reached)} that answered are {few}, so others may be unasked"
