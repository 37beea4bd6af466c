"""A bundle that somebody else made is refused before a byte of it is written, and the wrong blob is named."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.releases.packing import copied, new_packing, tree

from surefoot.errors import RefusedError, SettingsError, SurefootError
from surefoot.records import canonical_json, digest_bytes
from surefoot.releases import Trust
from surefoot.releases.oci import Layout, unpack_bundle, verify_bundle
from surefoot.releases.oci.layout import BLOBS, INDEX
from surefoot.releases.oci.names import is_bundle_name

TITLE = "org.opencontainers.image.title"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    top = tmp_path_factory.mktemp("hostile")
    packing = new_packing(top / "project")
    layout = Layout(path=top / "bundle")
    packing.pack(layout, packing.promoted("One."))
    return layout


@pytest.fixture
def layout(whole: Layout, tmp_path: Path) -> Layout:
    shutil.copytree(whole.path, tmp_path / "bundle")
    return Layout(path=tmp_path / "bundle")


def put(layout: Layout, content: bytes) -> dict[str, object]:
    """Add a blob, and return what names it."""
    name = digest_bytes(content)
    (layout.path / BLOBS / name).unlink(missing_ok=True)
    (layout.path / BLOBS / name).write_bytes(content)
    return {"digest": f"sha256:{name}", "size": len(content)}


def forge(layout: Layout, change: Callable[[dict[str, object]], object]) -> None:
    """Change the manifest, and let the tag name the changed one."""
    index = json.loads((layout.path / INDEX).read_bytes())
    entry = index["manifests"][0]
    manifest = json.loads((layout.path / BLOBS / entry["digest"].removeprefix("sha256:")).read_bytes())
    change(manifest)
    entry |= put(layout, canonical_json(manifest))
    (layout.path / INDEX).write_bytes(canonical_json(index))


def refused(layout: Layout, tmp_path: Path, words: str) -> None:
    """Nothing takes it, and nothing is written: no copy, and nothing in the state of a replica."""
    target, state = Layout(path=tmp_path / "copy"), tmp_path / "state"
    with pytest.raises(SurefootError, match=words):
        verify_bundle(layout, layout.bundle("production"), trust=Trust())
    with pytest.raises(SurefootError, match=words):
        copied(layout, target)
    with pytest.raises(SurefootError, match=words):
        unpack_bundle(layout, layout.bundle("production"), folder=state / "b", snapshots=state / "s")
    assert not target.path.exists()
    assert tree(tmp_path / "state") == {}


@pytest.mark.parametrize(
    "title",
    [
        "../../escape",
        "/etc/passwd",
        "releases/../../x.toml",
        "apps/answers.toml\n",
        "apps/../settings.toml",
        ".git/hooks/post-checkout",
        f"releases/{'a' * 64}/code/../x.py",
        f"snapshots/{'a' * 64}/.hidden",
        f"snapshots/{'A' * 64}/x",
        "snapshots/" + "a" * 64,
        "apps\\answers.toml",
        "",
    ],
)
def test_a_name_that_no_bundle_has_is_refused(layout: Layout, tmp_path: Path, title: str) -> None:
    def rename(manifest: dict[str, object]) -> None:
        manifest["layers"][0]["annotations"][TITLE] = title  # type: ignore[index]

    forge(layout, rename)

    refused(layout, tmp_path, "a bundle has no file")


@given(st.text(max_size=80) | st.from_regex(r"(releases|snapshots|apps)/[a-z./\\-]{0,30}", fullmatch=True))
def test_no_name_a_bundle_may_have_leads_out_of_its_folder(name: str) -> None:
    if is_bundle_name(name):
        assert not name.startswith("/") and not {"..", ".", ""} & set(name.split("/"))
        assert name.isprintable() and "\\" not in name


def test_a_file_that_is_also_a_folder_is_refused(layout: Layout, tmp_path: Path) -> None:
    def nest(manifest: dict[str, object]) -> None:
        layers = manifest["layers"]
        assert isinstance(layers, list)
        last = layers[-1]
        layers.append({**last, "annotations": {TITLE: last["annotations"][TITLE] + "/x"}})

    forge(layout, nest)

    refused(layout, tmp_path, "both a file and a folder")


def test_a_file_that_is_named_twice_is_refused(layout: Layout, tmp_path: Path) -> None:
    def twice(manifest: dict[str, object]) -> None:
        layers = manifest["layers"]
        assert isinstance(layers, list)
        layers.append(layers[-1])

    forge(layout, twice)

    refused(layout, tmp_path, "names a file twice")


def test_a_size_beyond_reason_is_refused_whatever_is_there(layout: Layout, tmp_path: Path) -> None:
    def inflate(manifest: dict[str, object]) -> None:
        manifest["layers"][0]["size"] = 10**15  # type: ignore[index]

    forge(layout, inflate)

    refused(layout, tmp_path, "has 1000000000000000 bytes; 50000000 are the most")


def test_a_snapshot_larger_than_it_says_is_refused_with_the_blob_named(
    layout: Layout, tmp_path: Path
) -> None:
    blob = next(file for file in layout.bundle("production").files if file.name.endswith("passages.parquet"))
    layout.file(blob).chmod(0o644)
    with layout.file(blob).open("ab") as stream:
        stream.truncate(10**12)  # sparse: no such disk is needed

    refused(layout, tmp_path, f"blob {blob.digest}, the file '{blob.name}'.*1000000000000 bytes, not")


@pytest.mark.parametrize("end", ["models.toml", "passages.parquet", ".prompt.md", ".jsonl", "manifest.json"])
def test_a_changed_blob_is_refused_and_named(layout: Layout, tmp_path: Path, end: str) -> None:
    blob = next(file for file in layout.bundle("production").files if file.name.endswith(end))
    content = layout.file(blob).read_bytes()
    layout.file(blob).chmod(0o644)
    layout.file(blob).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    refused(layout, tmp_path, f"blob {blob.digest}, the file '{blob.name}'.*its bytes have the SHA-256")


def test_a_blob_that_is_missing_is_named(layout: Layout, tmp_path: Path) -> None:
    blob = layout.bundle("production").files[0]
    layout.file(blob).unlink()

    refused(layout, tmp_path, f"blob {blob.digest}, the file '{blob.name}'.*No such file")


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_blob_that_is_no_plain_file_is_refused_without_waiting(
    layout: Layout, tmp_path: Path, kind: str
) -> None:
    blob = layout.bundle("production").files[0]
    (tmp_path / "aside").write_bytes(layout.file(blob).read_bytes())
    layout.file(blob).unlink()
    make: dict[str, Callable[[Path], object]] = {
        "link": lambda path: path.symlink_to(tmp_path / "aside"),
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
    }
    make[kind](layout.file(blob))

    refused(layout, tmp_path, f"blob {blob.digest}")


def test_an_index_that_is_a_link_is_refused(layout: Layout, tmp_path: Path) -> None:
    (layout.path / INDEX).rename(tmp_path / "index.json")
    (layout.path / INDEX).symlink_to(tmp_path / "index.json")

    refused(layout, tmp_path, "it is a link")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"null",
        b'{"schemaVersion": 2}',
        b'{"schemaVersion": 2, "manifests": [1]}',
        b"[" * 100_000,
        b'{"a": 1, "a": 2}',
        b"\xff\xfe",
        b" " * 5_000_000,
    ],
)
def test_an_index_of_nonsense_is_refused(layout: Layout, tmp_path: Path, content: bytes) -> None:
    (layout.path / INDEX).write_bytes(content)

    refused(layout, tmp_path, "is refused|larger|holds more")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("digest", "sha256:../../../../etc/passwd"),
        ("digest", "sha512:" + "a" * 128),
        ("digest", 7),
        ("size", -1),
        ("size", True),
        ("size", 10**12),
        ("mediaType", "application/vnd.docker.distribution.manifest.v2+json"),
    ],
)
def test_a_tag_that_names_no_manifest_is_refused(
    layout: Layout, tmp_path: Path, field: str, value: object
) -> None:
    index = json.loads((layout.path / INDEX).read_bytes())
    index["manifests"][0][field] = value
    (layout.path / INDEX).write_text(json.dumps(index))

    refused(layout, tmp_path, "is refused")


def test_a_manifest_with_more_in_it_than_a_bundle_has_is_refused(layout: Layout, tmp_path: Path) -> None:
    forge(layout, lambda manifest: manifest.update(subject={"digest": "sha256:" + "a" * 64}))

    refused(layout, tmp_path, "in another spelling")


def test_another_artifact_and_another_schema_are_refused_with_what_is_read(
    layout: Layout, whole: Layout, tmp_path: Path
) -> None:
    forge(layout, lambda manifest: manifest.update(artifactType="application/vnd.surefoot.bundle.v9"))
    with pytest.raises(SettingsError, match=r"bundle\.v9.*this surefoot reads.*bundle\.v1"):
        layout.bundle("production")

    def newer(manifest: dict[str, object]) -> None:
        manifest["artifactType"] = "application/vnd.surefoot.bundle.v1"
        config = canonical_json({"schema": 2, "channel": "production", "releases": {}})
        manifest["config"] |= put(layout, config)  # type: ignore[operator]

    forge(layout, newer)
    with pytest.raises(SettingsError, match="schema is 2; this surefoot reads schema 1"):
        layout.bundle("production")


def test_a_bundle_under_another_channels_tag_is_refused(layout: Layout, tmp_path: Path) -> None:
    index = (layout.path / INDEX).read_text()
    (layout.path / INDEX).write_text(index.replace('"production"', '"candidate"'))

    with pytest.raises(RefusedError, match="it is what the channel 'production' serves"):
        layout.bundle("candidate")


def test_a_release_whose_receipt_was_left_out_proves_nothing(layout: Layout) -> None:
    def drop(manifest: dict[str, object]) -> None:
        layers = manifest["layers"]
        assert isinstance(layers, list)
        manifest["layers"] = [one for one in layers if "/receipts/" not in one["annotations"][TITLE]]

    forge(layout, drop)

    with pytest.raises(SurefootError, match="there is no receipt"):
        verify_bundle(layout, layout.bundle("production"), trust=Trust())


@pytest.mark.parametrize("start", ["snapshots/", "models.toml", "channels/", "apps/"])
def test_a_bundle_that_lacks_what_serving_takes_is_refused(layout: Layout, start: str) -> None:
    def drop(manifest: dict[str, object]) -> None:
        layers = manifest["layers"]
        assert isinstance(layers, list)
        manifest["layers"] = [one for one in layers if not one["annotations"][TITLE].startswith(start)]

    forge(layout, drop)

    with pytest.raises(SurefootError):
        verify_bundle(layout, layout.bundle("production"), trust=Trust())
