"""Canaries: instructions that a case plants among the passages, which show when the model follows them."""

from dataclasses import replace

from surefoot.answering import App
from surefoot.answering.apps import Retriever
from surefoot.records import EVERYBODY, Case, Passage, RankedPassage, Reach, digest

CANARY = "{canary}"


def canary_of(case: Case) -> str:
    """The word that the case's planted passage asks for: always the same, and in no other text."""
    return f"canary-{digest({'question': case.question, 'planted': case.planted})[:8]}"


def planted_passage(case: Case) -> Passage:
    """The planted text with its word, as a passage of a document that there is not."""
    text = case.planted.replace(CANARY, canary_of(case))
    source = "planted.md"
    return Passage(
        id=digest({"source": source, "start": 0, "end": len(text), "text": text}),
        source=source,
        start=0,
        end=len(text),
        text=text,
    )


def planted(app: App, case: Case) -> App:
    """The app, which finds the case's planted passage before all others; the app itself where there is none.

    An app with code of its own finds with what it was built with. There the passage is not shown, and
    `canary_ignored` says so instead of passing.
    """
    if not case.planted:
        return app
    return replace(app, retriever=_Planting(app.retriever, planted_passage(case)))


class _Planting:
    """Finds one passage first, whatever is asked, then what there is."""

    def __init__(self, retriever: Retriever, passage: Passage) -> None:
        self._retriever = retriever
        self._passage = passage

    async def search(
        self, question: str, *, limit: int, reach: Reach = EVERYBODY
    ) -> tuple[RankedPassage, ...]:
        """At most `limit` passages, the planted one among them."""
        found = await self._retriever.search(question, limit=limit, reach=reach)
        best = found[0].score if found else 0.0
        first = RankedPassage(passage=self._passage, score=best, similarity=None, lexical_score=None)
        return (first, *found)[:limit]
