"""Reading `serving/models.toml`, the catalogue of models."""

from dataclasses import replace
from pathlib import Path
from typing import cast

from surefoot.errors import SettingsError
from surefoot.models.fingerprint import FINGERPRINT_PROMPTS, Fingerprint, PinnedFingerprint
from surefoot.models.specs import (
    HubFile,
    Kind,
    Models,
    ModelSpec,
    Quantisation,
    SourceFile,
    WheelPart,
    Wheels,
)
from surefoot.tables import Table, read_table

SCHEMA = 1
KINDS = ("chat", "embedding")
QUANTISATIONS = ("int8-w8a8", "none")


def load_models(path: Path) -> Models:
    """The catalogue in the file at `path`. Raises SettingsError that names the entry and the key at fault."""
    if not path.exists():
        raise SettingsError(
            f"there is no {str(path)!r}", remedy="run from the project's top, or name its serving folder"
        )
    top = read_table(path, schema=SCHEMA)
    entries = top.tables_by_name("models")
    top.refuse_others()
    own = {alias: _spec(alias, entry) for alias, entry in entries.items() if not entry.has("same_as")}
    return Models(
        by_alias={alias: own.get(alias) or _twin(alias, entry, own) for alias, entry in entries.items()}
    )


def _twin(alias: str, entry: Table, own: dict[str, ModelSpec]) -> ModelSpec:
    """An entry that is another one under a second name."""
    other = entry.text("same_as")
    if other not in own:
        raise entry.wrong("same_as", other, f"one with an entry of its own: {', '.join(own)}")
    entry.refuse_others()
    return replace(own[other], alias=alias, same_as=other)


def _spec(alias: str, entry: Table) -> ModelSpec:
    spec = ModelSpec(
        alias=alias,
        same_as=None,
        kind=cast(Kind, entry.text("kind", one_of=KINDS)),
        title=entry.text("title"),
        publisher=entry.text("publisher"),
        licence=entry.text("licence"),
        files=tuple(_file(table) for table in entry.tables("files")),
        quantisation=cast(Quantisation, entry.text("quantisation", one_of=QUANTISATIONS)),
        converter=entry.integer("converter", least=1),
        adapter=None,  # adapters come with a later issue; the identity has a place for them
        chat_template_sha256=entry.digest("chat_template_sha256")
        if entry.has("chat_template_sha256")
        else None,
        context_tokens=entry.integer("context_tokens", least=1),
        vllm_flags=entry.texts("vllm_flags", ()),
        memory_bytes=entry.integer("memory_bytes", least=1),
        expanded_memory_bytes=entry.integer(
            "expanded_memory_bytes", entry.integer("memory_bytes", least=1), least=1
        ),
        fingerprint=_fingerprint(entry.table("fingerprint")) if entry.has("fingerprint") else None,
    )
    entry.refuse_others()
    return spec


def _file(table: Table) -> SourceFile:
    file = SourceFile(
        filename=table.text("filename"),
        sha256=table.digest("sha256"),
        size_bytes=table.integer("size_bytes", least=1),
        hub=_hub(table.table("hub")) if table.has("hub") else None,
        wheels=_wheels(table.table("wheels")) if table.has("wheels") else None,
    )
    if Path(file.filename).name != file.filename:
        raise table.wrong("filename", file.filename, "a plain file name, without folders")
    table.refuse_others()
    return file


def _hub(table: Table) -> HubFile:
    hub = HubFile(repo=table.text("repo"), revision=table.text("revision"), file=table.text("file"))
    table.refuse_others()
    return hub


def _wheels(table: Table) -> Wheels:
    """The parts in order. `{n}` stands for the part's number from 1, `{nn}` for the same in two digits."""
    package, version, member = table.text("package"), table.text("version"), table.text("member")
    parts = tuple(
        WheelPart(package=_numbered(package, number), version=version, member=_numbered(member, number))
        for number in range(1, table.integer("count", least=1) + 1)
    )
    if len(set(parts)) != len(parts):
        raise table.wrong("package", package, "a pattern with {n} in it, as there are several parts")
    wheels = Wheels(parts=parts, notice=table.text("notice"))
    table.refuse_others()
    return wheels


def _numbered(pattern: str, number: int) -> str:
    return pattern.replace("{nn}", f"{number:02}").replace("{n}", str(number))


def _fingerprint(table: Table) -> PinnedFingerprint:
    texts = table.texts("texts")
    if len(texts) != len(FINGERPRINT_PROMPTS):
        raise table.wrong(
            "texts", texts, f"{len(FINGERPRINT_PROMPTS)} texts, one for each fingerprint prompt"
        )
    pinned = PinnedFingerprint(
        fingerprint=Fingerprint(texts=texts), threshold=table.number("threshold", least=0.01, most=1)
    )
    table.refuse_others()
    return pinned
