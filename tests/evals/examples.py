"""Cases, passages and responses, short to write."""

from collections.abc import Sequence

from surefoot.records import Case, CaseKind, Evidence, Fact, Passage, Responded, Usage


def fact(*places: tuple[str, str]) -> Fact:
    """A fact from (source, quote) pairs, any of which states it."""
    return Fact(places=tuple(Evidence(source=source, quote=quote) for source, quote in places))


def case_of(
    *facts: Fact,
    id: str = "case",
    kind: CaseKind | None = None,
    cluster: str = "cluster",
    question: str = "How long?",
    reference: str = "Thirty days.",
) -> Case:
    return Case(
        id=id,
        kind=kind or ("single" if facts else "unanswerable"),
        cluster=cluster,
        question=question,
        reference=reference,
        facts=facts,
    )


def passage_of(source: str, text: str, start: int = 0) -> Passage:
    end = start + len(text)
    return Passage(id=f"{source}:{start}-{end}", source=source, start=start, end=end, text=text)


def responded(
    text: str = "Thirty days [1].",
    *,
    passages: Sequence[Passage] = (),
    case: str = "case",
    abstained: bool = False,
    finish_reason: str = "stop",
) -> Responded:
    return Responded(
        case=case,
        repeat=0,
        text=text,
        finish_reason=finish_reason,
        abstained=abstained,
        passages=tuple(passages),
        usage=Usage(prompt_tokens=10, output_tokens=3),
        first_token_seconds=0.25,
        total_seconds=0.5,
    )
