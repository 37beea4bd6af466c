"""Score an answer without a judge: cheap enough for every answer, and honest about what it cannot see."""

from collections.abc import Mapping, Sequence

from surefoot.answering.citing import cited_numbers, words
from surefoot.records import Citation, RankedPassage, Score, Scored, Unscored

# Words too common to say whether an answer rests on a passage.
_COMMON = frozenset(
    "a an and are as at be by can do does for from has have if in is it its may must no not of on or "
    "should so than that the their then there these they this to was when which will with you your".split()
)


def score_answer(
    text: str,
    citations: Sequence[Citation],
    shown: Sequence[RankedPassage],
    *,
    abstained: bool,
    has_form: bool = False,
    calls_tools: bool = False,
) -> Mapping[str, Score]:
    """Every judge-free score by name; docs/reference/scores.md says what each means.

    All lie in [0, 1] but `best_similarity`, a cosine in [-1, 1]. What cannot be measured is Unscored.
    `has_form` says that the answer was held to a schema and fits it, `calls_tools` that it is no text.
    """
    called = Unscored(reason="asks for a tool in place of an answer") if calls_tools else None
    scores: dict[str, Score] = {
        "citations_valid": called or citations_valid(text, len(shown), abstained=abstained),
        "abstained": Scored(value=float(abstained)),
        "citations_supported": called or citations_supported(citations, abstained=abstained),
        "cited_overlap": called or cited_overlap(text, citations, abstained=abstained),
        "best_similarity": best_similarity(shown),
    }
    return {**scores, "schema_valid": Scored(value=1.0)} if has_form or calls_tools else scores


def citations_valid(text: str, shown: int, *, abstained: bool) -> Score:
    """The share of cited numbers that a shown passage has; 0 for an answer that cites nothing."""
    numbers = cited_numbers(text)
    if numbers:
        return Scored(value=sum(1 <= number <= shown for number in numbers) / len(numbers))
    if abstained:
        return Unscored(reason="abstained, so there is nothing to cite")
    return Scored(value=0.0)


def citations_supported(citations: Sequence[Citation], *, abstained: bool) -> Score:
    """The share of citations that support the sentence they stand in, each sentence counted."""
    if abstained:
        return Unscored(reason="abstained, so there is nothing to support")
    marks = [support.supported for citation in citations for support in citation.supports]
    if not marks:
        return Unscored(reason="cites no passage it was shown, or has a form of its own")
    return Scored(value=sum(marks) / len(marks))


def cited_overlap(text: str, citations: Sequence[Citation], *, abstained: bool) -> Score:
    """The share of the answer's telling words that stand in the passages it cites."""
    if abstained:
        return Unscored(reason="abstained, so there is nothing to support")
    if not citations:
        return Unscored(reason="cites no passage it was shown")
    said = {word for word in words(text) if word not in _COMMON}
    if not said:
        return Unscored(reason="has no words to compare")
    there = {word for citation in citations for word in words(citation.text)}
    return Scored(value=len(said & there) / len(said))


def best_similarity(shown: Sequence[RankedPassage]) -> Score:
    """The highest cosine between the question and a shown passage."""
    similarities = [ranked.similarity for ranked in shown if ranked.similarity is not None]
    if not similarities:
        return Unscored(reason="no passage was found by its vector")
    return Scored(value=max(similarities))
