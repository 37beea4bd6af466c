"""`surefoot up | down | status | serve`."""

import asyncio
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from surefoot.cli.asking import print_answer
from surefoot.cli.console import err, out, project_top, run
from surefoot.cli.indexing import build_production_with_steps, build_with_steps, print_report
from surefoot.cli.progress import Steps, reporter
from surefoot.cli.service_client import KEY_VARIABLE, ServiceClient
from surefoot.cli.standing import print_status
from surefoot.errors import SurefootError

if TYPE_CHECKING:
    from surefoot.releases import AppFile
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
    """Say what runs, which releases it serves, what production names, and what is held back and why."""
    run(print_status(as_json))


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; the setting by default.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; the setting by default.")
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(help="Serve and follow this bundle; no project, prompts or Git are needed then."),
    ] = None,
) -> None:
    """Run the HTTP service in the foreground; it needs an index and a model server."""
    run(_serve(host, port, bundle), new_event_loop=_service_loop)


def _service_loop() -> asyncio.AbstractEventLoop:
    from surefoot.api.uvicorn import new_event_loop

    return new_event_loop()


async def _up(docs: Path | None, question: str | None) -> None:
    from surefoot.wiring.machine import Machine
    from surefoot.wiring.project import open_project

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
        first, working_tree = _to_serve(project)
        await machine.start_service(working_tree)
        steps.ended("service", f"ready at {project.service_url()}")
    asked = question or (first.example if project.settings.docs is None else GENERAL_QUESTION)
    url = project.service_url()
    out.print(Text(f"\nsurefoot answers at {url}\n\nQ: {asked}\nA: "), end="")
    await print_answer(_client(url), asked, app=first.name)
    for what, path in (("page", "/"), ("API", "/docs"), ("metrics", "/metrics")):
        out.print(Text.assemble((f"{what:<8}", "dim"), url + path))
    for line in _unlike_production(project):
        out.print(Text(line))


def _to_serve(project: "Project") -> "tuple[AppFile, tuple[str, ...]]":
    """The app to ask first, and the working tree's releases where it is the tree that serves.

    RefusedError when no app is in production.
    """
    from surefoot.wiring.releasing import present_manifest, production_pointer, read_production

    if project.settings.serves_unproven:
        return project.apps[0], tuple(present_manifest(project, app).digest for app in project.apps)
    released = [app for app in project.apps if read_production(project, app) is not None]
    if not released:
        try:
            production_pointer(project, project.apps[0])
        except SurefootError as error:
            error.add_note("The index and the model server are ready for that.")
            raise
    return released[0], ()


def _unlike_production(project: "Project") -> Iterator[str]:
    """What is to be said of an answer that nothing proves, and of a working tree that is not production."""
    from surefoot.wiring.releasing import present_manifest, read_production

    if project.settings.serves_unproven:
        yield "unproven: this serves the working tree, and no receipt covers it"
        return
    for app in project.apps:
        pointer = read_production(project, app)
        try:
            present = present_manifest(project, app).digest
        except SurefootError as error:
            yield f"the working tree makes no release of {app.name!r}: {error.message}"
            continue
        if pointer is None or pointer.release != present:
            yield (
                f"the working tree is another release of {app.name!r} ({present[:12]}…) than production: "
                "prove it with `surefoot gate run`"
            )


def _client(url: str) -> ServiceClient:
    """Speaks to the service as its caller, with a key where the environment holds one."""
    return ServiceClient(url, key=os.environ.get(KEY_VARIABLE))


async def _index(project: "Project", machine: "Machine", steps: Steps) -> None:
    from surefoot.wiring.indexing import embedder_of

    await machine.bring_embedder()
    async with embedder_of(project) as embedder:
        for app in project.apps:
            report = await build_with_steps(project, app, embedder, steps)
            print_report(report)
            await build_production_with_steps(project, app, embedder, steps, built=report.snapshot.digest)


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


async def _serve(host: str | None, port: int | None, bundle: Path | None) -> None:
    from surefoot.local.space import require_port
    from surefoot.wiring.replica import project_to_serve

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    found, follow = project_to_serve(project_top(), bundle)
    project = found.listening_on(host=host, port=port)
    listening = project.settings.service
    require_port(listening.host, listening.port, what="the service", setting="SUREFOOT_SERVICE_PORT")

    from surefoot.api.app import create_app  # these take seconds, and a taken port is known before
    from surefoot.api.uvicorn import server
    from surefoot.wiring.serving import service_of

    async with service_of(project, follow) as service:
        running = server(create_app(service), host=listening.host, port=listening.port)
        err.print(f"surefoot listens on {project.service_url()}", markup=False)
        # Once it has stopped, uvicorn raises the signal that stopped it again: what is open is closed first.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        await running.serve()
