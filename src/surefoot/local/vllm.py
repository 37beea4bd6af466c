"""How vLLM is started: its command line and its environment, on a CPU or an NVIDIA GPU."""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from surefoot.local.commands import run_command
from surefoot.local.environment import Environment
from surefoot.local.processes import Launch
from surefoot.models import ModelSpec

CACHE_GIGABYTES = 1
"""Room for keys and values on a CPU: some 18,000 tokens of the 1.5B model, four full contexts."""

CPU_FLAGS = ("--dtype", "float32", "--enforce-eager")
"""bfloat16 is 3-4 times slower on CPUs without AVX512-BF16; compiling takes minutes and gains nothing."""

# Small models can loop on white space inside guided JSON; without any between the tokens they cannot.
GUIDED_JSON = ("--structured-outputs-config", '{"backend":"xgrammar","disable_any_whitespace":true}')

NO_CALLS_HOME = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_DO_NOT_TRACK": "1",
    "VLLM_NO_USAGE_STATS": "1",
}

INT8_FLAGS = ("avx512_vnni", "avx_vnni", "amx_int8")

# Debian's libtcmalloc-minimal4, Fedora's gperftools-libs, or one the user built.
TCMALLOC_PLACES = ("/usr/lib/*/", "/usr/lib64/", "/usr/lib/", "/usr/local/lib/")
TCMALLOC = "libtcmalloc_minimal.so.4"


@dataclass(frozen=True, slots=True, kw_only=True)
class VllmLaunch:
    """What to start, and whether the faster memory allocator was found (None: not needed, or not there)."""

    launch: Launch
    tcmalloc: Path | None


def vllm_on_cpu(
    spec: ModelSpec,
    *,
    names: Sequence[str],
    weights: Path,
    environment: Environment,
    port: int,
    inherited: Mapping[str, str],
    tcmalloc: Path | None,
) -> VllmLaunch:
    """Serve the weights folder on every core this process may use.

    `names` are the model's aliases; its identity is always served beside them, last. `inherited` is the
    environment to build on.
    """
    threading = environment.folder / "lib" / "libiomp5.so"  # where intel-openmp puts it
    libraries = [
        str(library) for library in (threading, tcmalloc) if library is not None and library.exists()
    ]
    variables = {
        **_inherited(inherited),
        **NO_CALLS_HOME,
        "VLLM_CPU_OMP_THREADS_BIND": core_ranges(os.sched_getaffinity(0)),
        "VLLM_CPU_KVCACHE_SPACE": str(CACHE_GIGABYTES),
        "LD_PRELOAD": ":".join(libraries),
    }
    command = _command(spec, names, weights, environment, port)
    launch = _launch(spec, (*command, *CPU_FLAGS, *GUIDED_JSON, *spec.vllm_flags), variables, port)
    return VllmLaunch(launch=launch, tcmalloc=tcmalloc)


def vllm_on_gpu(
    spec: ModelSpec,
    *,
    names: Sequence[str],
    weights: Path,
    environment: Environment,
    port: int,
    inherited: Mapping[str, str],
) -> VllmLaunch:
    """Serve the weights folder on the machine's NVIDIA GPU, with vLLM's own choice of number type."""
    command = _command(spec, names, weights, environment, port)
    variables = {**_inherited(inherited), **NO_CALLS_HOME}
    return VllmLaunch(
        launch=_launch(spec, (*command, *GUIDED_JSON, *spec.vllm_flags), variables, port), tcmalloc=None
    )


async def has_nvidia_gpu(environment: Mapping[str, str]) -> bool:
    """Whether NVIDIA's driver lists a GPU."""
    program = shutil.which("nvidia-smi", path=environment.get("PATH"))
    if program is None:
        return False
    listed = await run_command((program, "-L"), environment=environment)
    return listed.code == 0 and any(line.startswith("GPU ") for line in listed.tail)


def multiplies_int8(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor multiplies INT8 in one instruction (VNNI or AMX); without, it is slow."""
    flags = set(cpuinfo.read_text(encoding="utf-8").split()) if cpuinfo.exists() else set()
    return not flags.isdisjoint(INT8_FLAGS)


def find_tcmalloc(root: Path = Path("/")) -> Path | None:
    """The allocator vLLM recommends on CPUs, where the system has it; nothing needs root or is installed."""
    for place in TCMALLOC_PLACES:
        for library in sorted(root.glob(f"{place.lstrip('/')}{TCMALLOC}")):
            return library
    return None


def core_ranges(cores: Iterable[int]) -> str:
    """Core numbers as vLLM reads them: {0, 1, 2, 5} is '0-2,5'."""
    ranges: list[list[int]] = []
    for core in sorted(set(cores)):
        if ranges and core == ranges[-1][-1] + 1:
            ranges[-1][1:] = [core]
        else:
            ranges.append([core])
    return ",".join("-".join(map(str, ends)) for ends in ranges)


def _command(
    spec: ModelSpec, names: Sequence[str], weights: Path, environment: Environment, port: int
) -> tuple[str, ...]:
    served = tuple(dict.fromkeys((*names, spec.identity)))
    return (
        str(environment.python),
        "-m",
        "vllm.entrypoints.openai.api_server",
        "--model",
        str(weights),
        "--served-model-name",
        *served,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--max-model-len",
        str(spec.context_tokens),
    )


def _launch(spec: ModelSpec, command: tuple[str, ...], variables: Mapping[str, str], port: int) -> Launch:
    return Launch(
        name="vllm", what=f"vLLM with {spec.title}", command=command, environment=variables, port=port
    )


def _inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """The user's environment without what would lead vLLM's Python to other packages."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_PRELOAD")
    return {name: value for name, value in environment.items() if name not in dropped}
