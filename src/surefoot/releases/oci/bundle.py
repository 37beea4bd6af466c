"""A bundle as a value, and its one spelling: an OCI image manifest (image-spec 1.1) that is an artifact.

Each file is a layer, as plain bytes without an archive or compression, so that a size in the manifest is the
size on the disk and equal files are kept once. The annotation `org.opencontainers.image.title` names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from surefoot.errors import RefusedError, SettingsError
from surefoot.records import Json, canonical_json, digest_bytes
from surefoot.records.strict_json import parse
from surefoot.releases.oci.names import refuse_contents
from surefoot.releases.reading import is_digest

SCHEMA = 1
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
ARTIFACT_TYPE = "application/vnd.surefoot.bundle.v1"
CONFIG_TYPE = "application/vnd.surefoot.bundle.config.v1+json"
TITLE = "org.opencontainers.image.title"
RELEASE = "surefoot.release."
MOST_FILES = 5_000
# What a registry must take (distribution-spec 1.1): a larger manifest could not be pushed.
MOST_MANIFEST_BYTES = 4 * 1024 * 1024
MOST_CONFIG_BYTES = 100_000

_MEDIA_TYPES = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".py": "text/x-python",
    ".toml": "application/toml",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleFile:
    """A file of a bundle: its name, the SHA-256 of its bytes as 64 hex digits, and their number."""

    name: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What a channel serves: the release of each app, and every file that serving them takes, by name."""

    channel: str
    releases: Mapping[str, str]
    files: tuple[BundleFile, ...]

    @property
    def config(self) -> bytes:
        """The config blob: what the bundle is, for whoever asks without reading its files."""
        return canonical_json({"schema": SCHEMA, "channel": self.channel, "releases": self.releases})

    def canonical(self) -> bytes:
        """The bytes of the manifest; equal files make an equal manifest on any machine."""
        return canonical_json(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "artifactType": ARTIFACT_TYPE,
                "config": _descriptor(CONFIG_TYPE, digest_bytes(self.config), len(self.config)),
                "layers": [_layer(file) for file in self.files],
                "annotations": {
                    "surefoot.channel": self.channel,
                    **{f"{RELEASE}{app}": release for app, release in self.releases.items()},
                },
            }
        )

    @property
    def digest(self) -> str:
        """The bundle's name: SHA-256 of its manifest, 64 hex digits."""
        return digest_bytes(self.canonical())

    @property
    def size(self) -> int:
        """Bytes of all files, equal ones counted once."""
        return sum({file.digest: file.size for file in self.files}.values())

    def own_blobs(self) -> tuple[tuple[BundleFile, bytes], ...]:
        """The config and the manifest as blobs, in the order in which they are written."""
        contents = (self.config, self.canonical())
        return tuple((BundleFile(name="", digest=digest_bytes(one), size=len(one)), one) for one in contents)

    def named(self, start: str) -> tuple[BundleFile, ...]:
        """The files whose names begin like this."""
        return tuple(file for file in self.files if file.name.startswith(start))


def bundle_of(channel: str, releases: Mapping[str, str], files: Sequence[BundleFile]) -> Bundle:
    """A bundle of these files. RefusedError for names and sizes that a bundle does not have."""
    sizes = {file.name: file.size for file in files}
    if len(sizes) < len(files):
        raise RefusedError("a bundle names a file twice", remedy="pack it again; nothing was written")
    refuse_contents(channel, releases, sizes)
    if len(files) > MOST_FILES:
        raise RefusedError(
            f"a bundle of {len(files)} files is more than any reader takes, which is {MOST_FILES}",
            remedy="pack fewer apps at once, with --app",
        )
    return Bundle(
        channel=channel,
        releases=dict(sorted(releases.items())),
        files=tuple(sorted(files, key=lambda file: file.name)),
    )


def config_of(manifest: bytes, where: str) -> BundleFile:
    """The descriptor of the config blob that a manifest names, to be read before `parse_bundle`."""
    value = json_object(manifest, where)
    if value.get("artifactType") != ARTIFACT_TYPE:
        raise SettingsError(
            f"{where} is {value.get('artifactType')!r}; this surefoot reads {ARTIFACT_TYPE}",
            remedy="name a bundle that `surefoot release pack` made, or install the surefoot that wrote it",
        )
    config = value.get("config")
    if not isinstance(config, dict):
        raise wrong(where, "it has no config")
    return descriptor(config, where)


def parse_bundle(manifest: bytes, config: bytes, where: str) -> Bundle:
    """The bundle of these bytes, read strictly: one that is spelt otherwise is not one that surefoot wrote.

    Raises RefusedError, and SettingsError for a schema that this surefoot does not know.
    """
    said = json_object(config, where)
    if said.get("schema") != SCHEMA or isinstance(said.get("schema"), bool):
        raise SettingsError(
            f"{where}: schema is {said.get('schema')!r}; this surefoot reads schema {SCHEMA}",
            remedy="install the surefoot that wrote it",
        )
    channel, releases, layers = (
        said.get("channel"),
        said.get("releases"),
        json_object(manifest, where).get("layers"),
    )
    if not isinstance(channel, str) or not isinstance(releases, dict) or not isinstance(layers, list):
        raise wrong(where, "it does not say which releases and files it holds")
    if not releases or not all(isinstance(one, str) and is_digest(one) for one in releases.values()):
        raise wrong(where, "it does not name a release of each app")
    bundle = bundle_of(channel, releases, [_file(layer, where) for layer in layers])
    if bundle.canonical() != manifest or bundle.config != config:
        raise wrong(where, "it says more than a bundle does, or in another spelling")
    return bundle


def descriptor(value: Mapping[str, object], where: str, *, name: str = "") -> BundleFile:
    """A content descriptor of OCI: digest and size, whatever else it says."""
    digest, size = value.get("digest"), value.get("size")
    algorithm, _, hexadecimal = digest.partition(":") if isinstance(digest, str) else ("", "", "")
    if algorithm != "sha256" or not is_digest(hexadecimal):
        raise wrong(where, f"it names a blob by {digest!r}, not by its SHA-256")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise wrong(where, f"the blob {hexadecimal} has the size {size!r}")
    return BundleFile(name=name, digest=hexadecimal, size=size)


def json_object(content: bytes, where: str) -> dict[str, object]:
    """A JSON object, no key twice; RefusedError for anything else."""
    try:
        value = parse(content)
    except ValueError as error:
        raise wrong(where, f"it is not JSON as surefoot writes it: {error}") from None
    if not isinstance(value, dict):
        raise wrong(where, "it is not a JSON object")
    return value


def wrong(where: str, why: str) -> RefusedError:
    """The error for a bundle that is not what `pack` writes."""
    return RefusedError(
        f"{where} is refused: {why}", remedy="pack it again, or pull it from where it is whole"
    )


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, Json]:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}


def _layer(file: BundleFile) -> dict[str, Json]:
    media_type = _MEDIA_TYPES.get(PurePosixPath(file.name).suffix, "application/octet-stream")
    return {**_descriptor(media_type, file.digest, file.size), "annotations": {TITLE: file.name}}


def _file(layer: object, where: str) -> BundleFile:
    annotations = layer.get("annotations") if isinstance(layer, dict) else None
    name = annotations.get(TITLE) if isinstance(annotations, dict) else None
    if not isinstance(layer, dict) or not isinstance(name, str):
        raise wrong(where, "a layer of it has no name")
    return descriptor(layer, where, name=name)
