"""The forms that are read as text, against golden files that a person has read.

After a change on purpose, run this file with SUREFOOT_TEST_WRITE_GOLDEN=1 and read the difference.
"""

import dataclasses
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from tests.reports.examples import gates
from tests.reports.examples.hostile import TRICKS, hostile

from surefoot.records import Outcome
from surefoot.reports.gate_junit import gate_junit
from surefoot.reports.gate_markdown import gate_markdown
from surefoot.reports.gate_report import GateReport
from surefoot.reports.gate_terminal import COLUMNS, gate_text, gate_view
from surefoot.reports.gate_words import commands, figure, headline

GOLDEN = Path(__file__).parent / "golden"
GATES: dict[str, Callable[[], GateReport]] = {
    "fail": gates.failing,
    "pass": gates.passing,
    "inconclusive": gates.inconclusive,
    "refused": gates.refused,
    "founding-pass": gates.founding,
    "founding-fail": lambda: gates.founding("FAIL"),
}
FORMS: dict[str, Callable[[GateReport], str]] = {
    "txt": gate_text,
    "md": gate_markdown,
    "xml": lambda report: gate_junit(report).decode(),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("gate", GATES)
def test_each_verdict_reads_as_its_golden_text(gate: str, form: str) -> None:
    file = GOLDEN / f"{gate}.{form}"
    text = FORMS[form](GATES[gate]())
    if os.environ.get("SUREFOOT_TEST_WRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("gate", GATES)
def test_the_terminal_text_fits_its_columns(gate: str) -> None:
    assert max(len(line) for line in gate_text(GATES[gate]()).splitlines()) <= COLUMNS


def test_a_long_reason_goes_on_under_its_beginning() -> None:
    text = gate_text(hostile("word " * 60))
    first, second = text.splitlines()[8:10]
    assert first.startswith("1. word") and second.startswith("   word") and len(first) <= COLUMNS


def test_a_console_that_leaves_wrapping_to_the_terminal_gets_the_same_columns() -> None:
    file = io.StringIO()
    Console(file=file, width=240, soft_wrap=True).print(gate_view(hostile("word " * 60)))
    assert max(map(len, file.getvalue().splitlines())) <= COLUMNS


def test_a_narrow_terminal_still_gets_every_line() -> None:
    file = io.StringIO()
    Console(file=file, width=60).print(gate_view(gates.failing()))
    text = file.getvalue()
    assert "F A I L" in text and "INCONCLUSIVE" in text and "gate verify" in text


def test_a_terminal_with_colours_gets_the_same_words() -> None:
    file = io.StringIO()
    Console(file=file, width=COLUMNS, force_terminal=True, color_system="truecolor").print(
        gate_view(gates.failing())
    )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue())
    assert "\x1b[" in file.getvalue()
    assert [line.rstrip() for line in plain.splitlines()] == gate_text(gates.failing()).splitlines()


@pytest.mark.parametrize("trick", TRICKS)
def test_no_text_steers_the_terminal(trick: str) -> None:
    text = gate_text(hostile(trick))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", text)


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=60))
def test_any_text_keeps_the_columns(text: str) -> None:
    lines = gate_text(hostile(text)).splitlines()
    assert lines[2].startswith("│   F A I L")


def test_every_headline_says_what_it_means_for_the_release() -> None:
    outcomes: tuple[Outcome, ...] = ("PASS", "FAIL", "INCONCLUSIVE", "REFUSED")
    said = {headline(gates.founding(outcome)) for outcome in outcomes}
    said |= {headline(GATES[gate]()) for gate in ("fail", "pass", "inconclusive", "refused")}
    assert len(said) == 8
    assert sum("may replace" in words or "may be the first" in words for words in said) == 2


def test_a_comparison_of_two_apps_names_them_and_promises_no_promotion() -> None:
    report = gates.passing()
    receipt = dataclasses.replace(report.receipt, baseline_app="agent")
    between = dataclasses.replace(report, receipt=receipt)

    assert headline(between) == (
        "answers a1a1a1a1a1a1 answers no worse than agent (b2b2b2b2b2b2). "
        "Two apps are compared: nothing is promoted by this."
    )
    assert commands(between)[-1].endswith("--against agent")


def test_where_invariants_alone_decided_the_headline_says_that_nothing_was_compared() -> None:
    report = gates.passing()
    alone = dataclasses.replace(report.receipt.verdict, rules=())
    held = dataclasses.replace(report, receipt=dataclasses.replace(report.receipt, verdict=alone))

    assert "every invariant holds, and no metric was compared" in headline(held)
    assert "no metric was compared" not in headline(report)


def test_a_figure_has_the_decimals_that_its_margin_needs() -> None:
    result = gates.passing().receipt.verdict.rules[0]
    fine = dataclasses.replace(result, rule=dataclasses.replace(result.rule, margin=0.0025))
    assert figure(0.12345, result) == "0.123" and figure(0.12345, fine) == "0.1235"
    assert figure(-0.00001, result, signed=True) == "0.000" and figure(None, result) == "-"
    assert figure(0.01, result, signed=True) == "+0.010"
