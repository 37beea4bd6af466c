"""How a corpus becomes an index and how that is searched: `serving/recipes/<name>.toml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from surefoot.records import Json, digest

SCHEMA = 1
SPLITTERS = ("structure", "sentence", "token")
HEADERS = ("path", "none")
Option = str | int | float | bool
ANALYSERS = ("english", "plain")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunking:
    """How documents are cut, in words.

    `structure` follows headings first, then sentences, and source code by its syntax; `sentence` goes by
    sentences alone, across headings; `token` by the embedder's own tokens, so that it reads every passage
    whole. Any other is a node parser of LlamaIndex's by its name, with its
    `options`; `library` is the package it is in and its version. `headers` says what is embedded and indexed
    above a passage: the `path` of headings that it does not show itself, or `none`.

    A passage aims at no more than `limit_words`; one shorter than `minimum_words` is joined to its
    neighbour; a piece of a longer section repeats up to `overlap_words` of the sentences before it. By tokens
    `limit_tokens` and `overlap_tokens` are in their place: none has more, with the headings above it.
    """

    splitter: str = "structure"
    limit_words: int = 130
    minimum_words: int = 40
    overlap_words: int = 20
    limit_tokens: int = 200
    overlap_tokens: int = 30
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
class Rerank:
    """Let a cross-encoder order the first `candidates` anew; the rest is left out. `model` is its name.

    `sha256` is the digest of its files where they are read in this process, and nothing for a server's.
    """

    model: str
    candidates: int = 20
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A class of LlamaIndex's by its name, with its options; `library` is its package, and the version."""

    what: str
    options: Mapping[str, Option] = field(default_factory=dict, hash=False)
    library: str = ""

    def canonical(self) -> dict[str, Json]:
        """What decides what it does."""
        return {"class": self.what, "options": dict(self.options), "library": self.library}


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLeg:
    """A retriever of LlamaIndex's as a further leg. `candidates` go into the fusion, with this weight."""

    retriever: Named
    weight: float = 1.0
    candidates: int = 40


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
    `readers` has, by the ending of a file, a reader of LlamaIndex's that reads it in place of ours, and
    `named` a retriever of LlamaIndex's that searches beside the two legs.

    The name is not part of the digest: equal recipes are equal whatever their files are called.
    """

    name: str
    chunking: Chunking = Chunking()
    dense: DenseLeg = DenseLeg()
    lexical: LexicalLeg = LexicalLeg()
    rrf_k: int = 60
    limit: int = 4
    choice: Choice = Choice()
    rerank: Rerank | None = None
    holds_back: bool = False
    least_similarity: float | None = None
    readers: Mapping[str, Named] = field(default_factory=dict, hash=False)
    named: NamedLeg | None = None

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
            **self._rerank(),
            **self._scan(),
            **self._abstention(),
            **self._readers(),
            **self._named(),
        }

    def _readers(self) -> dict[str, Json]:
        named: dict[str, Json] = {ending: self.readers[ending].canonical() for ending in sorted(self.readers)}
        return {"readers": named} if named else {}

    def _named(self) -> dict[str, Json]:
        leg = self.named
        if leg is None:
            return {}
        said = {**leg.retriever.canonical(), "weight": leg.weight, "candidates": leg.candidates}
        return {"retriever": said}

    def _chunking(self) -> dict[str, Json]:
        return {
            "splitter": self.chunking.splitter,
            "limit_words": self.chunking.limit_words,
            "minimum_words": self.chunking.minimum_words,
            "overlap_words": self.chunking.overlap_words,
            **self._tokens(),
            **({} if self.chunking.headers == "path" else {"headers": self.chunking.headers}),
            **self._named_parser(),
        }

    def _tokens(self) -> dict[str, Json]:
        if self.chunking.splitter != "token":
            return {}
        return {
            "limit_tokens": self.chunking.limit_tokens,
            "overlap_tokens": self.chunking.overlap_tokens,
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

    def _rerank(self) -> dict[str, Json]:
        chosen = self.rerank
        if chosen is None:
            return {}
        files: dict[str, Json] = {"sha256": chosen.sha256} if chosen.sha256 else {}
        return {"rerank": {"model": chosen.model, "candidates": chosen.candidates, **files}}

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
                **self._readers(),
            }
        )


def _set(key: str, value: float, default: float) -> dict[str, Json]:
    return {} if value == default else {key: value}
