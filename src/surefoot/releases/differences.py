"""What one release pins otherwise than another, part by part."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from surefoot.records import Json, Manifest
from surefoot.releases.bundles import CODE, PROMPTS, ReleaseBundle, load_parts

_SINGLE = ("app", "abstention", "snapshot", "passages", "embedder", "model_alias", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A part that differs: what each release pins, and `lines` that tell more, as of a unified diff.

    `part` is a field of the manifest. A recipe's lines are its keys, those of prompts and of a pipeline with
    code of its own are its files'.
    """

    part: str
    before: str
    after: str
    lines: tuple[str, ...] = ()


def diff(before: ReleaseBundle, after: ReleaseBundle) -> tuple[Difference, ...]:
    """Every part that differs, the prompt first; none when both are the same release."""
    one, other = before.manifest, after.manifest
    found = []
    if (one.prompt_name, one.prompt) != (other.prompt_name, other.prompt):
        lines = tuple(_file_lines(PROMPTS, _prompt_files(before), _prompt_files(after)))
        found.append(Difference(part="prompt", before=one.prompt, after=other.prompt, lines=lines))
    if one.prompts != other.prompts:
        lines = tuple(_file_lines(PROMPTS, _further_files(before), _further_files(after)))
        found.append(Difference(part="prompts", before=_named(one), after=_named(other), lines=lines))
    if one.pipeline != other.pipeline:
        lines = tuple(_file_lines(CODE, _code_files(before), _code_files(after)))
        found.append(Difference(part="pipeline", before=one.pipeline, after=other.pipeline, lines=lines))
    if one.recipe != other.recipe:
        lines = tuple(_recipe_lines(before, after))
        found.append(Difference(part="recipe", before=one.recipe, after=other.recipe, lines=lines))
    return (*found, *_single(one, other))


def _single(one: Manifest, other: Manifest) -> Iterator[Difference]:
    for part in _SINGLE:
        before, after = str(getattr(one, part)), str(getattr(other, part))
        if before != after:
            yield Difference(part=part, before=before, after=after)


def _prompt_files(bundle: ReleaseBundle) -> dict[str, list[str]]:
    """The lines of a prompt's files by name."""
    return _read(bundle, load_parts(bundle).prompt.files)


def _further_files(bundle: ReleaseBundle) -> dict[str, list[str]]:
    """The same for the further prompts, without what the prompt's own lines show."""
    parts = load_parts(bundle)
    further = {name for prompt in parts.prompts.values() for name in prompt.files}
    return _read(bundle, sorted(further.difference(parts.prompt.files)))


def _read(bundle: ReleaseBundle, names: Iterable[str]) -> dict[str, list[str]]:
    return {name: (bundle.prompts / name).read_text(encoding="utf-8-sig").splitlines() for name in names}


def _code_files(bundle: ReleaseBundle) -> dict[str, list[str]]:
    """The lines of an app's own code by file; none for the built-in pipeline."""
    code = load_parts(bundle).code
    files = {} if code is None else code.files
    return {name: content.decode(errors="replace").splitlines() for name, content in files.items()}


def _named(manifest: Manifest) -> str:
    return ", ".join(f"{one.use}: {one.name} {one.digest}" for one in manifest.prompts) or "none"


def _file_lines(top: str, before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys(), key=lambda name: (name not in after, name)):
        yield from difflib.unified_diff(
            before.get(name, []),
            after.get(name, []),
            fromfile=f"{top}/{name}" if name in before else "/dev/null",
            tofile=f"{top}/{name}" if name in after else "/dev/null",
            lineterm="",
        )


def _recipe_lines(before: ReleaseBundle, after: ReleaseBundle) -> Iterator[str]:
    one, other = (dict(_flat("", load_parts(bundle).recipe.canonical())) for bundle in (before, after))
    for key in sorted(one.keys() | other.keys()):
        if one.get(key) != other.get(key):
            yield f"-{key} = {one.get(key)}"
            yield f"+{key} = {other.get(key)}"


def _flat(key: str, value: Json) -> Iterator[tuple[str, Json]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{key}.{name}".strip("."), inner)
    else:
        yield key, value
