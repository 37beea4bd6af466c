"""How a corpus becomes an index and how that is searched: `serving/recipes/<name>.toml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from surefoot.errors import SettingsError
from surefoot.records import Json, digest
from surefoot.tables import Table, read_table

SCHEMA = 1
SPLITTERS = ("structure", "sentence")
HEADERS = ("path", "none")
NAMED = re.compile(r"llama_index(?:\.[a-z][a-z0-9_]*)+:[A-Za-z_][A-Za-z0-9_]*")
Option = str | int | float | bool
ANALYSERS = ("english", "plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunking:
    """How documents are cut, in words.

    `structure` follows headings first, then sentences, and source code by its syntax; `sentence` goes by
    sentences alone, across headings. Any other is a node parser of LlamaIndex's by its name, with its
    `options`; `library` is the package it is in and its version. `headers` says what is embedded and indexed
    above a passage: the `path` of headings that it does not show itself, or `none`.

    A passage aims at no more than `limit_words`; one shorter than `minimum_words` is joined to its
    neighbour; a piece of a longer section repeats up to `overlap_words` of the sentences before it.
    """

    splitter: str = "structure"
    limit_words: int = 130
    minimum_words: int = 40
    overlap_words: int = 20
    headers: str = "path"
    options: Mapping[str, Option] = field(default_factory=dict, hash=False)
    library: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseLeg:
    """Search by meaning. `candidates` go into the fusion; a weight of 0 switches the leg off.

    With `window_words` a passage has a vector for each window of that many words, and 0 means one for all.
    """

    weight: float = 1.0
    candidates: int = 40
    window_words: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LexicalLeg:
    """Search by words: BM25 with its `k1` and `b`. `english` drops common words and word endings."""

    weight: float = 1.0
    candidates: int = 40
    k1: float = 1.2
    b: float = 0.75
    analyser: str = "english"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which of the found passages are shown, and how much of what stands around them. Nothing by default.

    A passage that shares at least the share `alike` of its text with a better one is left out; 1 is off.
    `per_document` is the most passages of one document, 0 for any number. `diversity` from 0 to 1 prefers
    passages unlike those before. A passage is widened by up to `neighbours` passages on either side.
    """

    alike: float = 1.0
    per_document: int = 0
    diversity: float = 0.0
    neighbours: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to cut, index, search and fuse. `limit` is how many passages a search returns by default.

    Passages that look like instructions to a model are marked, and with `holds_back` not indexed at all.
    A question whose best passage is less similar to it than `least_similarity`, a cosine, is not answered.

    The name is not part of the digest: equal recipes are equal whatever their files are called.
    """

    name: str
    chunking: Chunking = Chunking()
    dense: DenseLeg = DenseLeg()
    lexical: LexicalLeg = LexicalLeg()
    rrf_k: int = 60
    limit: int = 4
    choice: Choice = Choice()
    holds_back: bool = False
    least_similarity: float | None = None

    def canonical(self) -> Json:
        """What the recipe says, in one spelling; comments, order and left-out defaults do not matter.

        What came later stands there only where it is set, so the digest of a recipe without it stays.
        """
        return {
            "schema": SCHEMA,
            "chunking": self._chunking(),
            "dense": {
                "weight": self.dense.weight,
                "candidates": self.dense.candidates,
                **self._windows(),
            },
            "lexical": {
                "weight": self.lexical.weight,
                "candidates": self.lexical.candidates,
                "k1": self.lexical.k1,
                "b": self.lexical.b,
                "analyser": self.lexical.analyser,
            },
            "fusion": {"rrf_k": self.rrf_k},
            "search": self._search(),
            **self._scan(),
            **self._abstention(),
        }

    def _chunking(self) -> dict[str, Json]:
        return {
            "splitter": self.chunking.splitter,
            "limit_words": self.chunking.limit_words,
            "minimum_words": self.chunking.minimum_words,
            "overlap_words": self.chunking.overlap_words,
            **({} if self.chunking.headers == "path" else {"headers": self.chunking.headers}),
            **self._named_parser(),
        }

    def _named_parser(self) -> dict[str, Json]:
        """A parser of another's: equal names of different versions are different recipes."""
        if not self.chunking.library:
            return {}
        return {"options": dict(self.chunking.options), "library": self.chunking.library}

    def _search(self) -> dict[str, Json]:
        chosen, default = self.choice, Choice()
        return {
            "limit": self.limit,
            **_set("alike", chosen.alike, default.alike),
            **_set("per_document", chosen.per_document, default.per_document),
            **_set("diversity", chosen.diversity, default.diversity),
            **_set("neighbours", chosen.neighbours, default.neighbours),
        }

    def _scan(self) -> dict[str, Json]:
        return {"scan": {"suspicious": "hold back"}} if self.holds_back else {}

    def _abstention(self) -> dict[str, Json]:
        least = self.least_similarity
        return {} if least is None else {"abstention": {"least_similarity": least}}

    def _windows(self) -> dict[str, Json]:
        return _set("window_words", self.dense.window_words, DenseLeg().window_words)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, 64 hex digits."""
        return digest(self.canonical())

    @property
    def index_digest(self) -> str:
        """SHA-256 of what decides an index alone: recipes that only search otherwise share a snapshot."""
        lexical: dict[str, Json] = {
            "k1": self.lexical.k1,
            "b": self.lexical.b,
            "analyser": self.lexical.analyser,
        }
        return digest(
            {
                "schema": SCHEMA,
                "chunking": self._chunking(),
                "dense": self._windows(),
                "lexical": lexical,
                **self._scan(),
            }
        )


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
        least_similarity=(
            abstention.number("least_similarity", None, least=-1, most=1)
            if abstention.has("least_similarity")
            else None
        ),
        holds_back=scan.text("suspicious", "mark", one_of=("mark", "hold back")) == "hold back",
    )
    for table in (fusion, search, scan, abstention, top):
        table.refuse_others()
    if recipe.dense.weight == 0 and recipe.lexical.weight == 0:
        raise SettingsError(
            f"{path}: the weights of [dense] and [lexical] are both 0",
            remedy="Give at least one leg a weight above 0, or nothing can be found.",
        )
    return recipe


def _chunking(table: Table) -> Chunking:
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


def _options(table: Table) -> dict[str, Option]:
    options = table.table("options")
    return {name: options.plain(name) for name in sorted(options.keys())}


def _library(table: Table, splitter: str) -> str:
    """The package that the module is in, as LlamaIndex names its packages, with its version here."""
    parts = splitter.partition(":")[0].split(".")
    package = "-".join(parts[:2] if parts[1] == "core" else parts[:3]).replace("_", "-")
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        raise table.wrong("splitter", splitter, f"one that is installed: pip install {package}") from None


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


def _choice(table: Table) -> Choice:
    default = Choice()
    return Choice(
        alike=table.number("alike", default.alike, least=0.1, most=1),
        per_document=table.integer("per_document", default.per_document, least=0, most=100),
        diversity=table.number("diversity", default.diversity, least=0, most=1),
        neighbours=table.integer("neighbours", default.neighbours, least=0, most=10),
    )


def _set(key: str, value: float, default: float) -> dict[str, Json]:
    return {} if value == default else {key: value}
