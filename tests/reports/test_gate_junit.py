"""The XML that CI servers read, held to the shape that the common JUnit schemas share."""

import dataclasses
import re
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reports.examples.gates import (
    FINISHES,
    failing,
    founding,
    inconclusive,
    passing,
    refused,
    with_verdict,
)
from tests.reports.examples.hostile import TRICKS, hostile

from surefoot.records import InvariantResult
from surefoot.reports.gate_junit import gate_junit
from surefoot.reports.gate_report import GateReport

# By element: the attributes it must have, those it may have, and its children in their order.
SHAPE: dict[str, tuple[set[str], set[str], str]] = {
    "testsuites": (set(), {"name", "tests", "failures", "errors", "time"}, r"(testsuite )*"),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time"},
        {"skipped", "timestamp", "hostname", "id", "package"},
        r"(properties )?(testcase )*(system-out )?(system-err )?",
    ),
    "properties": (set(), set(), r"(property )*"),
    "property": ({"name", "value"}, set(), ""),
    "testcase": (
        {"name", "classname", "time"},
        set(),
        r"(skipped |error |failure )?(system-out )?(system-err )?",
    ),
    "failure": ({"type"}, {"message"}, ""),
    "error": ({"type"}, {"message"}, ""),
    "skipped": (set(), {"message"}, ""),
    "system-out": (set(), set(), ""),
}


def faults(element: ElementTree.Element) -> list[str]:
    """What the shape does not allow."""
    needed, allowed, children = SHAPE[element.tag]
    found = []
    if not needed <= set(element.keys()) <= needed | allowed:
        found.append(f"{element.tag} has {sorted(element.keys())}")
    if not re.fullmatch(children, "".join(f"{child.tag} " for child in element)):
        found.append(f"{element.tag} holds {[child.tag for child in element]}")
    return found + [fault for child in element for fault in faults(child)]


def suite_of(report: GateReport) -> ElementTree.Element:
    top = ElementTree.fromstring(gate_junit(report))
    assert faults(top) == []
    (suite,) = top
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert suite.get(name) == str(len(suite.findall(f"testcase/{tag}")))
    assert suite.get("tests") == str(len(suite.findall("testcase")))
    return suite


def ended(suite: ElementTree.Element) -> dict[str | None, str]:
    """How each test case ended."""
    tags = ("failure", "error", "skipped")
    return {
        case.get("name"): next((tag for tag in tags if case.find(tag) is not None), "passed")
        for case in suite.findall("testcase")
    }


PLAIN = [element.tag for element in suite_of(hostile("plain")).iter()]


def test_each_rule_invariant_and_the_verdict_is_a_test_case() -> None:
    assert ended(suite_of(failing())) == {
        "verdict": "failure",
        "citations_valid (blocking)": "failure",
        "evidence_recall (blocking)": "passed",
        "abstains_rightly (blocking)": "failure",
        "answer_overlap (advisory)": "passed",
        "ragas_faithfulness (advisory)": "skipped",
        "finishes is 1 or more in every case (invariant)": "failure",
    }


def test_pass_is_all_green() -> None:
    assert set(ended(suite_of(passing())).values()) == {"passed"}
    assert set(ended(suite_of(founding())).values()) == {"passed"}


def test_what_could_not_be_decided_is_never_green() -> None:
    assert ended(suite_of(refused()))["evidence_recall (blocking)"] == "error"
    assert ended(suite_of(refused()))["verdict"] == "error"
    assert ended(suite_of(inconclusive()))["verdict"] == "failure"


def test_the_verdict_is_red_although_every_rule_passed() -> None:
    made = passing()
    suite = suite_of(with_verdict(made, dataclasses.replace(made.receipt.verdict, outcome="REFUSED")))
    assert [name for name, end in ended(suite).items() if end != "passed"] == ["verdict"]


def test_an_invariant_that_could_not_be_measured_is_an_error() -> None:
    made = passing()
    held = InvariantResult(invariant=FINISHES, broken=(), unscored=("leave-01",))
    suite = suite_of(with_verdict(made, dataclasses.replace(made.receipt.verdict, invariants=(held,))))
    assert ended(suite)["finishes is 1 or more in every case (invariant)"] == "error"
    both = dataclasses.replace(held, broken=("badge-02",))
    suite = suite_of(with_verdict(made, dataclasses.replace(made.receipt.verdict, invariants=(both,))))
    assert ended(suite)["finishes is 1 or more in every case (invariant)"] == "failure"


@pytest.mark.parametrize("trick", TRICKS)
def test_no_text_breaks_the_xml(trick: str) -> None:
    assert len(suite_of(hostile(trick)).findall("testcase")) == 7


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=80))
def test_any_text_leaves_valid_xml(text: str) -> None:
    suite = suite_of(hostile(text))
    assert [element.tag for element in suite.iter()] == PLAIN


def test_a_planted_fault_is_seen() -> None:
    top = ElementTree.fromstring(gate_junit(passing()))
    ElementTree.SubElement(top[0], "testcase")
    assert len(faults(top)) == 2
