"""vLLM's command line and environment, as text, and what is looked for on the machine."""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.small_models import model, source

from surefoot.local.environment import Environment
from surefoot.local.vllm import (
    core_ranges,
    find_tcmalloc,
    has_nvidia_gpu,
    multiplies_int8,
    vllm_on_cpu,
    vllm_on_gpu,
)

SPEC = model(source(b"x"))
INHERITED = {"PATH": "/bin", "HOME": "/h", "PYTHONPATH": "/elsewhere", "LD_PRELOAD": "/elsewhere.so"}


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libiomp5.so").touch()
    (tmp_path / "tcmalloc.so").touch()
    return Environment(folder=tmp_path, python=Path("/vllm/bin/python"))


def test_on_a_cpu_it_serves_aliases_and_identity_eagerly_in_float32(environment: Environment) -> None:
    built = vllm_on_cpu(
        SPEC,
        names=("chat", "judge"),
        weights=Path("/weights"),
        environment=environment,
        port=8001,
        inherited=INHERITED,
        tcmalloc=environment.folder / "tcmalloc.so",
    )
    assert built.launch.command == (
        *("/vllm/bin/python", "-m", "vllm.entrypoints.openai.api_server", "--model", "/weights"),
        *("--served-model-name", "chat", "judge", SPEC.identity),
        *("--host", "127.0.0.1", "--port", "8001", "--max-model-len", "128"),
        *("--dtype", "float32", "--enforce-eager"),
        *("--structured-outputs-config", '{"backend":"xgrammar","disable_any_whitespace":true}'),
    )
    variables = built.launch.environment
    assert variables["VLLM_CPU_OMP_THREADS_BIND"] == core_ranges(os.sched_getaffinity(0))
    assert variables["LD_PRELOAD"] == f"{environment.folder}/lib/libiomp5.so:{environment.folder}/tcmalloc.so"
    assert int(variables["VLLM_CPU_KVCACHE_SPACE"]) >= 1
    assert variables["PATH"] == "/bin" and "PYTHONPATH" not in variables


def test_on_a_gpu_nothing_of_the_cpu_remains(environment: Environment) -> None:
    built = vllm_on_gpu(
        SPEC,
        names=("chat",),
        weights=Path("/weights"),
        environment=environment,
        port=8001,
        inherited=INHERITED,
    )
    assert "--dtype" not in built.launch.command and "--enforce-eager" not in built.launch.command
    assert not [name for name in built.launch.environment if "CPU" in name or name == "LD_PRELOAD"]


@pytest.mark.parametrize(
    "name", ["DO_NOT_TRACK", "HF_HUB_OFFLINE", "VLLM_NO_USAGE_STATS", "VLLM_DO_NOT_TRACK"]
)
def test_nothing_calls_home(name: str, environment: Environment) -> None:
    for built in (
        vllm_on_gpu(SPEC, names=(), weights=Path(), environment=environment, port=1, inherited={}),
        vllm_on_cpu(
            SPEC, names=(), weights=Path(), environment=environment, port=1, inherited={}, tcmalloc=None
        ),
    ):
        assert built.launch.environment[name] == "1"


@given(st.sets(st.integers(min_value=0, max_value=200), min_size=1))
def test_core_ranges_say_exactly_the_cores(cores: set[int]) -> None:
    said: set[int] = set()
    for part in core_ranges(cores).split(","):
        first, _, last = part.partition("-")
        said |= set(range(int(first), int(last or first) + 1))
    assert said == cores


def test_neighbours_are_one_range() -> None:
    assert core_ranges([0, 1, 2, 5, 8, 9]) == "0-2,5,8-9"


def test_the_allocator_is_found_where_systems_put_it(tmp_path: Path) -> None:
    assert find_tcmalloc(tmp_path) is None
    library = tmp_path / "usr" / "lib" / "x86_64-linux-gnu" / "libtcmalloc_minimal.so.4"
    library.parent.mkdir(parents=True)
    library.touch()
    assert find_tcmalloc(tmp_path) == library


@pytest.mark.parametrize(
    ("script", "there"),
    [("echo 'GPU 0: NVIDIA L4'", True), ("echo 'No devices found'", False), ("exit 9", False), (None, False)],
)
def test_a_gpu_is_there_when_nvidias_own_tool_lists_one(
    script: str | None, there: bool, tmp_path: Path
) -> None:
    if script is not None:
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
    assert asyncio.run(has_nvidia_gpu({"PATH": str(tmp_path)})) is there


@pytest.mark.parametrize(("flags", "quick"), [("fpu avx512f avx512_vnni", True), ("fpu avx2", False)])
def test_a_processor_says_whether_it_multiplies_int8(flags: str, quick: bool, tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nflags : {flags}\n")
    assert multiplies_int8(tmp_path / "cpuinfo") is quick
    assert not multiplies_int8(tmp_path / "absent")
