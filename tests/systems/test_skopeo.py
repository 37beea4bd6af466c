"""A tool that is not ours reads and copies a bundle by the OCI rules, and its copy is the same bundle."""

import json
import subprocess
from pathlib import Path

import pytest
from tests.releases.packing import copied, new_packing
from tests.systems.tools import tool

from surefoot.releases import Trust
from surefoot.releases.oci import Layout, verify_bundle

pytestmark = pytest.mark.systems


def skopeo(*arguments: str) -> str:
    command = [tool("skopeo", package="skopeo"), "--insecure-policy", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    packing = new_packing(tmp_path / "project")
    found = Layout(path=tmp_path / "bundle")
    packing.pack(found, packing.promoted("One."))
    return found


def test_skopeo_copies_a_bundle_and_its_copy_is_verified_and_pulled(layout: Layout, tmp_path: Path) -> None:
    theirs = Layout(path=tmp_path / "theirs")
    skopeo("copy", f"oci:{layout.path}:production", f"oci:{theirs.path}:production")

    assert theirs.digest("production") == layout.digest("production")
    assert verify_bundle(theirs, theirs.bundle("production"), trust=Trust()).releases
    assert copied(theirs, Layout(path=tmp_path / "pulled")).moved


def test_skopeo_reads_the_manifest_as_it_is(layout: Layout) -> None:
    raw = skopeo("inspect", "--raw", f"oci:{layout.path}:production")

    assert raw.encode() == layout.bundle("production").canonical()
    assert json.loads(raw)["artifactType"] == "application/vnd.surefoot.bundle.v1"
