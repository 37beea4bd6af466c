"""Bring a prompt that is in production to PromptLayer: published where it differs, read back, labelled.

The label moves last, and only to a version that was read back and found to be ours, so that whoever fetches
by label never gets half of it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from surefoot.errors import IntegrationError
from surefoot.integrations.promptlayer.ports import Kept, Prompts, Publication
from surefoot.records import Json

DIGEST = "surefoot_prompt"
LONGEST_COMMIT_MESSAGE = 72
_VERSIONS_LOOKED_AT = 20
# What PromptLayer adds to what it is sent, without changing what it means.
_ADDED = frozenset({"input_variables", "template_format", "type", "id", "role", "display_params"})

Deed = Literal["published", "labelled", "same"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrored:
    """What was done: a new version, only the label moved, or nothing, as all was so already."""

    name: str
    version: int
    label: str
    deed: Deed


async def mirror_prompt(
    prompts: Prompts,
    publication: Publication,
    *,
    label: str,
    known_version: int | None = None,
    remember: Callable[[int], None] = lambda version: None,
) -> Mirrored:
    """Let `label` stand at a version that is exactly this prompt; raises IntegrationError.

    `known_version` is the version that the prompt was published as, where that is known.
    """
    labelled = await prompts.find(publication.name, label=label)
    if labelled is not None and difference(publication, labelled) is None:
        remember(labelled.version)
        return _done(labelled, label, "same")
    found = await _version_that_is(prompts, publication, known_version)
    deed: Deed = "labelled"
    if found is None:
        found, deed = await _published(prompts, publication), "published"
    remember(found.version)
    await prompts.put_label(found, label)
    return _done(found, label, deed)


def difference(publication: Publication, kept: Kept) -> str | None:
    """Where what is kept is not what was to be published; None when it is."""
    if kept.metadata.get(DIGEST) != publication.metadata.get(DIGEST):
        return f"metadata.{DIGEST} is {kept.metadata.get(DIGEST)!r}"
    model = _difference(publication.metadata.get("model"), kept.metadata.get("model"), "metadata.model")
    return model or _difference(publication.template, kept.template, "prompt_template")


async def _published(prompts: Prompts, publication: Publication) -> Kept:
    """The new version, read back: the library reports a failure as if it were a result."""
    version = await prompts.publish(publication)
    kept = await prompts.find(publication.name, version=version)
    if kept is None:
        wrong = f"version {version} is not there"
    elif (where := difference(publication, kept)) is not None:
        wrong = f"version {version} was kept otherwise than it was sent: {where}"
    else:
        return kept
    raise IntegrationError(
        f"PromptLayer took the prompt {publication.name!r}, but {wrong}",
        remedy="no label was moved; look at the prompt there, then run `surefoot promptlayer sync`",
    )


async def _version_that_is(
    prompts: Prompts, publication: Publication, known_version: int | None
) -> Kept | None:
    """A version there with this content, as after a rollback: the one that is known, or a recent one."""
    if known_version is not None:
        kept = await prompts.find(publication.name, version=known_version)
        if kept is not None and difference(publication, kept) is None:
            return kept
    latest = await prompts.find(publication.name)
    if latest is None:
        return None
    if difference(publication, latest) is None:
        return latest
    oldest = max(0, latest.version - _VERSIONS_LOOKED_AT)
    for version in range(latest.version - 1, oldest, -1):
        kept = await prompts.find(publication.name, version=version)
        if kept is not None and difference(publication, kept) is None:
            return kept
    return None


def _difference(ours: Json, theirs: Json, where: str) -> str | None:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return _field_difference(ours, theirs, where)
    if isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            return f"{where} has {len(theirs)} entries, not {len(ours)}"
        pairs = enumerate(zip(ours, theirs, strict=True))
        return _first(_difference(one, other, f"{where}[{place}]") for place, (one, other) in pairs)
    return None if ours == theirs else f"{where} differs"


def _field_difference(ours: Mapping[str, Json], theirs: Mapping[str, Json], where: str) -> str | None:
    for name in theirs.keys() - ours.keys() - _ADDED:
        if theirs[name] not in (None, "", [], {}):
            return f"{where}.{name} was added"
    return _first(
        _difference(value, theirs.get(name), f"{where}.{name}")
        for name, value in ours.items()
        if not (value in (None, [], {}) and not theirs.get(name))
    )


def _first(found: Iterable[str | None]) -> str | None:
    return next((one for one in found if one is not None), None)


def _done(kept: Kept, label: str, deed: Deed) -> Mirrored:
    return Mirrored(name=kept.name, version=kept.version, label=label, deed=deed)
