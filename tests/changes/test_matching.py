"""Differences are those that difflib finds, and no two texts keep the search busy for long."""

import difflib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.changes.matching import Steps, changes, unified
from surefoot.changes.word_diff import word_diff

LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=30)


@given(before=LINES, after=LINES)
def test_what_is_short_is_matched_as_difflib_does(before: list[str], after: list[str]) -> None:
    theirs = difflib.SequenceMatcher(None, before, after, autojunk=False)
    assert changes(before, after) == [tuple(change) for change in theirs.get_opcodes()]
    written = ("\n".join(before), "\n".join(after))
    diff = difflib.unified_diff(written[0].splitlines(), written[1].splitlines(), "one", "other", lineterm="")
    assert list(unified(*written, called=("one", "other"))) == list(diff)


@given(before=LINES, after=LINES, left=st.integers(0, 50))
def test_with_few_steps_one_still_becomes_the_other(before: list[str], after: list[str], left: int) -> None:
    made: list[str] = []
    for kind, one, two, three, four in changes(before, after, Steps(left=left)):
        assert kind != "equal" or before[one:two] == after[three:four]
        made += after[three:four]
    assert made == after


@pytest.mark.parametrize("distinct", [1, 2, 50, 400])
def test_no_two_texts_keep_it_busy_for_long(distinct: int) -> None:
    before = "\n".join(f"{number % distinct} x" for number in range(30_000))
    after = "\n".join(f"{number * 7 % distinct} x" for number in range(30_001))
    began = time.process_time()
    pieces = word_diff(before, after)
    lines = list(unified(before, after, called=("one", "other")))
    assert time.process_time() - began < 20
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after
    assert lines
