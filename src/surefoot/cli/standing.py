"""`surefoot status`: what runs here, what it serves, what production names, and what is held back."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rich.text import Text

from surefoot.cli.console import out, project_top
from surefoot.cli.progress import Steps, reporter
from surefoot.cli.service_client import KEY_VARIABLE, ServiceClient
from surefoot.errors import ServiceError

if TYPE_CHECKING:
    from surefoot.wiring.releasing import Production

Fields = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the running service says; nothing at all when none runs. `apps` is by name."""

    missing: Sequence[Fields] = ()
    held_back: Sequence[Fields] = ()
    apps: Mapping[str, Fields]

    def release(self, app: str) -> str | None:
        """The release of an app that answers; None when that is not known."""
        release = self.apps.get(app, {}).get("release")
        return None if release is None else str(release)


async def print_status(as_json: bool) -> None:
    """Print what runs, for a person or for a program."""
    from surefoot.local.processes import resident_bytes
    from surefoot.wiring.machine import Machine
    from surefoot.wiring.project import open_project
    from surefoot.wiring.releasing import production_of

    project = open_project(project_top())
    with Steps() as steps:
        running = Machine(project, reporter(steps)).running()
    client = ServiceClient(project.service_url(), key=os.environ.get(KEY_VARIABLE))
    said = await _service_says(client)
    production = [production_of(project, app) for app in project.apps]
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
        out.print_json(json.dumps({"servers": servers, "url": client.url, **_fields(production, said)}))
        return
    for server in running:
        memory = f"{resident_bytes(server) / 1e9:.1f} GB"
        out.print(Text(f"{server.what}: process {server.pid}, port {server.port}, {memory}"))
    if not running:
        out.print("nothing started by `surefoot up` is running")
    for line in _lines(production, said):
        out.print(Text(line))


def _fields(production: "Sequence[Production]", said: Said) -> dict[str, object]:
    return {
        "releases": {name: fields["release"] for name, fields in said.apps.items() if "release" in fields},
        "unproven": [name for name, fields in said.apps.items() if fields.get("proven") is False],
        "production": [
            {
                "app": named.app,
                "release": named.release,
                "receipt": named.receipt,
                "kind": named.kind,
                "break_glass": _glass_fields(named),
                "model_alias": named.model_alias,
                "model": named.model,
                "refused": named.refused.message if named.refused else None,
                "serves": None if said.release(named.app) is None else _serves(named, said),
            }
            for named in production
        ],
        "held_back": said.held_back,
        "missing": [f"{part['what']}: {part['reason']}" for part in said.missing],
    }


def _lines(production: "Sequence[Production]", said: Said) -> Iterator[str]:
    for name, fields in said.apps.items():
        if "release" in fields:
            proof = "" if fields.get("proven", True) else f", unproven: {_why_unproven(fields)}"
            channel = "the working tree" if fields.get("channel") == "working tree" else "production"
            yield f"app {name}: release {fields['release']} of {channel}{proof}"
    for named in production:
        yield f"production of {named.app}: {_named(named)}{_whether_it_serves(named, said)}"
    for held in said.held_back:
        release = str(held["release"] or "unknown")[:12]
        yield f"held back: {held['app']}: release {release}: {held['reason']}; to mend it: {held['remedy']}"
    for part in said.missing:
        yield f"not ready: {part['what']}: {part['reason']}"


def _named(named: "Production") -> str:
    if named.release is None:
        return named.refused.message if named.refused else "no release yet"
    words = f"release {named.release}"
    if named.receipt is not None:
        words += f", receipt {named.receipt[:12]}"
    if named.kind is not None:
        words += f" ({named.kind})"
    if named.break_glass is not None:
        words += f", unproven: break-glass by {named.break_glass.by}: {named.break_glass.reason}"
    if named.model is not None:
        words += f", model {named.model_alias} {named.model[:12]}"
    return f"{words}, refused: {named.refused.message}" if named.refused else words


def _whether_it_serves(named: "Production", said: Said) -> str:
    if named.release is None or said.release(named.app) is None:
        return ""
    return "; it serves" if _serves(named, said) else "; it does not serve"


def _serves(named: "Production", said: Said) -> bool:
    """Whether the running service answers with this release, and as production's."""
    channel = said.apps.get(named.app, {}).get("channel")
    return channel == "production" and said.release(named.app) == named.release


def _glass_fields(named: "Production") -> dict[str, str] | None:
    record = named.break_glass
    if record is None:
        return None
    made_at = record.made_at.isoformat()
    return {"record": record.digest, "by": record.by, "reason": record.reason, "made_at": made_at}


def _why_unproven(fields: Fields) -> str:
    broken = fields.get("break_glass")
    if not isinstance(broken, dict):
        return "no receipt covers it"
    return f"break-glass by {broken['by']}: {broken['reason']}"


async def _service_says(client: ServiceClient) -> Said:
    try:
        _, ready = await client.get("/readyz")
        code, models = await client.get("/v1/models")
    except ServiceError:
        return Said(apps={})
    apps = _list(models, "data") if code == 200 else []
    return Said(
        missing=_list(ready, "missing"),
        held_back=_list(ready, "held_back"),
        apps={str(app["id"]): cast(Fields, app.get("surefoot", {})) for app in apps},
    )


def _list(fields: Fields, name: str) -> list[Fields]:
    found = fields.get(name)
    return cast(list[Fields], found) if isinstance(found, list) else []
