"""Case files: what is read, and that whatever a stranger writes is an error that names its place."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evals.examples import case_of, fact

from surefoot.errors import NotFoundError, SettingsError
from surefoot.evals.case_reading import LONGEST_LINE_BYTES
from surefoot.evals.cases import StaleQuote, load_cases, stale
from surefoot.records import Evidence, Message

GOOD: dict[str, object] = {
    "id": "enrolment-code-lifetime",
    "kind": "single",
    "cluster": "guide/enrolment.md",
    "question": "How long is an enrolment code good for?",
    "reference": "Ten minutes.",
    "facts": [
        [
            {"source": "guide/enrolment.md", "quote": "ten minutes"},
            {"source": "reference/limits.md", "quote": "10 minutes"},
        ]
    ],
    "tags": ["limits"],
}


WRONG: list[tuple[dict[str, object], str]] = [
    ({"qestion": "x"}, "'qestion', which is unknown; is 'question' meant"),
    ({"id": "a b"}, "id is 'a b'"),
    ({"kind": "simple"}, "kind is 'simple'"),
    ({"planted": "Say yes."}, "planted is 'Say yes.', which asks for no {canary}"),
    ({"planted": " "}, "planted is ' '"),
    ({"kind": "unanswerable"}, "is 'unanswerable' and has 1 facts"),
    ({"kind": "misleading", "facts": []}, "is 'misleading' and has 0 facts"),
    ({"facts": None}, "is 'single' and has 0 facts"),
    ({"kind": "several"}, "is 'several' and has 1 facts"),
    ({"facts": "x"}, "facts is 'x'"),
    ({"facts": [[]]}, "facts[0] is []"),
    ({"facts": [{"source": "a", "quote": "b"}]}, "facts[0] is {"),
    ({"facts": [["x"]]}, "facts[0][0] is 'x'"),
    ({"facts": [[{"source": "a"}]]}, "facts[0][0].quote is missing"),
    ({"facts": [[{"source": "a", "quote": " "}]]}, "facts[0][0].quote is ' '"),
    ({"facts": [[{"source": "a", "quote": "b", "page": 1}]]}, "facts[0][0] has the key 'page'"),
    ({"facts": [[{"source": "a", "quote": "b"}] * 2]}, "facts[0] names one place twice"),
    ({"facts": [[{"source": "a", "quote": "b"}]] * 2}, "names one fact twice"),
    ({"facts": [[{"source": "a", "quote": str(n)}] for n in range(9)]}, "facts has 9 entries"),
    ({"tags": [""]}, "tags[0] is ''"),
    ({"history": [{"role": "system", "content": "x"}]}, "history[0].role is 'system'"),
    ({"history": [{"role": "user", "content": ""}]}, "history[0].content is ''"),
    ({"history": ["x"]}, "history[0] is 'x'"),
    ({"split": ""}, "split is ''"),
    ({"split": 7}, "split is 7"),
    ({"status": "new"}, "status is 'new'"),
    ({"status": ["proposed"]}, "status is ['proposed']"),
    ({"provenance": " "}, "provenance is ' '"),
    ({"provenance": {}}, "provenance is {}"),
    ({"provenance": {" ": "x"}}, "provenance is {"),
    ({"provenance": {"row": 7}}, "provenance.row is 7"),
    ({"provenance": {str(n): "x" for n in range(21)}}, "provenance is {"),
    ({"provenance": "x" * 1001}, "provenance has 1,001 characters"),
    ({"status": "proposed", "kind": "unanswerable"}, "is 'unanswerable' and has 1 facts"),
]


def written(folder: Path, *values: object) -> Path:
    file = folder / "cases.jsonl"
    file.write_text("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values))
    return file


def refusal(folder: Path, **changes: object) -> str:
    """What is said of the good case with these changes; None takes a key away."""
    changed = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    with pytest.raises(SettingsError) as caught:
        load_cases(written(folder, changed))
    assert caught.value.message.startswith(f"{folder / 'cases.jsonl'}:1: ")
    assert caught.value.remedy
    return caught.value.message


def test_a_case_is_read_whole(tmp_path: Path) -> None:
    silent = {**GOOD, "id": "silent", "kind": "unanswerable", "facts": [], "question": "And who pays?"}
    silent["history"] = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello."}]

    case, other = load_cases(written(tmp_path, GOOD, silent))

    assert (case.id, case.kind, case.cluster) == ("enrolment-code-lifetime", "single", "guide/enrolment.md")
    assert case.facts[0].places[1] == Evidence(source="reference/limits.md", quote="10 minutes")
    assert (case.tags, case.history, case.answerable) == (("limits",), (), True)
    assert other.history[1] == Message(role="assistant", content="Hello.")
    assert not other.answerable


def test_where_a_case_comes_from_and_how_far_it_is_may_be_said(tmp_path: Path) -> None:
    told = {"split": "test", "status": "proposed", "provenance": {"file": "export.json", "item": "7"}}
    (case,) = load_cases(written(tmp_path, {**GOOD, **told}))
    (plain,) = load_cases(written(tmp_path, GOOD))
    (worded,) = load_cases(written(tmp_path, {**GOOD, "provenance": "a call of 3 May"}))

    assert (case.split, case.status, case.accepted) == ("test", "proposed", False)
    assert case.provenance == {"file": "export.json", "item": "7"}
    assert (plain.split, plain.provenance, plain.accepted) == ("", "", True)
    assert worded.provenance == "a call of 3 May"


def test_a_proposed_case_may_have_no_facts_yet(tmp_path: Path) -> None:
    bare = {key: value for key, value in GOOD.items() if key != "facts"}

    (case,) = load_cases(written(tmp_path, {**bare, "status": "proposed"}))

    assert case.facts == () and case.answerable
    with pytest.raises(SettingsError, match="is 'single' and has 0 facts"):
        load_cases(written(tmp_path, {**bare, "status": "accepted"}))


def test_blank_lines_are_passed_over_and_the_others_keep_their_numbers(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text("\n" + json.dumps(GOOD) + "\n  \n" + json.dumps({**GOOD, "id": ""}) + "\n")

    with pytest.raises(SettingsError, match=r"cases\.jsonl:4: id is ''"):
        load_cases(file)


@pytest.mark.parametrize("key", ["id", "kind", "cluster", "question", "reference"])
@pytest.mark.parametrize("value", [None, "", "  \t", 7, ["x"], {"a": 1}])
def test_a_field_that_is_missing_blank_or_no_text_is_named(tmp_path: Path, key: str, value: object) -> None:
    assert key in refusal(tmp_path, **{key: value})


@pytest.mark.parametrize(("changes", "said"), WRONG)
def test_what_is_wrong_is_quoted_with_its_place(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    assert said in refusal(tmp_path, **changes)


@pytest.mark.parametrize(
    ("again", "said"),
    [
        ({"question": "Other?"}, "the id 'enrolment-code-lifetime'"),
        ({"id": "other"}, "the question 'How long"),
    ],
)
def test_a_second_case_of_the_same_id_or_question_is_refused(
    tmp_path: Path, again: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_cases(written(tmp_path, GOOD, {**GOOD, **again}))

    assert caught.value.message.startswith(f"{tmp_path / 'cases.jsonl'}:2: {said}")
    assert "stands in line 1 already" in caught.value.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds no case"),
        (b"\xff\xfe", "byte 1 is not UTF-8"),
        (b'{"id": ', "it is not JSON"),
        (b"\xef\xbb\xbf{}", "it is not JSON"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"a":' * 40_000, "nested too deep"),
        (b"[]", r"the line is \[\]"),
        (b'{"id": NaN}', "NaN is not JSON"),
        (b'{"id": "a", "id": "b"}', "the key 'id' is given twice"),
        (b'{"id": "\\ud800"}', "half a character"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "5000 digits"),
        (b'{"id": "' + b"x" * LONGEST_LINE_BYTES + b'"}', "the line has 256,010 bytes"),
        (b'{"id": "' + b"x" * 10_000_000 + b'"}', "the line has 10,000,010 bytes"),
    ],
)
def test_a_file_of_hostile_bytes_is_an_error(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(content)

    with pytest.raises(SettingsError, match=said) as caught:
        load_cases(file)
    assert len(caught.value.message) < 1_000


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps({"id": text}).encode()))
def test_no_bytes_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "hostile.jsonl"
    file.write_bytes(content)

    with pytest.raises(SettingsError):
        load_cases(file)


def test_a_file_that_is_not_there_or_not_a_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no"):
        load_cases(tmp_path / "cases.jsonl")
    with pytest.raises(SettingsError, match="is not a file"):
        load_cases(tmp_path)


def test_stale_evidence_is_found_and_line_breaks_do_not_make_it_stale() -> None:
    documents = {"a.md": "Keys rotate every\n  30 days.", "b.md": "130 days"}
    case = case_of(
        fact(("a.md", "every 30 days")), fact(("b.md", "30 days")), fact(("c.md", "gone")), kind="several"
    )

    found = stale([case], documents.get)

    assert found == (
        StaleQuote(case="case", source="b.md", quote="30 days", document_is_there=True),
        StaleQuote(case="case", source="c.md", quote="gone", document_is_there=False),
    )
