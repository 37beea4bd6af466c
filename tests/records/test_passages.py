"""Who may find which passage."""

import pytest

from surefoot.records import Passage, Reach

OPEN = Passage(id="1", source="a.md", start=0, end=2, text="hi", metadata={"team": "docs"})
STAFF = Passage(id="2", source="b.md", start=0, end=2, text="hi", access=("staff", "board"))


@pytest.mark.parametrize(
    ("reach", "passage", "held"),
    [
        (Reach(), OPEN, True),
        (Reach(), STAFF, False),
        (Reach(groups=("guests",)), STAFF, False),
        (Reach(groups=("guests", "board")), STAFF, True),
        (Reach(where={"team": ("docs", "web")}), OPEN, True),
        (Reach(where={"team": ("web",)}), OPEN, False),
        (Reach(where={"region": ("eu",)}), OPEN, False),
        (Reach(where={"team": ()}), OPEN, False),
        (Reach(groups=("staff",), where={"team": ("docs",)}), STAFF, False),
    ],
)
def test_a_reach_holds_what_its_groups_may_read_and_its_filter_lets_through(
    reach: Reach, passage: Passage, *, held: bool
) -> None:
    assert reach.holds(passage) is held
