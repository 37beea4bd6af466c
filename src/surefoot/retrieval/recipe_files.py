"""Read a recipe from its file, and say what is wrong with one."""

import re
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from surefoot.errors import SettingsError
from surefoot.retrieval.recipes import (
    ANALYSERS,
    HEADERS,
    SCHEMA,
    SPLITTERS,
    Choice,
    Chunking,
    DenseLeg,
    LexicalLeg,
    Named,
    NamedLeg,
    Option,
    Recipe,
    Rerank,
)
from surefoot.tables import Table, read_table

SHA256 = re.compile(r"[0-9a-f]{64}")
ENDING = re.compile(r"\.[a-z0-9]{1,20}")
NAMED = re.compile(r"llama_index(?:\.[a-z][a-z0-9_]*)+:[A-Za-z_][A-Za-z0-9_]*")


def load_recipe(path: Path) -> Recipe:
    """Read `<name>.toml`. Raises NotFoundError and SettingsError."""
    top = read_table(path, schema=SCHEMA)
    fusion, search, scan = top.table("fusion"), top.table("search"), top.table("scan")
    abstention = top.table("abstention")
    recipe = Recipe(
        name=path.stem,
        chunking=_chunking(top.table("chunking")),
        dense=_dense(top.table("dense")),
        lexical=_lexical(top.table("lexical")),
        rrf_k=fusion.integer("rrf_k", 60, least=1, most=10_000),
        limit=search.integer("limit", 4, least=1, most=100),
        choice=_choice(search),
        rerank=_rerank(top),
        least_similarity=(
            abstention.number("least_similarity", None, least=-1, most=1)
            if abstention.has("least_similarity")
            else None
        ),
        readers=_readers(top),
        named=_named_leg(top),
        holds_back=scan.text("suspicious", "mark", one_of=("mark", "hold back")) == "hold back",
    )
    for table in (fusion, search, scan, abstention, top):
        table.refuse_others()
    if recipe.dense.weight == 0 and recipe.lexical.weight == 0 and recipe.named is None:
        raise SettingsError(
            f"{path}: the weights of [dense] and [lexical] are both 0",
            remedy="Give at least one leg a weight above 0, or nothing can be found.",
        )
    return recipe


def _chunking(table: Table) -> Chunking:
    return _by_tokens(table) if _splitter(table) == "token" else _by_words(table)


def _by_tokens(table: Table) -> Chunking:
    default = Chunking()
    chunking = Chunking(
        splitter="token",
        limit_tokens=table.integer("limit_tokens", default.limit_tokens, least=32, most=8_192),
        overlap_tokens=table.integer("overlap_tokens", default.overlap_tokens, least=0, most=4_096),
        headers=table.text("headers", default.headers, one_of=HEADERS),
    )
    table.refuse_others()
    if chunking.overlap_tokens > chunking.limit_tokens // 2:
        raise SettingsError(
            f"[chunking] has overlap_tokens = {chunking.overlap_tokens} beside limit_tokens = "
            f"{chunking.limit_tokens}",
            remedy="Keep it at most half of limit_tokens.",
        )
    return chunking


def _by_words(table: Table) -> Chunking:
    default = Chunking()
    chunking = Chunking(
        splitter=_splitter(table),
        limit_words=table.integer("limit_words", default.limit_words, least=20, most=2_000),
        minimum_words=table.integer("minimum_words", default.minimum_words, least=0, most=1_000),
        overlap_words=table.integer("overlap_words", default.overlap_words, least=0, most=500),
        headers=table.text("headers", default.headers, one_of=HEADERS),
    )
    if ":" in chunking.splitter:
        chunking = replace(chunking, options=_options(table), library=_library(table, chunking.splitter))
    table.refuse_others()
    if max(chunking.minimum_words, chunking.overlap_words) > chunking.limit_words // 2:
        raise SettingsError(
            f"[chunking] has minimum_words = {chunking.minimum_words} and overlap_words = "
            f"{chunking.overlap_words} beside limit_words = {chunking.limit_words}",
            remedy="Keep both at most half of limit_words.",
        )
    return chunking


def _splitter(table: Table) -> str:
    """One of ours, or a class below llama_index: naming a module is running its code, so no other may be."""
    splitter = table.text("splitter", Chunking().splitter)
    if splitter in SPLITTERS or NAMED.fullmatch(splitter):
        return splitter
    raise table.wrong(
        "splitter", splitter, f"one of {', '.join(map(repr, SPLITTERS))}, or llama_index.<module>:<class>"
    )


def _readers(top: Table) -> dict[str, Named]:
    """By ending. One that is named twice is refused: nobody could say which reads it."""
    readers: dict[str, Named] = {}
    for table in top.tables("readers") if top.has("readers") else ():
        ending = table.text("ending")
        if not ENDING.fullmatch(ending) or ending in readers:
            raise table.wrong("ending", ending, "an ending such as .pdf, in small letters, once")
        readers[ending] = _named(table)
        table.refuse_others()
    return readers


def _named_leg(top: Table) -> NamedLeg | None:
    if not top.has("retriever"):
        return None
    table = top.table("retriever")
    leg = NamedLeg(
        retriever=_named(table),
        weight=table.number("weight", 1.0, least=0.001, most=100),
        candidates=table.integer("candidates", 40, least=1, most=1_000),
    )
    table.refuse_others()
    return leg


def _named(table: Table) -> Named:
    """A class below llama_index: naming a module is running its code, so no other may be."""
    what = table.text("class")
    if not NAMED.fullmatch(what):
        raise table.wrong("class", what, "llama_index.<module>:<class>")
    return Named(what=what, options=_options(table), library=_library(table, what, key="class"))


def _options(table: Table) -> dict[str, Option]:
    options = table.table("options")
    return {name: options.plain(name) for name in sorted(options.keys())}


def _library(table: Table, splitter: str, *, key: str = "splitter") -> str:
    """The package that the module is in, as LlamaIndex names its packages, with its version here."""
    parts = splitter.partition(":")[0].split(".")
    package = "-".join(parts[:2] if parts[1] == "core" else parts[:3]).replace("_", "-")
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        raise table.wrong(key, splitter, f"one that is installed: pip install {package}") from None


def _dense(table: Table) -> DenseLeg:
    default = DenseLeg()
    leg = DenseLeg(
        weight=table.number("weight", default.weight, least=0, most=100),
        candidates=table.integer("candidates", default.candidates, least=1, most=1_000),
        window_words=table.integer("window_words", default.window_words, least=0, most=1_000),
    )
    table.refuse_others()
    return leg


def _lexical(table: Table) -> LexicalLeg:
    default = LexicalLeg()
    leg = LexicalLeg(
        weight=table.number("weight", default.weight, least=0, most=100),
        candidates=table.integer("candidates", default.candidates, least=1, most=1_000),
        k1=table.number("k1", default.k1, least=0, most=10),
        b=table.number("b", default.b, least=0, most=1),
        analyser=table.text("analyser", default.analyser, one_of=ANALYSERS),
    )
    table.refuse_others()
    return leg


def _rerank(top: Table) -> Rerank | None:
    if not top.has("rerank"):
        return None
    table = top.table("rerank")
    rerank = Rerank(
        model=table.text("model"),
        candidates=table.integer("candidates", 20, least=1, most=200),
        sha256=table.text("sha256") if table.has("sha256") else "",
    )
    if rerank.sha256 and not SHA256.fullmatch(rerank.sha256):
        raise table.wrong("sha256", rerank.sha256, "64 hex digits: what the refusal of other files says")
    table.refuse_others()
    return rerank


def _choice(table: Table) -> Choice:
    default = Choice()
    return Choice(
        alike=table.number("alike", default.alike, least=0.1, most=1),
        per_document=table.integer("per_document", default.per_document, least=0, most=100),
        diversity=table.number("diversity", default.diversity, least=0, most=1),
        neighbours=table.integer("neighbours", default.neighbours, least=0, most=10),
    )
