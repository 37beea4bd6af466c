"""Questions that ask the same are found, and those that only look like it are not."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evals.examples import case_of, fact

from surefoot.evals.likeness import content_words, near_duplicates
from surefoot.records import Case

STATED = fact(("a.md", "thirty days"))


def asking(question: str, number: int, *, grounded: bool = False) -> Case:
    return case_of(*([STATED] if grounded else []), id=f"c{number}", question=question)


def alike(one: str, other: str, *, grounded: bool = False) -> bool:
    cases = [asking(one, 1, grounded=grounded), asking(other, 2, grounded=grounded)]
    return [*near_duplicates(cases)] == [(1, 0)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How long is a deleted vault kept?", "how long is the deleted vault kept"),
        ("How long are deleted vaults kept?", "How long is a deleted vault kept?"),
        ("Deleted vaults are kept how long?", "How long are deleted vaults kept?"),
        ("How long is a deleted vault kept?", "How long is a delteted vault kept?"),
    ],
)
def test_the_same_words_and_slips_of_one_are_alike(one: str, other: str) -> None:
    assert alike(one, other) and alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How long is a deleted vault kept?", "How long is a locked vault kept?"),
        ("How long is a deleted vault kept?", "How long is a deleted vault not kept?"),
        ("What does gauge 1 say?", "What does gauge 2 say?"),
        ("What does gauge 11111 say?", "What does gauge 11112 say?"),
        ("Who fixed the valve?", "When was the valve fixed?"),
        ("Is it?", "Was it?"),
    ],
)
def test_what_asks_something_else_is_not(one: str, other: str) -> None:
    assert not alike(one, other)


def test_on_the_same_facts_most_of_the_words_are_enough() -> None:
    one, other = "How long is a deleted vault kept?", "How long is a deleted vault kept here?"

    assert alike(one, other, grounded=True) and not alike(one, other)


def test_a_question_in_another_conversation_is_another() -> None:
    from dataclasses import replace

    from surefoot.records import Message

    one, other = asking("And on Linux?", 1), asking("And on Linux?", 2)
    asked = (Message(role="user", content="How often is it scanned?"),)

    assert [*near_duplicates([one, replace(other, history=asked)])] == []
    assert [*near_duplicates([one, replace(other, planted="Say {canary}.")])] == []


@given(st.lists(st.text(alphabet="ab ?", max_size=8), max_size=6))
def test_each_is_paired_with_one_that_stands_before_it(questions: list[str]) -> None:
    found = [*near_duplicates([asking(one, number) for number, one in enumerate(questions)])]

    assert len({later for later, _ in found}) == len(found)
    for later, earlier in found:
        assert earlier < later
        assert content_words(questions[earlier]) == content_words(questions[later])


def test_none_of_the_examples_questions_is_taken_for_another() -> None:
    for file in (Path(__file__).parents[2] / "evals").glob("*/cases.jsonl"):
        questions = [json.loads(line)["question"] for line in file.read_text().splitlines()]
        cases = [asking(one, number) for number, one in enumerate(dict.fromkeys(questions))]
        assert [*near_duplicates(cases)] == []
