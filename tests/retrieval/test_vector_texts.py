"""What is embedded for a passage."""

from hypothesis import given
from hypothesis import strategies as st

from surefoot.records import Passage
from surefoot.retrieval.spans import count_words
from surefoot.retrieval.vector_texts import passage_of_row, row_ids, vector_texts, windows_of

SENTENCE = st.lists(st.sampled_from("the vault keeps three copies of files".split()), min_size=1, max_size=9)
TEXT = st.lists(SENTENCE.map(lambda words: " ".join(words) + ". "), min_size=1, max_size=12).map("".join)


@given(TEXT, st.integers(4, 40))
def test_windows_go_through_the_text_without_a_gap_and_stay_small(text: str, most: int) -> None:
    windows = windows_of(text, most)

    at = 0
    for window in windows:
        start = text.find(window, 0)
        assert start <= at, "a sentence would be in no window"
        at = max(at, text.rfind(window) + len(window))
    assert at == len(text)
    assert len(windows) == 1 or all(count_words(one) <= max(most, 9) for one in windows)


def test_a_passage_is_embedded_below_its_headings_as_a_whole_or_in_windows() -> None:
    text = "Keys last ninety days. Old keys can be read. " * 4
    passage = Passage(id="p", source="a.md", start=0, end=len(text), text=text, headings=("Rotation",))
    short = Passage(id="q", source="a.md", start=0, end=5, text="Short")

    whole, owners = vector_texts([passage, short], 0)
    assert (whole, owners.tolist()) == ([f"Rotation\n{text}", "Short"], [0, 1])

    windows, owners = vector_texts([passage, short], 16)
    assert len(windows) > 3
    assert all(one.startswith("Rotation\n") for one in windows[:-1])
    assert owners.tolist() == [0] * (len(windows) - 1) + [1]
    names = row_ids(["p", "q"], owners)
    assert names[:2] == ["p#0", "p#1"] and names[-1] == "q#0" and len(set(names)) == len(names)
    assert [passage_of_row(name) for name in names] == ["p"] * (len(names) - 1) + ["q"]
