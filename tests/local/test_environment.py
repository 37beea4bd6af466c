"""An environment from a lock file, made by pip from a folder of small wheels: whole or not at all."""

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tests.fakes.small_models import Heard
from tests.fakes.small_wheels import only_from, only_unreachable, write_wheel

from surefoot.errors import ChecksumError, FetchError, ResourceError, SettingsError
from surefoot.local import environment as room
from surefoot.local.environment import (
    RAGAS,
    VLLM,
    Environment,
    Tenant,
    ensure_environment,
    find_environment,
    read_lock,
)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    write_wheel(tmp_path / "index", "server", "1.0", {"server.py": b"NAME = 'server'"})
    write_wheel(tmp_path / "index", "torchlike", "1.0+cpu", {"torchlike.py": b"NAME = 'torchlike'"})
    return tmp_path / "index"


@pytest.fixture
def lock(tmp_path: Path, index: Path) -> Path:
    digest = hashlib.sha256((index / "server-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    path = tmp_path / "some.lock"
    path.write_text(
        f"# Resolved.\nserver==1.0 \\\n    --hash=sha256:{digest} \\\n    --hash=sha256:{'0' * 64}\n"
        "# Not on PyPI.\ntorchlike==1.0+cpu\n"
    )
    return path


def ensure(
    lock: Path,
    cache: Path,
    variables: dict[str, str],
    heard: Heard | None = None,
    tenant: Tenant = VLLM,
) -> Environment:
    return asyncio.run(
        ensure_environment(
            lock,
            cache=cache,
            python=sys.executable,
            variables=variables,
            report=heard or Heard(),
            tenant=tenant,
        )
    )


def test_both_kinds_of_requirements_are_installed_once_and_work(
    lock: Path, index: Path, tmp_path: Path
) -> None:
    heard = Heard()
    made = ensure(lock, tmp_path / "cache", only_from(index), heard)
    assert made.folder.parent == tmp_path / "cache" / "vllm"
    imported = "import server, torchlike; print(server.NAME, torchlike.NAME)"
    said = subprocess.run([made.python, "-c", imported], capture_output=True, text=True, check=True)
    assert said.stdout == "server torchlike\n"
    assert heard.progress and {step.total for step in heard.progress} == {2}
    assert ensure(lock, tmp_path / "cache", only_unreachable()) == made  # pip is not asked again


@pytest.mark.parametrize(("tenant", "title"), [(VLLM, "vLLM"), (RAGAS, "ragas")])
def test_each_tenant_has_a_folder_of_its_own_and_is_named_while_it_is_made(
    tenant: Tenant, title: str, lock: Path, index: Path, tmp_path: Path
) -> None:
    heard = Heard()
    made = ensure(lock, tmp_path / "cache", only_from(index), heard, tenant)
    assert made.folder.parent == tmp_path / "cache" / title.lower()
    assert {step.step for step in heard.progress} == {f"installing {title}"}
    assert find_environment(lock, cache=tmp_path / "cache", tenant=tenant) == made
    other = RAGAS if tenant is VLLM else VLLM
    assert find_environment(lock, cache=tmp_path / "cache", tenant=other) is None


def test_too_little_disk_is_said_of_the_tenant_before_anything_is_made(lock: Path, tmp_path: Path) -> None:
    vast = Tenant(folder="vast", title="a vast thing", needed_bytes=1 << 60)
    with pytest.raises(ResourceError, match="a vast thing's environment needs"):
        ensure(lock, tmp_path / "cache", only_unreachable(), tenant=vast)
    assert not (tmp_path / "cache" / "vast").exists()


def test_another_lock_file_is_another_environment(lock: Path, index: Path, tmp_path: Path) -> None:
    before = room.environment_of(lock, cache=tmp_path)
    lock.write_text(lock.read_text() + "# changed\n")
    assert room.environment_of(lock, cache=tmp_path) != before


def test_a_cpu_build_that_the_users_index_lacks_comes_from_pytorchs(
    lock: Path, index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "pytorch" / "torchlike"
    theirs.mkdir(parents=True)
    wheel = next(index.glob("torchlike*"))
    wheel.rename(theirs / wheel.name)
    (theirs / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    monkeypatch.setattr(room, "TORCH_CPU_INDEX", (tmp_path / "pytorch").as_uri())
    own = (tmp_path / "own").as_uri()
    (tmp_path / "own").mkdir()
    variables = {**only_from(index), "PIP_INDEX_URL": own}
    del variables["PIP_NO_INDEX"]
    made = ensure(lock, tmp_path / "cache", variables)
    assert find_environment(lock, cache=tmp_path / "cache") == made


def test_changed_packages_are_refused_and_nothing_is_kept(lock: Path, index: Path, tmp_path: Path) -> None:
    write_wheel(index, "server", "1.0", {"server.py": b"NAME = 'changed'"})
    with pytest.raises(ChecksumError, match="DO NOT MATCH THE HASHES"):
        ensure(lock, tmp_path / "cache", only_from(index))
    assert [*(tmp_path / "cache" / "vllm").iterdir()] == []


def test_an_index_out_of_reach_is_said_with_pips_last_lines(lock: Path, tmp_path: Path) -> None:
    with pytest.raises(
        FetchError, match=r"No matching distribution found for torchlike==1\.0\+cpu"
    ) as caught:
        ensure(lock, tmp_path, only_unreachable())
    assert "cannot be reached" in caught.value.remedy
    assert [*(tmp_path / "vllm").iterdir()] == []


def test_an_environment_whose_making_was_killed_is_made_anew(lock: Path, index: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    script = f"""
        import asyncio, os, signal, sys
        from pathlib import Path
        from surefoot.local.environment import ensure_environment

        def die(said):
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(ensure_environment(
            Path({str(lock)!r}), cache=Path({str(cache)!r}), python=sys.executable,
            variables={only_from(index)!r}, report=die,
        ))
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], env=dict(os.environ))
    assert died.returncode == -signal.SIGKILL
    (half_made,) = (cache / "vllm").iterdir()
    assert find_environment(lock, cache=cache) is None
    (half_made / "left-behind").touch()
    # What the killed one left running still holds the lock, and is waited for.
    assert ensure(lock, cache, only_from(index)).folder == half_made
    assert not (half_made / "left-behind").exists()


def test_a_python_that_makes_no_environments_is_said(lock: Path, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="cannot make a virtual environment"):
        asyncio.run(
            ensure_environment(
                lock, cache=tmp_path, python="/bin/false", variables=os.environ, report=Heard()
            )
        )


@pytest.mark.parametrize("content", [None, "", "# nothing\n"])
def test_a_lock_file_that_pins_nothing_is_refused(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=r"the lock file '.*x.lock'"):
        read_lock(path)


@pytest.mark.parametrize(("name", "unhashed"), [("cpu", ("torch==2.13.0+cpu",)), ("gpu", ())])
def test_vllms_lock_files_read_as_they_are_meant(name: str, unhashed: tuple[str, ...]) -> None:
    lock = read_lock(Path(__file__).parents[2] / "serving" / f"vllm-{name}.lock")
    assert lock.unhashed == unhashed
    assert lock.packages > 100
    assert not any(pin in lock.hashed for pin in unhashed)


def test_ragas_lock_file_has_a_hash_for_every_package_and_the_last_version_that_imports() -> None:
    lock = read_lock(Path(__file__).parents[2] / "evals" / "ragas.lock")
    assert lock.unhashed == ()
    assert "\nragas==0.4.3 " in lock.hashed
    # 0.4.2 has no langchain_community.chat_models.vertexai any more, which ragas 0.4.3 imports.
    assert "\nlangchain-community==0.4.1 " in lock.hashed
