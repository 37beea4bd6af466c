"""Lint never fails, and finds an error of loading exactly where a prompt does not load."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.prompts.written import FRONT, write

from surefoot.errors import PromptError
from surefoot.prompts import load_prompt
from surefoot.prompts.linting import Surroundings, lint

LOADING = {"file", "front-matter", "template", "unknown-include", "undeclared", "lock", "variant"}
BODIES = (
    "{% user %}",
    "{% enduser %}",
    "{% system %}",
    "{% endsystem %}",
    "{% history %}",
    "{{ question }}",
    "{{ q }}",
    "{% set q = question %}",
    "{% for q in passages %}",
    "{% for loop in passages %}",
    "{% endfor %}",
    "{% else %}",
    "{{ loop.index }}",
    "{% if q %}",
    "{% endif %}",
    "{{ q.text | upper }}",
    "{{ [1, q] }}",
    "{{ question | nope }}",
    '{% include "rules" %}',
    '{% include "none" %}',
    "{% macro m() %}",
    "text",
    "\n",
    "{#",
    "#}",
    "{{",
    "}}",
    "-%}",
    "{{ range(3) | join }}",
    "{% for a, b in passages if loop.first %}",
    "{{ 1e999 }}",
    "{{ '\\ud800' }}",
    "{{ x.y }}",
)
FRONTS = (
    "schema: 1\n",
    "name: sample\n",
    "model: {alias: chat}\n",
    "model: {}\n",
    "budget: {max_prompt_tokens: 9}\n",
    "input: {question: text, passages: passages}\n",
    "input: {question: 1, Passages: text, q: {type: nope}}\n",
    "trust: {question: operator, other: user}\n",
    "budget: {drop: [passages]}\n",
    "variant: x\n",
    "owners: x\n",
    "includes: {rules: 0123456789ab}\n",
    "tools: [{name: x}, {name: x}]\n",
    "output: {format: json}\n",
    "- 1\n",
    "a:\n",
    "suites: [1]\n",
    "description: ''\n",
    "input:\n  q: {default: 1, type: string}\n",
    "\t: x\n",
    "x: *y\n",
    "x: !z 1\n",
)
SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def agree(folder: Path, front: str, body: str) -> None:
    write(folder, front=front, body=body, rules="Be brief{{ question }}.")
    findings = lint(folder, Surroundings(), ["sample"]).findings
    try:
        load_prompt(folder, "sample")
        loads = True
    except PromptError:
        loads = False
    assert loads == (not any(finding.rule in LOADING for finding in findings)), findings


@SLOW
@given(parts=st.lists(st.sampled_from(BODIES), max_size=12))
@example(parts=["{% user %}", "{% for loop in passages %}", "{% endfor %}", "{% enduser %}"])
@example(
    parts=["{% user %}", "{% if q %}", "{% set q = question %}", "{% endif %}", "{{ q }}", "{% enduser %}"]
)
def test_a_template_has_an_error_where_it_does_not_load(tmp_path: Path, parts: list[str]) -> None:
    agree(tmp_path, FRONT, "".join(parts))


@SLOW
@given(parts=st.lists(st.sampled_from(BODIES), max_size=6))
def test_so_it_is_within_a_message(tmp_path: Path, parts: list[str]) -> None:
    agree(tmp_path, FRONT, "{% user %}" + "".join(parts) + "{% enduser %}")


@SLOW
@given(parts=st.lists(st.sampled_from(FRONTS), max_size=8))
def test_front_matter_has_an_error_where_it_does_not_load(tmp_path: Path, parts: list[str]) -> None:
    agree(tmp_path, "".join(parts), '{% user %}{% include "rules" %}{% enduser %}')


@SLOW
@given(text=st.text(max_size=80))
def test_any_text_at_all_is_checked_without_a_crash(tmp_path: Path, text: str) -> None:
    agree(tmp_path, FRONT, text)
    agree(tmp_path, text, "{% user %}Hi{% enduser %}")


@pytest.mark.parametrize("levels", [20, 50, 150, 250, 1000])
@pytest.mark.parametrize(
    "expression", ["q + 1", "q | trim", "not q", "-q", "q and 1", "1 if 1 else q", "q.x"]
)
def test_however_deep_a_template_is_nested_lint_and_loading_agree(
    tmp_path: Path, expression: str, levels: int
) -> None:
    before, after = expression.split("q")
    body = "{% user %}{{ " + before * levels + "question" + after * levels + " }}{% enduser %}"
    folder = write(tmp_path, body=body)
    found = [
        finding.message for finding in lint(folder, Surroundings()).findings if finding.rule == "template"
    ]
    assert (found != []) == (levels > 100)
    try:
        load_prompt(folder, "sample")
    except PromptError as error:
        assert any(message in str(error) for message in found)
    else:
        assert not found
