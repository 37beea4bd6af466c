"""A gate's verdict as JUnit XML, which every CI server reads: a test case per rule and invariant.

A blocking rule passes, fails (FAIL, INCONCLUSIVE) or is in error (REFUSED); an advisory rule that did not
pass is skipped, so that it never turns a build red. The first test case is the verdict itself: it is green
for PASS alone, whatever the rules say.
"""

import re
from datetime import UTC
from xml.etree import ElementTree

from surefoot.records import InvariantResult, Outcome, RuleResult
from surefoot.reports import gate_words as words
from surefoot.reports.gate_report import GateReport, unscored_counts
from surefoot.reports.printable import one_line, printable

_MOST_NAMED = 50
# What XML 1.0 cannot hold, not even escaped.
_UNSAYABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def gate_junit(report: GateReport) -> bytes:
    """The verdict as one `<testsuite>`, in UTF-8."""
    receipt = report.receipt
    suite = ElementTree.Element("testsuite", name=_said(f"surefoot gate: {receipt.suite}"))
    properties = ElementTree.SubElement(suite, "properties")
    for label, value in words.facts(report):
        ElementTree.SubElement(properties, "property", name=_said(label), value=_said(value))
    of = f"surefoot.gate.{receipt.suite}"
    verdict = receipt.verdict
    _ended(_case(suite, of, "verdict"), verdict.outcome, words.headline(report), "\n".join(verdict.reasons))
    for result in verdict.rules:
        _rule(suite, of, result)
    for held in verdict.invariants:
        _invariant(suite, of, held)
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("time", "0")
    suite.set("timestamp", receipt.made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    unscored = [
        f"{count.metric}, {count.arm}: not measured in {words.counted(count.cases)}: {count.reason}"
        for count in unscored_counts(report)
    ]
    told = [words.size(report), *unscored, "To get here again:", *words.commands(report)]
    ElementTree.SubElement(suite, "system-out").text = "\n".join(_said(line) for line in told)
    top = ElementTree.Element("testsuites")
    top.append(suite)
    ElementTree.indent(top)
    content: bytes = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _case(suite: ElementTree.Element, of: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", name=_said(name), classname=_said(of), time="0")


def _rule(suite: ElementTree.Element, of: str, result: RuleResult) -> None:
    rule = result.rule
    case = _case(suite, of, f"{rule.metric} ({'blocking' if rule.blocking else 'advisory'})")
    numbers = "\n".join(f"{label}: {value}" for label, value in _numbers(result))
    if rule.blocking or result.outcome == "PASS":
        _ended(case, result.outcome, result.reason, numbers)
    else:
        message = _said(f"advisory, {result.outcome}: {result.reason}")
        ElementTree.SubElement(case, "skipped", message=message)
    if not (rule.blocking and result.outcome != "PASS"):
        ElementTree.SubElement(case, "system-out").text = _said(result.reason) + "\n" + _lines(numbers)


def _invariant(suite: ElementTree.Element, of: str, held: InvariantResult) -> None:
    least = f"{held.invariant.at_least:g}"
    case = _case(suite, of, f"{held.invariant.metric} is {least} or more in every case (invariant)")
    unscored = f"not measured in {words.counted(len(held.unscored))}"
    if held.broken:
        also = f"\n{unscored}:\n{_named(held.unscored)}" if held.unscored else ""
        _ended(case, "FAIL", f"broken in {words.counted(len(held.broken))}", _named(held.broken) + also)
    elif held.unscored:
        _ended(case, "REFUSED", unscored, _named(held.unscored))


def _ended(case: ElementTree.Element, outcome: Outcome, message: str, body: str) -> None:
    """Put into the case what makes it red: nothing for PASS."""
    if outcome == "PASS":
        return
    tag = "error" if outcome == "REFUSED" else "failure"
    element = ElementTree.SubElement(case, tag, type=outcome, message=_said(message))
    element.text = _lines(body)


def _numbers(result: RuleResult) -> tuple[tuple[str, str], ...]:
    signed = result.baseline is not None
    floor = (("floor", words.figure(result.rule.floor, result)),) if not signed else ()
    return (
        ("baseline", words.figure(result.baseline, result)),
        ("candidate", words.figure(result.candidate, result)),
        ("difference", words.figure(result.difference, result, signed=True)),
        ("bounds", words.bounds(result, signed=signed)),
        ("margin", words.figure(result.rule.margin, result)),
        *floor,
        ("detectable", words.figure(result.detectable, result)),
        ("cases", f"{result.cases} in {result.clusters} clusters, {result.discordant} differ"),
        ("worst", ", ".join(result.worse) or "none"),
    )


def _named(cases: tuple[str, ...]) -> str:
    more = [f"and {len(cases) - _MOST_NAMED} more"] if len(cases) > _MOST_NAMED else []
    return "\n".join([*cases[:_MOST_NAMED], *more])


def _said(text: str) -> str:
    return _UNSAYABLE.sub("\ufffd", one_line(text))


def _lines(text: str) -> str:
    return _UNSAYABLE.sub("\ufffd", printable(text))
