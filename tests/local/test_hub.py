"""Files from a hub, over a real socket: resumed, bounded, and refused with words."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.hub_server import FakeHub, running_hub
from tests.fakes.small_models import HUB_FILE, Heard, source

from surefoot.errors import FetchError
from surefoot.local.hub import Hub
from surefoot.models import SourceFile

CONTENT = bytes(range(256)) * 2_000
FILE = source(CONTENT)
ADDRESS = f"/{HUB_FILE.repo}/resolve/{HUB_FILE.revision}/model.gguf"


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    with running_hub(FakeHub(files={ADDRESS: CONTENT})) as running:
        yield running


def bring(hub: FakeHub, to: Path, file: SourceFile = FILE) -> Heard:
    heard = Heard()
    asyncio.run(Hub(hub.url).bring(file, to, to.parent, heard))
    return heard


def test_a_file_comes_whole_from_its_pinned_revision(hub: FakeHub, tmp_path: Path) -> None:
    heard = bring(hub, tmp_path / "partial")
    assert (tmp_path / "partial").read_bytes() == CONTENT
    assert heard.progress[-1].done == heard.progress[-1].total == len(CONTENT)
    assert hub.ranges == [None]


def test_a_cut_connection_is_resumed_where_it_was_cut(hub: FakeHub, tmp_path: Path) -> None:
    hub.cut_after = 100_000
    bring(hub, tmp_path / "partial")
    assert (tmp_path / "partial").read_bytes() == CONTENT
    assert hub.ranges == [None, "bytes=100000-"]


def test_what_an_earlier_run_left_is_gone_on_with(hub: FakeHub, tmp_path: Path) -> None:
    (tmp_path / "partial").write_bytes(CONTENT[:300_000])
    bring(hub, tmp_path / "partial")
    assert (tmp_path / "partial").read_bytes() == CONTENT
    assert hub.ranges == ["bytes=300000-"]


def test_a_server_that_does_not_resume_begins_anew(hub: FakeHub, tmp_path: Path) -> None:
    hub.resumes = False
    (tmp_path / "partial").write_bytes(b"x" * 1_000)
    bring(hub, tmp_path / "partial")
    assert (tmp_path / "partial").read_bytes() == CONTENT


def test_more_than_the_pinned_size_is_not_read(hub: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="holds more than the pinned 10 bytes"):
        bring(hub, tmp_path / "partial", source(CONTENT[:10]))


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(404, "mend repo, revision or file"), (403, "wants an account"), (500, "try again later")],
)
def test_a_refusal_names_the_address_and_what_to_do(
    hub: FakeHub, tmp_path: Path, status: int, remedy: str
) -> None:
    hub.status = status
    with pytest.raises(FetchError, match=f"{ADDRESS} answered {status}") as caught:
        bring(hub, tmp_path / "partial")
    assert remedy in caught.value.remedy


def test_a_hub_that_is_not_there_is_named_with_the_other_ways(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"127\.0\.0\.1:9") as caught:
        bring(FakeHub(url="http://127.0.0.1:9"), tmp_path / "partial")
    assert "weights.order" in caught.value.remedy
