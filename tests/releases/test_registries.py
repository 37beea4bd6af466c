"""A bundle comes back from a registry the same; what the registry sends is believed by digest alone."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.registry_server import USER, FakeRegistry, running_registry
from tests.releases.packing import Packing, tree
from tests.releases.repositories import silent

from surefoot.errors import (
    InputError,
    IntegrationError,
    KeyRefusedError,
    NotFoundError,
    RefusedError,
    SettingsError,
)
from surefoot.records import Manifest
from surefoot.releases import Trust
from surefoot.releases.oci import Layout, Packed
from surefoot.releases.oci.registry import Registry, parse_address
from surefoot.releases.oci.registry_copying import pull_bundle, push_bundle
from surefoot.releases.oci.registry_keys import parse_challenge

TAG = "production"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRegistry]:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setattr("surefoot.releases.oci.registry.PAUSE_SECONDS", 0.0)
    with running_registry(FakeRegistry()) as running:
        yield running


def push(layout: Layout, registry: FakeRegistry) -> Packed:
    async def work() -> Packed:
        async with Registry(parse_address(registry.address)) as there:
            return await push_bundle(layout, there, TAG, trust=Trust(), report=silent)

    return asyncio.run(work())


def pull(registry: FakeRegistry, layout: Layout) -> Packed:
    async def work() -> Packed:
        async with Registry(parse_address(registry.address)) as there:
            return await pull_bundle(there, layout, TAG, trust=Trust(), report=silent)

    return asyncio.run(work())


def log_in(tmp_path: Path, registry: FakeRegistry, key: str) -> None:
    """Leave what `docker login` leaves."""
    (tmp_path / "docker").mkdir(exist_ok=True)
    auths = {registry.host: {"auth": base64.b64encode(key.encode()).decode()}}
    (tmp_path / "docker" / "config.json").write_text(json.dumps({"auths": auths}))


def test_what_is_pushed_to_a_registry_is_pulled_as_the_same_bytes(
    layout: Layout, registry: FakeRegistry, tmp_path: Path
) -> None:
    pushed, pulled = push(layout, registry), pull(registry, Layout(path=tmp_path / "pulled"))

    assert tree(tmp_path / "pulled") == tree(layout.path)
    assert registry.tags[TAG] == layout.bundle(TAG).canonical()
    assert pushed.verified == pulled.verified
    assert pushed.moved and pulled.moved


def test_what_is_there_is_not_sent_or_fetched_again(
    layout: Layout, packing: Packing, one: Manifest, registry: FakeRegistry, tmp_path: Path
) -> None:
    target = Layout(path=tmp_path / "pulled")
    push(layout, registry)
    pull(registry, target)
    registry.asked.clear()

    again = (push(layout, registry), pull(registry, target))
    assert [(one.written, one.moved) for one in again] == [(0, False), (0, False)]
    assert not [asked for asked in registry.asked if asked.startswith(("POST", "PUT"))]

    packing.pack(layout, packing.promoted("Two."))
    pushed, pulled = push(layout, registry), pull(registry, target)
    assert 0 < pushed.written < pushed.verified.size, "the snapshot was there already"
    assert 0 < pulled.written < pulled.verified.size
    assert target.digest(TAG) == layout.digest(TAG)


def test_a_connection_that_breaks_and_a_registry_that_is_not_well_are_tried_again(
    layout: Layout, registry: FakeRegistry, tmp_path: Path
) -> None:
    registry.failures = [503, 429]
    push(layout, registry)
    registry.failures, registry.cut_after = [502], 1000

    pull(registry, Layout(path=tmp_path / "pulled"))

    assert tree(tmp_path / "pulled") == tree(layout.path)


def test_a_registry_that_stays_unwell_is_named_and_a_later_pull_goes_on(
    layout: Layout, registry: FakeRegistry, tmp_path: Path
) -> None:
    push(layout, registry)
    target = Layout(path=tmp_path / "pulled")
    largest = max(registry.blobs, key=lambda name: len(registry.blobs[name]))
    kept = registry.blobs.pop(largest)
    with pytest.raises(IntegrationError, match="answered GET with 404"):
        pull(registry, target)
    assert not (target.path / "index.json").exists()

    registry.blobs[largest] = kept
    assert 0 < pull(registry, target).written <= layout.bundle(TAG).size
    assert tree(target.path) == tree(layout.path)


@pytest.mark.parametrize("change", ["other", "longer", "shorter"])
def test_other_bytes_than_the_digest_says_are_refused_and_the_tag_stays(
    layout: Layout, registry: FakeRegistry, tmp_path: Path, change: str
) -> None:
    push(layout, registry)
    blob = next(file for file in layout.bundle(TAG).files if file.name.endswith("passages.parquet"))
    content = registry.blobs[f"sha256:{blob.digest}"]
    changed = {"other": b"?" + content[1:], "longer": content + b"?", "shorter": content[:-1]}[change]
    registry.blobs[f"sha256:{blob.digest}"] = changed

    with pytest.raises(RefusedError, match=f"blob {blob.digest}, the file '{blob.name}'"):
        pull(registry, Layout(path=tmp_path / "pulled"))

    assert not (tmp_path / "pulled" / "index.json").exists()
    assert not (tmp_path / "pulled" / "blobs" / "sha256" / blob.digest).exists()


def test_a_hostile_manifest_is_refused_before_anything_is_fetched_or_written(
    layout: Layout, registry: FakeRegistry, tmp_path: Path
) -> None:
    push(layout, registry)
    registry.tags[TAG] = registry.tags[TAG].replace(b'"apps/answers.toml"', b'"../answers.toml"')
    registry.asked.clear()

    with pytest.raises(RefusedError, match=r"a bundle has no file '\.\./answers.toml'"):
        pull(registry, Layout(path=tmp_path / "pulled"))

    assert not (tmp_path / "pulled").exists()
    assert len(registry.asked) == 2, "the manifest and its config"


def test_a_registry_that_wants_a_token_gets_it_with_the_key_of_docker_login(
    layout: Layout, registry: FakeRegistry, tmp_path: Path
) -> None:
    registry.guarded = True
    with pytest.raises(KeyRefusedError, match="does not let us") as refused:
        push(layout, registry)
    assert f"docker login {registry.host}" in refused.value.remedy

    log_in(tmp_path, registry, "robot:another-secret")
    with pytest.raises(KeyRefusedError) as wrong_key:
        push(layout, registry)
    assert "another-secret" not in str(wrong_key.value)

    log_in(tmp_path, registry, USER)
    push(layout, registry)
    pull(registry, Layout(path=tmp_path / "pulled"))
    assert tree(tmp_path / "pulled") == tree(layout.path)


def test_a_host_that_a_registry_sends_us_to_cannot_ask_for_the_registrys_key(
    layout: Layout, registry: FakeRegistry, tmp_path: Path
) -> None:
    push(layout, registry)
    registry.guarded = True
    log_in(tmp_path, registry, USER)
    with running_registry(FakeRegistry(guarded=True)) as stranger:
        registry.elsewhere = stranger.host

        with pytest.raises(KeyRefusedError):
            pull(registry, Layout(path=tmp_path / "pulled"))

        assert registry.keys and stranger.asked and stranger.keys == []


def test_no_key_goes_over_a_line_without_tls_to_a_host_that_has_it(tmp_path: Path) -> None:
    there = Registry(parse_address("oci://registry.example.org/acme/answers"))

    assert there.may_see_the_key("https://registry.example.org/v2/acme/answers/blobs/uploads/1")
    assert there.may_see_the_key("https://Registry.example.org:443/v2/")
    for other in ("http://registry.example.org/v2/", "https://registry.example.org.evil/", "https://evil/"):
        assert not there.may_see_the_key(other)


def test_a_broken_file_of_keys_is_named_without_what_is_in_it(
    layout: Layout, registry: FakeRegistry, tmp_path: Path
) -> None:
    registry.guarded = True
    log_in(tmp_path, registry, USER)
    (tmp_path / "docker" / "config.json").write_text('{"auths": {"a-secret')

    with pytest.raises(SettingsError, match=r"config\.json cannot be read") as error:
        push(layout, registry)

    assert "a-secret" not in str(error.value)


def test_no_bundle_and_no_registry_are_told_apart(
    layout: Layout, registry: FakeRegistry, tmp_path: Path
) -> None:
    with pytest.raises(NotFoundError, match="there is no bundle 'production' in oci://"):
        pull(registry, Layout(path=tmp_path / "pulled"))
    gone = FakeRegistry(host="127.0.0.1:1")
    with pytest.raises(IntegrationError, match="cannot be reached"):
        pull(gone, Layout(path=tmp_path / "pulled"))


@pytest.mark.parametrize(
    "text", ["oci://", "oci://host", "oci://host/", "oci://host/UPPER", "oci://host/a:tag", "oci://a b/c"]
)
def test_an_address_that_names_no_repository_is_refused_with_one_that_does(text: str) -> None:
    with pytest.raises(InputError) as error:
        parse_address(text)
    assert "oci://registry.example.org/acme/answers" in error.value.remedy


def test_only_this_machine_is_spoken_to_without_tls() -> None:
    assert parse_address("oci://127.0.0.1:5000/a").url == "http://127.0.0.1:5000/v2/a/"
    assert parse_address("oci://registry.example.org/acme/a").url == (
        "https://registry.example.org/v2/acme/a/"
    )
    with pytest.raises(IntegrationError, match="no TLS"):
        parse_challenge('Bearer realm="http://elsewhere.example.org/token",service="x"')
