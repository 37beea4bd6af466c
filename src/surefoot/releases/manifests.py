"""Manifests as files: read strictly, so that each release has one spelling, whose SHA-256 is its name."""

from collections.abc import Mapping
from pathlib import Path

from surefoot.errors import SettingsError
from surefoot.records import Manifest, PinnedPrompt
from surefoot.releases.reading import damaged, is_digest, parse_object, read_named_bytes

MANIFEST = "manifest.json"
SCHEMA = 1
_MOST_BYTES = 100_000


def read_manifest(file: Path, digest: str) -> Manifest:
    """The manifest of the release `digest`.

    Raises FileNotFoundError when the file is not there, RefusedError for bytes that are not the release's,
    and SettingsError for a schema that this surefoot does not know.
    """
    content = read_named_bytes(file, digest, most_bytes=_MOST_BYTES)
    value = parse_object(content, file)
    refuse_unknown_schema(value, SCHEMA, file)
    manifest = _manifest(value, file)
    if manifest.canonical() != content:
        raise damaged(file, "it says more than a manifest does, or in another spelling")
    return manifest


def refuse_unknown_schema(value: Mapping[str, object], schema: int, file: Path) -> None:
    """SettingsError when a file is of another schema than the one that is read."""
    said = value.get("schema")
    if said != schema or isinstance(said, bool):
        raise SettingsError(
            f"{file}: schema is {said!r}; this surefoot reads schema {schema}",
            remedy="install the surefoot that wrote it",
        )


def _manifest(value: Mapping[str, object], file: Path) -> Manifest:
    prompt, snapshot, model = (_table(value, key, file) for key in ("prompt", "snapshot", "model"))
    return Manifest(
        app=_text(value, "app", file),
        pipeline=_text(value, "pipeline", file),
        abstention=_text(value, "abstention", file),
        prompt_name=_text(prompt, "name", file),
        prompt=_digest(prompt, "digest", file),
        recipe=_digest(value, "recipe", file),
        snapshot=_digest(snapshot, "digest", file),
        passages=_digest(snapshot, "passages", file),
        embedder=_digest(value, "embedder", file),
        model_alias=_text(model, "alias", file),
        model=_digest(model, "identity", file),
        prompts=_further_prompts(value, file),
    )


def _further_prompts(value: Mapping[str, object], file: Path) -> tuple[PinnedPrompt, ...]:
    """The further prompts by their use, in order; none where the manifest has no such key."""
    tables = _table(value, "prompts", file) if "prompts" in value else {}
    found = []
    for use in sorted(tables):
        pinned = _table(tables, use, file)
        found.append(
            PinnedPrompt(use=use, name=_text(pinned, "name", file), digest=_digest(pinned, "digest", file))
        )
    return tuple(found)


def _table(value: Mapping[str, object], key: str, file: Path) -> dict[str, object]:
    found = value.get(key)
    if not isinstance(found, dict):
        raise damaged(file, f"{key!r} is {found!r}, not an object")
    return found


def _text(value: Mapping[str, object], key: str, file: Path) -> str:
    found = value.get(key)
    if not isinstance(found, str) or not found:
        raise damaged(file, f"{key!r} is {found!r}, not a text")
    return found


def _digest(value: Mapping[str, object], key: str, file: Path) -> str:
    found = _text(value, key, file)
    if not is_digest(found):
        raise damaged(file, f"{key!r} is {found!r}, not a SHA-256 of 64 lower-case hex digits")
    return found
