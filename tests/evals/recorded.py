"""Responses and recorded runs of any kind, for Hypothesis."""

from hypothesis import strategies as st

from surefoot.evals.runs import RecordedRun
from surefoot.records import NoResponse, Passage, Responded, Response, Usage

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SECONDS = st.floats(min_value=0, max_value=1e6) | st.integers(min_value=0, max_value=100)
COUNTS = st.integers(min_value=0, max_value=10**9)
HEX = st.text("0123456789abcdef", min_size=64, max_size=64)


def passages(names: st.SearchStrategy[str] = TEXT) -> st.SearchStrategy[Passage]:
    return st.builds(
        Passage,
        id=names,
        source=TEXT,
        start=COUNTS,
        end=COUNTS,
        text=TEXT,
        headings=st.lists(TEXT, max_size=2).map(tuple),
    )


def responses(
    case: st.SearchStrategy[str], shown: st.SearchStrategy[Passage]
) -> st.SearchStrategy[Responded]:
    return st.builds(
        Responded,
        case=case,
        repeat=st.just(2),
        text=TEXT,
        finish_reason=TEXT,
        abstained=st.booleans(),
        passages=st.lists(shown, max_size=4).map(tuple),
        usage=st.none() | st.builds(Usage, prompt_tokens=COUNTS, output_tokens=COUNTS),
        first_token_seconds=st.none() | SECONDS,
        total_seconds=SECONDS,
    )


RESPONDED = responses(TEXT, passages())


@st.composite
def recorded_runs(draw: st.DrawFn) -> RecordedRun:
    """Runs whose responses share passages, and fail now and then."""
    shelf = draw(st.lists(passages(), min_size=1, max_size=4, unique_by=lambda passage: passage.id))
    names = draw(st.lists(TEXT, max_size=5, unique=True))
    given: list[Response] = [
        draw(
            responses(st.just(name), st.sampled_from(shelf))
            | st.builds(NoResponse, case=st.just(name), repeat=st.just(2), kind=TEXT, message=TEXT)
        )
        for name in names
    ]
    return RecordedRun(
        release=draw(HEX),
        model=draw(HEX),
        fingerprint=draw(HEX),
        repeat=2,
        asked={name: draw(HEX) for name in names},
        responses=tuple(given),
    )
