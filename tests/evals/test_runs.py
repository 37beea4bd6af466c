"""Recorded runs: one spelling for each, and no bytes that are not one are taken for one."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.evals.asking import some_cases
from tests.evals.examples import passage_of, responded
from tests.evals.recorded import recorded_runs
from tests.fakes.answering import MANIFEST

from surefoot.errors import EvaluationError
from surefoot.evals.runs import RecordedRun
from surefoot.records import Message, NoResponse, digest_bytes

CASES = some_cases(3)
SHARED = passage_of("a.md", "It is kept for thirty days.")
OTHER = passage_of("b.md", "Nothing to see.")
RUN = RecordedRun.of(
    MANIFEST,
    CASES,
    [
        responded(case="c00", passages=[OTHER, SHARED]),
        responded(case="c01", passages=[SHARED]),
        NoResponse(case="c02", repeat=0, kind="ModelError", message="it broke"),
    ],
    fingerprint="f" * 64,
)


@settings(deadline=None, max_examples=60)
@given(recorded_runs())
def test_any_run_comes_back_as_it_was(run: RecordedRun) -> None:
    content = run.to_bytes()

    assert RecordedRun.from_bytes(content) == run
    assert RecordedRun.from_bytes(content).to_bytes() == content
    assert run.digest == digest_bytes(content)


def test_a_run_is_a_header_then_each_passage_once_then_the_responses() -> None:
    header, *lines = [json.loads(line) for line in RUN.to_bytes().splitlines()]

    assert header == {
        "schema": 1,
        "release": MANIFEST.digest,
        "model": MANIFEST.model,
        "fingerprint": "f" * 64,
        "repeat": 0,
    }
    assert [line["passage"]["id"] for line in lines[:2]] == [OTHER.id, SHARED.id]
    assert lines[2]["response"]["passages"] == [OTHER.id, SHARED.id]
    assert lines[4]["no_response"] == {
        "case": "c02",
        "repeat": 0,
        "kind": "ModelError",
        "message": "it broke",
    }


def test_only_responses_to_what_is_asked_now_are_handed_out() -> None:
    changed = [
        CASES[0],
        replace(CASES[1], question="What else?"),
        replace(CASES[2], history=(Message(role="user", content="Hello"),)),
        replace(CASES[0], id="new"),
    ]

    assert RUN.responses_to(changed) == {"c00": RUN.responses[0]}
    assert set(RUN.responses_to([replace(case, reference="Other.") for case in CASES])) == {
        "c00",
        "c01",
        "c02",
    }


CONTENT = RUN.to_bytes()
LINES = CONTENT.splitlines(keepends=True)
DAMAGES: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "cut": lambda: CONTENT[:-30],
    "without its last line break": lambda: CONTENT[:-1],
    "without its last line": lambda: b"".join(LINES[:-1]) + b"{",
    "without its header": lambda: b"".join(LINES[1:]),
    "without a passage": lambda: b"".join([*LINES[:1], *LINES[2:]]),
    "with a passage too many": lambda: b"".join([*LINES, LINES[1].replace(b"b.md", b"c.md")]),
    "a response twice": lambda: CONTENT + LINES[-1],
    "passages in another order": lambda: b"".join([LINES[0], LINES[2], LINES[1], *LINES[3:]]),
    "with spaces": lambda: CONTENT.replace(b'"schema":1', b'"schema": 1'),
    "another schema": lambda: CONTENT.replace(b'"schema":1', b'"schema":2'),
    "an unknown key": lambda: CONTENT.replace(b'"schema":1', b'"extra":0,"schema":1'),
    "a number as text": lambda: CONTENT.replace(b'"total_seconds":0.5', b'"total_seconds":"0.5"'),
    "another spelling of a number": lambda: CONTENT.replace(b'"total_seconds":0.5', b'"total_seconds":5e-1'),
    "not a number": lambda: CONTENT.replace(b'"total_seconds":0.5', b'"total_seconds":NaN'),
    "without end": lambda: CONTENT.replace(b'"total_seconds":0.5', b'"total_seconds":1e999'),
    "too large": lambda: CONTENT.replace(b'"total_seconds":0.5', b'"total_seconds":1' + b"0" * 400),
    "another repeat": lambda: CONTENT.replace(b'"repeat":0,"schema"', b'"repeat":1,"schema"'),
    "passages that are no list": lambda: CONTENT.replace(b'"passages":["a.md:0-27"]', b'"passages":7'),
    "passages that are lists": lambda: CONTENT.replace(b'"passages":["a.md:0-27"]', b'"passages":[[]]'),
    "a response that is none": lambda: LINES[0] + b'{"asked":"x","response":[]}\n',
    "a line that is no object": lambda: LINES[0] + b"[]\n",
    "deep": lambda: LINES[0] + b"[" * 100_000 + b"\n",
    "not UTF-8": lambda: CONTENT.replace(b"broke", b"br\xffke"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_is_refused(damage: str) -> None:
    content = DAMAGES[damage]()
    assert content != CONTENT

    with pytest.raises(EvaluationError, match="no recorded run, or a damaged one") as caught:
        RecordedRun.from_bytes(content)
    assert len(caught.value.message) < 500


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_bytes_raise_anything_else_and_those_that_are_taken_are_the_runs_own(data: st.DataObject) -> None:
    at = data.draw(st.integers(min_value=0, max_value=len(CONTENT)))
    length = data.draw(st.integers(min_value=0, max_value=40))
    content = CONTENT[:at] + data.draw(st.binary(max_size=10)) + CONTENT[at + length :]

    try:
        run = RecordedRun.from_bytes(content)
    except EvaluationError:
        return
    assert run.to_bytes() == content


@pytest.mark.parametrize(
    "wrong",
    [
        replace(RUN, responses=RUN.responses[:-1]),
        replace(RUN, responses=(*RUN.responses, RUN.responses[0])),
        replace(RUN, repeat=1),
        replace(
            RUN,
            responses=(
                responded(case="c00", passages=[SHARED, replace(OTHER, id=SHARED.id)]),
                *RUN.responses[1:],
            ),
        ),
    ],
)
def test_a_run_that_contradicts_itself_is_not_written(wrong: RecordedRun) -> None:
    with pytest.raises(EvaluationError):
        wrong.to_bytes()
