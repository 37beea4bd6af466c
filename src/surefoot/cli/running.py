"""`surefoot up | down | status | serve`."""

import asyncio
import json
import logging
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.asking import print_answer
from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.indexing import build_with_steps, print_report
from surefoot.cli.progress import Steps, reporter
from surefoot.cli.service_client import KEY_VARIABLE, ServiceClient
from surefoot.errors import ServiceError

if TYPE_CHECKING:
    from surefoot.wiring.machine import Machine
    from surefoot.wiring.project import Project

# Asked of a folder whose contents nobody has told us about.
GENERAL_QUESTION = "What are these documents about?"


def up(
    docs: Annotated[
        Path | None, typer.Option(help="A folder to answer over, instead of each app's corpus.")
    ] = None,
    question: Annotated[
        str | None, typer.Option(help="What to ask at the end; the app's example by default.")
    ] = None,
) -> None:
    """Set everything up, start it, and ask one question. What is there already is left alone."""
    run(_up(docs, question))


def down() -> None:
    """Stop what `surefoot up` started here, and nothing else."""
    run(_down())


def status(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Say what runs, at which port, in how much memory, and which releases it serves."""
    run(_status(as_json))


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; the setting by default.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; the setting by default.")
    ] = None,
) -> None:
    """Run the HTTP service in the foreground; it needs an index and a model server."""
    run(_serve(host, port), new_event_loop=_service_loop)


def _service_loop() -> asyncio.AbstractEventLoop:
    from surefoot.api.uvicorn import new_event_loop

    return new_event_loop()


async def _up(docs: Path | None, question: str | None) -> None:
    from surefoot.wiring.machine import Machine
    from surefoot.wiring.project import open_project
    from surefoot.wiring.releasing import present_manifest

    project = open_project(project_top()).answering_over(docs)
    for app in project.apps:
        project.corpus_of(app)
    with Steps() as steps:
        machine = Machine(project, reporter(steps))
        await machine.check()
        async with asyncio.TaskGroup() as both:
            both.create_task(_index(project, machine, steps))
            if project.settings.chat.url is None:
                both.create_task(_model(machine, steps))
        releases = [present_manifest(project, app).digest for app in project.apps]
        await machine.start_service(releases)
        steps.ended("service", f"ready at {project.service_url()}")
    first = project.apps[0]
    asked = question or (first.example if project.settings.docs is None else GENERAL_QUESTION)
    url = project.service_url()
    out.print(Text(f"\nsurefoot answers at {url}\n\nQ: {asked}\nA: "), end="")
    await print_answer(_client(url), asked, app=first.name)
    for what, path in (("page", "/"), ("API", "/docs"), ("metrics", "/metrics")):
        out.print(Text.assemble((f"{what:<8}", "dim"), url + path))


def _client(url: str) -> ServiceClient:
    """Speaks to the service as its caller, with a key where the environment holds one."""
    return ServiceClient(url, key=os.environ.get(KEY_VARIABLE))


async def _index(project: "Project", machine: "Machine", steps: Steps) -> None:
    from surefoot.wiring.indexing import embedder_of

    await machine.bring_embedder()
    async with embedder_of(project) as embedder:
        for app in project.apps:
            print_report(await build_with_steps(project, app, embedder, steps))


async def _model(machine: "Machine", steps: Steps) -> None:
    running = await machine.start_model()
    steps.ended(running.what, f"ready at port {running.port}")


async def _down() -> None:
    from surefoot.wiring.machine import Machine
    from surefoot.wiring.project import open_project

    with Steps() as steps:
        stopped = await Machine(open_project(project_top()), reporter(steps)).stop_all()
    for running in stopped:
        out.print(Text(f"stopped {running.what}, which was process {running.pid}"))
    if not stopped:
        out.print("nothing was running")


async def _status(as_json: bool) -> None:
    from surefoot.local.processes import resident_bytes
    from surefoot.wiring.machine import Machine
    from surefoot.wiring.project import open_project

    project = open_project(project_top())
    with Steps() as steps:
        running = Machine(project, reporter(steps)).running()
    missing, releases = await _service_says(_client(project.service_url()))
    if as_json:
        servers = [
            {
                "what": server.what,
                "pid": server.pid,
                "port": server.port,
                "resident_bytes": resident_bytes(server),
                "log": str(server.log),
            }
            for server in running
        ]
        said = {"servers": servers, "releases": releases, "missing": missing, "url": project.service_url()}
        out.print_json(json.dumps(said))
        return
    for server in running:
        memory = f"{resident_bytes(server) / 1e9:.1f} GB"
        out.print(Text(f"{server.what}: process {server.pid}, port {server.port}, {memory}"))
    if not running:
        out.print("nothing started by `surefoot up` is running")
    for app, release in releases.items():
        out.print(Text(f"app {app}: release {release}"))
    for reason in missing:
        out.print(Text(f"not ready: {reason}"))


async def _service_says(client: ServiceClient) -> tuple[list[str], dict[str, str]]:
    """What the running service misses, and the release of each app; nothing when none runs."""
    try:
        _, ready = await client.get("/readyz")
        code, models = await client.get("/v1/models")
    except ServiceError:
        return [], {}
    parts = ready.get("missing")
    missing = [f"{part['what']}: {part['reason']}" for part in parts] if isinstance(parts, list) else []
    listed = models.get("data") if code == 200 else []
    apps = listed if isinstance(listed, list) else []
    said = {app["id"]: app.get("surefoot", {}) for app in apps}
    return missing, {name: fields["release"] for name, fields in said.items() if "release" in fields}


async def _serve(host: str | None, port: int | None) -> None:
    from surefoot.local.space import require_port
    from surefoot.wiring.project import open_project

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    project = open_project(project_top()).listening_on(host=host, port=port)
    listening = project.settings.service
    require_port(listening.host, listening.port, what="the service", setting="SUREFOOT_SERVICE_PORT")

    from surefoot.api.app import create_app  # these take seconds, and a taken port is known before
    from surefoot.api.uvicorn import server
    from surefoot.wiring.serving import service_of

    async with service_of(project) as service:
        running = server(create_app(service), host=listening.host, port=listening.port)
        err.print(f"surefoot listens on {project.service_url()}", markup=False)
        # Once it has stopped, uvicorn raises the signal that stopped it again: what is open is closed first.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        await running.serve()
