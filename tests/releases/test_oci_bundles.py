"""A bundle is an OCI artifact, the same bytes each time, and is copied whole or not at all."""

import json
import resource
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.releases.packing import LARGE, Packing, copied, packed, tree

from surefoot.errors import NotFoundError, RefusedError, SurefootError
from surefoot.records import Manifest, digest_bytes
from surefoot.releases import Trust
from surefoot.releases.approvals import Approval
from surefoot.releases.oci import Layout, unpack_bundle, verify_bundle

MOST_BYTES = 8 * LARGE - 1


def test_the_same_release_packed_twice_is_the_same_bytes(
    packing: Packing, one: Manifest, layout: Layout, tmp_path: Path
) -> None:
    other = Layout(path=tmp_path / "other")
    packing.pack(other, one)
    before = tree(layout.path)

    again = packing.pack(layout, one)

    assert tree(other.path) == tree(layout.path) == before
    assert (again.written, again.moved) == (0, False)


def test_the_approvals_of_a_release_go_along_with_it(packing: Packing, one: Manifest, tmp_path: Path) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    approval = Approval(
        app="answers",
        release=one.digest,
        by="maria@example.org",
        reason="",
        made_at=now,
        expires_at=now + timedelta(days=7),
    )
    name = f"approvals/{one.digest}/{approval.digest}.json"
    file = packing.serving / name
    file.parent.mkdir(parents=True)
    file.write_bytes(approval.canonical())
    bundle = Layout(path=tmp_path / "approved")

    packing.pack(bundle, one)
    verify_bundle(bundle, bundle.bundle("production"), trust=Trust())
    copied(bundle, Layout(path=tmp_path / "copy"))

    there = {blob.name: bundle.file(blob).read_bytes() for blob in bundle.bundle("production").files}
    assert there[name] == approval.canonical()


def test_a_bundle_keeps_the_rules_of_the_oci_image_specification(layout: Layout) -> None:
    """https://github.com/opencontainers/image-spec v1.1: image-layout.md, image-index.md, manifest.md."""
    assert json.loads((layout.path / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    index = json.loads((layout.path / "index.json").read_bytes())
    assert index["schemaVersion"] == 2
    assert index["mediaType"] == "application/vnd.oci.image.index.v1+json"
    (entry,) = index["manifests"]
    assert entry["annotations"] == {"org.opencontainers.image.ref.name": "production"}
    manifest = json.loads(blob(layout, entry))
    assert entry["mediaType"] == manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert entry["artifactType"] == manifest["artifactType"] == "application/vnd.surefoot.bundle.v1"
    assert manifest["schemaVersion"] == 2
    assert all(isinstance(value, str) for value in manifest["annotations"].values())
    assert manifest["layers"], "an artifact has at least one layer"
    for layer in (manifest["config"], *manifest["layers"]):
        assert set(layer) - {"annotations"} == {"mediaType", "digest", "size"}
        assert layer["mediaType"].count("/") == 1
        blob(layout, layer)
    titles = [layer["annotations"]["org.opencontainers.image.title"] for layer in manifest["layers"]]
    assert titles == sorted(titles)
    assert len(tree(layout.path)) == 2 + 2 + len({layer["digest"] for layer in manifest["layers"]})


def blob(layout: Layout, descriptor: dict[str, object]) -> bytes:
    """The bytes a descriptor names, which have its digest and its size."""
    algorithm, _, name = str(descriptor["digest"]).partition(":")
    content = (layout.path / "blobs" / algorithm / name).read_bytes()
    assert (algorithm, digest_bytes(content), len(content)) == ("sha256", name, descriptor["size"])
    return content


def test_a_copy_is_the_same_bundle_and_is_not_made_twice(layout: Layout, tmp_path: Path) -> None:
    target = Layout(path=tmp_path / "shared" / "bundle")

    first, second = copied(layout, target), copied(layout, target)

    assert tree(target.path) == tree(layout.path)
    assert (first.written, first.moved) == (first.verified.size, True)
    assert (second.written, second.moved) == (0, False)


def test_the_tag_moves_on_and_back_and_each_blob_is_kept_once(
    packing: Packing, one: Manifest, layout: Layout, tmp_path: Path
) -> None:
    target = Layout(path=tmp_path / "shared")
    first = copied(layout, target).verified.bundle
    packing.pack(layout, packing.promoted("Two."))
    second = copied(layout, target)
    assert target.digest("production") == second.verified.bundle != first
    assert second.written < second.verified.size, "the snapshot was there already"

    packing.pack(layout, packing.promoted("One."))
    back = copied(layout, target)

    assert (target.digest("production"), back.written) == (first, 0)
    entries = json.loads((target.path / "index.json").read_bytes())["manifests"]
    assert [entry.get("annotations") for entry in entries] == [
        {"org.opencontainers.image.ref.name": "production"},
        None,
    ]


def test_entries_of_other_tools_stay_in_the_index(packing: Packing, one: Manifest, layout: Layout) -> None:
    index = json.loads((layout.path / "index.json").read_bytes())
    theirs = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": f"sha256:{'7' * 64}",
        "size": 7,
        "annotations": {"org.opencontainers.image.ref.name": "theirs"},
    }
    index["manifests"].append(theirs)
    (layout.path / "index.json").write_text(json.dumps(index))

    packing.pack(layout, packing.promoted("Two."))

    assert theirs in json.loads((layout.path / "index.json").read_bytes())["manifests"]


def test_a_full_disk_leaves_what_was_there_and_the_copy_goes_on_later(
    packing: Packing, layout: Layout, tmp_path: Path
) -> None:
    first, target = Layout(path=tmp_path / "first"), Layout(path=tmp_path / "shared")
    packing.pack(first, packing.promoted("Two."))
    small = {name: path for name, path in tree(first.path).items() if len(path) < MOST_BYTES}
    for name, content in small.items():
        (target.path / name).parent.mkdir(parents=True, exist_ok=True)
        (target.path / name).write_bytes(content)
    before = tree(target.path)

    _run_with_small_files(layout, target, most_bytes=MOST_BYTES)

    after = tree(target.path)
    assert after["index.json"] == before["index.json"]
    assert before.items() <= after.items(), "blobs that were there are there"
    assert [name for name in after if ".writing" in name] == []
    assert copied(layout, target).written > MOST_BYTES
    assert target.digest("production") == layout.digest("production")


def _run_with_small_files(source: Layout, target: Layout, *, most_bytes: int) -> None:
    """Copy in a process that may write no larger file, as if the disk were full."""
    code = (
        "import sys; from pathlib import Path; from tests.releases.packing import copied;"
        "from surefoot.releases.oci import Layout;"
        "copied(Layout(path=Path(sys.argv[1])), Layout(path=Path(sys.argv[2])))"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    done = subprocess.run(
        [sys.executable, "-c", code, str(source.path), str(target.path)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limit,
    )
    assert "ResourceError" in done.stderr and "what was there is untouched" in done.stderr, done.stderr


def test_whoever_reads_while_the_tag_moves_finds_one_bundle_or_the_other_whole(
    packing: Packing, one: Manifest, layout: Layout, tmp_path: Path
) -> None:
    target, other = Layout(path=tmp_path / "shared"), Layout(path=tmp_path / "two")
    both = {copied(layout, target).verified.bundle}
    both.add(packing.pack(other, packing.promoted("Two.")).verified.bundle)
    stop, seen, wrong = threading.Event(), set[str](), list[SurefootError]()

    def read() -> None:
        while not stop.is_set():
            try:
                seen.add(verify_bundle(target, target.bundle("production"), trust=Trust()).bundle)
            except SurefootError as error:
                wrong.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(10):
        copied(other, target)
        copied(layout, target)
    stop.set()
    reader.join()

    assert wrong == []
    assert seen <= both and seen


def test_a_bundle_is_laid_out_for_a_service_and_mended_where_it_was_damaged(
    layout: Layout, one: Manifest, packing: Packing, tmp_path: Path
) -> None:
    folder, snapshots = tmp_path / "state" / "bundles", tmp_path / "state" / "snapshots"
    bundle = layout.bundle("production")
    path = unpack_bundle(layout, bundle, folder=folder, snapshots=snapshots)
    whole = tree(tmp_path / "state")

    shutil.rmtree(path / "apps")
    damaged = snapshots / one.snapshot / "passages.parquet"
    damaged.chmod(0o644)
    damaged.write_bytes(b"other")
    assert unpack_bundle(layout, bundle, folder=folder, snapshots=snapshots) == path == folder / bundle.digest

    assert tree(tmp_path / "state") == whole
    assert {file.name for file in bundle.files} == {
        *(name for name in tree(path)),
        *(f"snapshots/{name}" for name in tree(snapshots)),
    }


def test_a_copy_that_was_killed_as_it_began_is_begun_anew(layout: Layout, tmp_path: Path) -> None:
    target = Layout(path=tmp_path / "target")
    (target.path / ".writing-x").mkdir(parents=True)
    (target.path / ".oci-layout.a1b2c3").touch()

    copied(layout, target)
    (target.path / ".index.json.a1b2c3").touch()
    copied(layout, target)

    assert tree(target.path) == tree(layout.path), "and nothing is left of it"


def test_a_folder_that_holds_something_else_is_not_made_a_layout(
    packing: Packing, one: Manifest, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear")

    with pytest.raises(RefusedError, match="holds something else"):
        packing.pack(Layout(path=tmp_path / "mine"), one)

    assert tree(tmp_path / "mine") == {"letter.txt": b"Dear"}


def test_a_tag_that_is_not_there_is_refused_with_those_that_are(layout: Layout, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as error:
        layout.bundle("candidate")
    assert "production" in error.value.remedy
    with pytest.raises(NotFoundError, match="there is no bundle in"):
        Layout(path=tmp_path / "nowhere").bundle("production")


def test_a_file_of_no_known_name_is_not_packed(packing: Packing, one: Manifest, tmp_path: Path) -> None:
    files = {**packing.files(one), "../escape": packing.serving / "models.toml"}

    with pytest.raises(RefusedError, match=r"a bundle has no file '\.\./escape'"):
        packed(Layout(path=tmp_path / "new"), {"answers": one.digest}, files)

    assert not (tmp_path / "new").exists()
