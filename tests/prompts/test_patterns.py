"""A schema's patterns find what Python's engine finds, and take no longer for any text."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.prompts.written import FRONT, load

from surefoot.errors import PromptError
from surefoot.prompts import Prompt, output_fault
from surefoot.prompts.patterns import PatternError, compiled

ATOMS = st.sampled_from(
    ["a", "b", "c", ".", "^", "$", "[ab]", "[^a]", "[a-c]", r"\d", r"\W", r"\.", r"[\d-]", "()", r"[]a]"[1:]]
)


def repeated(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["", "*", "+", "?", "{2}", "{1,}", "{0,2}", "{1,3}", "*?", "+?", "{2,3}?"])
    return st.builds(lambda inner, sign: f"(?:{inner}){sign}", part, signs)


PATTERNS = st.recursive(
    st.one_of(ATOMS, st.builds("".join, st.lists(st.sampled_from(["a", "b", "^", "$", "."]), max_size=4))),
    lambda inner: st.one_of(
        repeated(inner),
        st.builds("{}{}".format, inner, inner),
        st.builds("({}|{})".format, inner, inner),
    ),
    max_leaves=8,
).filter(lambda pattern: "a]" not in pattern.replace("[^a]", ""))


@given(pattern=PATTERNS, text=st.text("abc1.\n", max_size=12))
def test_it_finds_what_pythons_own_engine_finds(pattern: str, text: str) -> None:
    # Python's $ also stands before a last line end; that of JSON Schema does not.
    theirs = re.compile(pattern.replace("$", r"\Z"), re.ASCII)
    assert compiled(pattern).found_in(text) == (theirs.search(text) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("", "", True),
        ("^$", "", True),
        ("^$", "a", False),
        ("^a$", "a\n", False),
        (r"^[A-Z]{2}-\d{4}$", "AB-1234", True),
        (r"^[A-Z]{2}-\d{4}$", "AB-123", False),
        (r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", "maria@example.org", True),
        (r"^[^@\s]+@[^@\s]+\.[a-z]{2,}$", "maria@example", False),
        (r"\u00e4|\x41", "ä", True),
        (r"[\n\t-]", "-", True),
        (r"^\d$", "٣", False),
        (r"a\/b", "a/b", True),
        ("^.$", "\u2028", False),
    ],
)
def test_patterns_as_json_schema_means_them(pattern: str, text: str, found: bool) -> None:
    assert compiled(pattern).found_in(text) is found


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "(a*)*b", "^(a|aa)+$", "(.*)*x$", "a*a*a*a*a*b"])
def test_no_text_makes_it_slow(pattern: str) -> None:
    began = time.process_time()
    assert not compiled(pattern).found_in("a" * 20_000 + "!")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(a)\1", r"\1 is not taken"),
        ("(?=a)", "a group is plain"),
        ("(?<!a)b", "a group is plain"),
        ("(?i)a", "a group is plain"),
        (r"\bword", r"\b is not taken"),
        (r"\p{L}", r"\p is not taken"),
        ("a**", "repeated already"),
        ("*a", "stands alone"),
        ("a{x}", "{2,5}"),
        ("a{3,2}", "the wrong way round"),
        ("a{1,9999}", "maxLength"),
        ("(a{1,100}){1,100}", "maxLength"),
        ("(a", "no ')'"),
        ("a)", "ends nothing"),
        ("[a", "breaks off"),
        ("[b-a]", "a later one"),
        ("a\\", "breaks off"),
        ("(" * 50 + ")" * 50, "too deep"),
        ("a" * 1001, "1001 characters"),
    ],
)
def test_what_is_not_in_the_language_is_refused_with_the_reason(pattern: str, said: str) -> None:
    with pytest.raises(PatternError) as refused:
        compiled(pattern)
    assert said in str(refused.value)


@given(pattern=st.text(r"ab()[]{}*+?|^$.\-,0123d", max_size=20), text=st.text("ab", max_size=5))
def test_whatever_is_no_pattern_is_refused_and_nothing_crashes(pattern: str, text: str) -> None:
    try:
        compiled(pattern).found_in(text)
    except PatternError as refused:
        assert str(refused)


def schema_prompt(folder: Path, pattern: str) -> Prompt:
    """A prompt whose answers are JSON of one text, which has to match."""
    front = (
        f"{FRONT}output:\n  format: json\n"
        f"  schema: {{type: object, properties: {{a: {{type: string, pattern: {json.dumps(pattern)}}}}}}}\n"
    )
    return load(folder, front=front)


def test_an_answer_is_held_to_the_pattern_however_it_is_made_to_stall_it(tmp_path: Path) -> None:
    sampling = schema_prompt(tmp_path, "^(a+)+$").sampling
    assert output_fault(sampling, '{"a": "aaaa"}', ()) is None
    began = time.process_time()
    fault = output_fault(sampling, json.dumps({"a": "a" * 5_000 + "!"}), ())
    assert fault is not None and "does not match '^(a+)+$'" in fault
    assert time.process_time() - began < 2


def test_references_that_double_cannot_stall_a_check(tmp_path: Path) -> None:
    doubling = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    tree = {"type": "object", "properties": {"inner": {"$ref": "#/$defs/tree"}}}
    for first, wanted in (("d0", "follows more than"), ("tree", None)):
        schema = {"$ref": f"#/$defs/{first}", "$defs": {**doubling, "d40": {"type": "object"}, "tree": tree}}
        front = f"{FRONT}output: {{format: json, schema: {json.dumps(schema)}}}\n"
        began = time.process_time()
        fault = output_fault(load(tmp_path, front=front).sampling, '{"inner": {"inner": {}}}', ())
        assert (fault is None) if wanted is None else (fault is not None and wanted in fault)
        assert time.process_time() - began < 5


def test_a_pattern_that_is_not_run_is_refused_as_the_prompt_is_read(tmp_path: Path) -> None:
    with pytest.raises(PromptError) as refused:
        schema_prompt(tmp_path, r"^(a)\1$")
    assert r"\1 is not taken" in refused.value.message and refused.value.line == 9


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('{"a": "x", "a": "y"}', "the key 'a' is given twice"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": "\\ud800"}', "half a character"),
        ('{"a": "\ud800"}', "is not UTF-8"),
        ("[" * 100_000, "nested too deep"),
        ("so be it", "it is not JSON"),
    ],
)
def test_an_answer_is_read_as_strictly_as_any_other_json(tmp_path: Path, answer: str, said: str) -> None:
    fault = output_fault(schema_prompt(tmp_path, "x").sampling, answer, ())
    assert fault is not None and fault.startswith("the answer cannot be read: ") and said in fault
