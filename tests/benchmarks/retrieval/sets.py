"""Public questions with what answers them, and how each set measures a search.

The sets are not part of this repository; `SUREFOOT_BENCHMARK_DATA` names the folder that has them. A third of
each set's questions is for choosing recipes, by the SHA-256 of a question; results are of the rest alone.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from surefoot.records import RankedPassage

Span = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question with what answers it: spans of one document, or whole documents."""

    text: str
    source: str = ""
    spans: tuple[Span, ...] = ()
    documents: frozenset[str] = frozenset()

    @property
    def for_choosing(self) -> bool:
        """Whether recipes may be chosen by it."""
        return int(sha256(self.text.encode()).hexdigest(), 16) % 3 == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A published result, as the set's README has it: its measures by name."""

    name: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """Documents by file name, questions over them, and what others have reached.

    `shown` is how many passages a search returns, `goals` the least value of each measure, and `per_document`
    as in a recipe: where whole documents answer, one passage of each is enough.
    """

    name: str
    documents: Mapping[str, str]
    questions: tuple[Asked, ...]
    shown: int
    per_document: int
    goals: Mapping[str, float]
    anchors: tuple[Anchor, ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of its measures; the first is what recipes are compared by."""
        return tuple(self.anchors[0].values)

    def measured(self, asked: Asked, found: Sequence[RankedPassage]) -> dict[str, float]:
        """Every measure of one search."""
        return span_measures(asked, found) if asked.spans else document_measures(asked, found)


def chunking_set(folder: Path) -> QuestionSet:
    """Chroma's "Evaluating Chunking": 472 questions, five long documents in one index, answers as spans."""
    corpora = sorted((folder / "corpora").glob("*.md"))
    with (folder / "questions_df.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    questions = tuple(
        Asked(
            text=row["question"],
            source=f"{row['corpus_id']}.md",
            spans=_union((one["start_index"], one["end_index"]) for one in json.loads(row["references"])),
        )
        for row in rows
    )
    return QuestionSet(
        name="chroma_chunking",
        documents={path.name: path.read_text(encoding="utf-8") for path in corpora},
        questions=questions,
        shown=5,
        per_document=0,
        goals={"recall": 0.90, "precision": 0.05},
        anchors=(
            Anchor(
                name="all-MiniLM-L6-v2, the best published: 250 tokens, 125 shared",
                values={"recall": 0.824, "precision": 0.036},
            ),
            Anchor(name="text-embedding-3-large, 200 tokens", values={"recall": 0.881, "precision": 0.070}),
            Anchor(name="text-embedding-3-large, 400 tokens", values={"recall": 0.895, "precision": 0.036}),
        ),
    )


def documentation_set(folder: Path) -> QuestionSet:
    """A documentation of 232 short sections and 100 questions, each answered by one section or more."""
    sections = json.loads((folder / "anthropic_docs.json").read_bytes())
    names = {section["chunk_link"]: f"{at:03}.md" for at, section in enumerate(sections)}
    documents = {
        names[section["chunk_link"]]: f"# {section['chunk_heading']}\n\n{section['text']}"
        for section in sections
    }
    rows = json.loads((folder / "docs_evaluation_dataset.json").read_bytes())
    questions = tuple(
        Asked(text=row["question"], documents=frozenset(names[link] for link in row["correct_chunks"]))
        for row in rows
    )
    return QuestionSet(
        name="claude_docs_rag",
        documents=documents,
        questions=questions,
        shown=3,
        per_document=1,
        goals={"recall": 0.72, "mrr": 0.82},
        anchors=(
            Anchor(
                name="the cookbook's basic RAG, voyage-2",
                values={"recall": 0.659, "mrr": 0.737, "precision": 0.428},
            ),
            Anchor(
                name="with summaries by a language model",
                values={"recall": 0.714, "mrr": 0.773, "precision": 0.453},
            ),
            Anchor(
                name="with summaries, reranked by a language model",
                values={"recall": 0.693, "mrr": 0.865, "precision": 0.437},
            ),
        ),
    )


SETS = {"chroma_chunking": chunking_set, "claude_docs_rag": documentation_set}


def span_measures(asked: Asked, found: Sequence[RankedPassage]) -> dict[str, float]:
    """Recall and precision in characters, as the set's authors count them.

    Recall is the share of the reference that is shown. Precision is its share of all that is shown, where
    text that two passages share counts twice.
    """
    passages = [one.passage for one in found]
    same = _union((one.start, one.end) for one in passages if one.source == asked.source)
    hit = sum(
        max(0, min(end, until) - max(start, since)) for start, end in asked.spans for since, until in same
    )
    shown = sum(one.end - one.start for one in passages)
    return {
        "recall": hit / sum(end - start for start, end in asked.spans),
        "precision": hit / shown if shown else 0.0,
    }


def document_measures(asked: Asked, found: Sequence[RankedPassage]) -> dict[str, float]:
    """Recall and precision in documents, and the reciprocal rank of the first that answers."""
    sources = [one.passage.source for one in found]
    hits = [at for at, source in enumerate(sources, 1) if source in asked.documents]
    return {
        "recall": len(hits) / len(asked.documents),
        "mrr": 1 / hits[0] if hits else 0.0,
        "precision": len(hits) / len(sources) if sources else 0.0,
    }


def _union(spans: Iterable[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
