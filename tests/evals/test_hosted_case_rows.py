"""Files of Langfuse and of promptfoo: what is taken of a row, what is lost, and why one is left out."""

import json

import pytest
from tests.evals.reading_rows import reason, refusal, row, rows

from surefoot.evals.case_rows import Quote, Row

# Langfuse

ITEM = {
    "id": "7f3c",
    "datasetId": "d1",
    "datasetName": "support",
    "status": "ACTIVE",
    "input": {"question": "How long?", "locale": "en"},
    "expectedOutput": {"answer": "Ten."},
    "metadata": {"source": "a.md", "quote": "ten minutes", "tags": ["x", "y"], "owner": "Ann"},
    "sourceTraceId": "t1",
    "sourceObservationId": None,
    "createdAt": "2025-01-01T00:00:00.000Z",
    "updatedAt": "2025-01-01T00:00:00.000Z",
}


@pytest.mark.parametrize(
    "content", [json.dumps([ITEM]), json.dumps({"data": [ITEM], "meta": {"page": 1}}), json.dumps(ITEM)]
)
def test_langfuse_items_are_read_as_exported_and_as_the_api_lists_them(content: str) -> None:
    one = row("langfuse", content)

    assert (one.question, one.reference, one.tags) == ("How long?", "Ten.", ("x", "y"))
    assert one.quotes == (Quote(text="ten minutes", source="a.md"),)
    assert one.origin == {"item": "7f3c", "dataset": "support", "trace": "t1"}
    assert one.lost == ("metadata.owner",)


def langfuse(**changes: object) -> str:
    return json.dumps({"id": "1", "input": "How long?", "expectedOutput": "Ten.", **changes})


@pytest.mark.parametrize(
    "asked",
    [
        "How long?",
        {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "How long?"}]},
        [{"role": "user", "content": [{"type": "text", "text": "How long?"}]}],
        {"whatever": "How long?"},
        {"question": "How long?", "context": "x"},
    ],
)
def test_langfuse_inputs_are_texts_objects_and_conversations(asked: object) -> None:
    assert row("langfuse", langfuse(input=asked)).question == "How long?"


@pytest.mark.parametrize(
    "answer", ["Ten.", {"answer": "Ten."}, {"role": "assistant", "content": "Ten."}, {"a": "Ten."}]
)
def test_langfuse_expected_outputs_are_texts_objects_and_messages(answer: object) -> None:
    assert row("langfuse", langfuse(expectedOutput=answer)).reference == "Ten."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "ARCHIVED"}, "archived in Langfuse"),
        ({"input": None}, "it has no input"),
        ({"input": {"a": "x", "b": "y"}}, "say where the question is with --map question="),
        ({"input": [{"role": "tool", "content": "x"}]}, "a message of it is by 'tool'"),
        ({"input": []}, "no user asks anything in it"),
        ({"expectedOutput": {"a": "x", "b": "y"}}, "say where the answer is with --map reference="),
    ],
)
def test_langfuse_items_that_are_no_question_are_left_out(changes: dict[str, object], said: str) -> None:
    assert said in reason("langfuse", langfuse(**changes))


def test_langfuse_fields_may_lie_anywhere() -> None:
    content = langfuse(input={"customer": {"text": "How long?"}, "n": 1}, metadata={"doc": {"text": "ten"}})

    one = row("langfuse", content, question="input.customer.text", quote="metadata.doc.text")
    within = row("langfuse", content, question="customer.text")

    assert one.question == within.question == "How long?" and one.quotes == (Quote(text="ten"),)
    assert row("langfuse", langfuse(), reference="nowhere").reference == ""


# promptfoo

CONFIG = """
description: ours
prompts: [file://p.txt]
defaultTest:
  assert:
    - type: latency
      threshold: 100
tests:
  - description: the first
    vars: {question: "How long is {{thing}} valid?", thing: a code, expected: Ten.}
    assert:
      - type: is-json
      - type: equals
        value: "{{expected}}"
    metadata: {a: 1}
"""


def test_promptfoo_tests_give_question_reference_and_what_they_hold_besides() -> None:
    one = row("promptfoo", CONFIG)

    assert (one.place, one.question, one.reference) == ("test 1", "How long is a code valid?", "Ten.")
    assert one.origin == {"description": "the first"} and one.notes == ()
    assert one.lost == ("assertion is-json", "variable thing", "variable expected", "metadata")


def promptfoo(*asserts: object, **variables: object) -> str:
    return json.dumps([{"vars": variables or {"query": "How long?"}, "assert": [*asserts]}])


@pytest.mark.parametrize(
    ("asserts", "reference", "note"),
    [
        (
            [{"type": "contains", "value": "ten"}, {"type": "icontains", "value": "minutes"}],
            "ten; minutes",
            "contain",
        ),
        ([{"type": "contains-all", "value": ["ten", "minutes"]}], "ten; minutes", "contain"),
        ([{"type": "llm-rubric", "value": "says ten"}], "says ten", "rubric"),
        ([{"type": "llm-rubric", "value": "r"}, {"type": "factuality", "value": "Ten."}], "Ten.", ""),
        ([{"type": "similar", "value": "Ten"}, {"type": "equals", "value": 10}], "10", ""),
        ([{"type": "assert-set", "assert": [{"type": "equals", "value": "Ten."}]}], "Ten.", ""),
        ([{"type": "not-contains", "value": "ten"}], "", ""),
        ([{"type": "equals", "value": "file://answer.txt"}], "", ""),
    ],
)
def test_promptfoo_assertions_say_the_reference(asserts: list[object], reference: str, note: str) -> None:
    one = row("promptfoo", promptfoo(*asserts))

    assert one.reference == reference
    assert bool(one.notes) == bool(note) and all(note in said for said in one.notes)


def test_promptfoo_assertions_that_are_not_the_reference_are_named() -> None:
    one = row("promptfoo", promptfoo({"type": "equals", "value": "a"}, {"type": "llm-rubric", "value": "b"}))
    assert one.lost == ("assertion llm-rubric",)


def test_promptfoo_lists_of_questions_are_each_a_row() -> None:
    found = rows("promptfoo", promptfoo(query=["How long?", "How short?"]))
    assert [(one.place, one.question) for one in found if isinstance(one, Row)] == [
        ("test 1, query 1", "How long?"),
        ("test 1, query 2", "How short?"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (promptfoo(a="x", b="y"), "no variable is plainly what is asked, of 'a', 'b'"),
        (promptfoo(question="x", b=["y", "z"]), "'b' is a list"),
        (promptfoo(question="file://q.txt"), "in another file, 'file://q.txt'"),
        ("- file://more.yaml\n", "read the file of tests that it names"),
    ],
)
def test_promptfoo_tests_that_are_no_question_are_left_out(content: str, said: str) -> None:
    assert said in reason("promptfoo", content)


def test_promptfoo_variables_may_be_named() -> None:
    content = promptfoo({"type": "equals", "value": "z"}, frage="x", antwort="y", beleg="q")
    one = row("promptfoo", content, question="frage", reference="antwort", quote="beleg")
    assert (one.question, one.reference, one.quotes) == ("x", "y", (Quote(text="q"),))


@pytest.mark.parametrize("content", ["tests: file://t.csv\n", "prompts: [a]\n", "a: [\n", "7", "", b"\xff"])
def test_promptfoo_files_without_tests_are_refused(content: str | bytes) -> None:
    assert "of promptfoo" in refusal("promptfoo", content)
