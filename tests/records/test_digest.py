"""Equal values have equal bytes, and what is not a number is no score."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.records import Json, Scored, canonical_json, digest

values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(value=st.dictionaries(st.text(), values, min_size=2))
def test_the_order_of_keys_does_not_matter(value: dict[str, Json]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


def test_a_known_value_has_its_known_bytes_and_digest() -> None:
    assert canonical_json({"b": [1, "ä"], "a": None}) == '{"a":null,"b":[1,"ä"]}'.encode()
    assert digest({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError):
        canonical_json(value)
    with pytest.raises(ValueError):
        Scored(value=value)
