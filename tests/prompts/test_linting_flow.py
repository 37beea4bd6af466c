"""What lint knows of values: what they are, and where the text of users and documents ends up."""

from pathlib import Path

import pytest
from tests.prompts.test_linting import found, rules
from tests.prompts.written import BODY_LINE, FRONT

from surefoot.prompts.linting import Finding

SHOWN = "{% user %}{{ question }} {{ passages[0].text }}{% enduser %}\n"
TURN = "{type: object, properties: {speaker: {type: string}, items: {type: string}}}"
INPUTS = f"""input:
  question: text
  passages: passages
  count: number
  tone: {{type: string, enum: [plain, formal]}}
  options: {{type: object, properties: {{style: {{type: string}}}}, additionalProperties: false}}
  turns: {{type: array, items: {TURN}}}
  anything: {{}}
"""
WIDE = FRONT.replace("input: {question: text, passages: passages}\n", INPUTS)
WIDE_LINE = WIDE.count("\n") + 3


def of_wide(folder: Path, body: str) -> list[Finding]:
    """What is found in a message over inputs of every kind, apart from those it does not use."""
    body = f"{{% user %}}{body}{{% enduser %}}"
    return [finding for finding in found(folder, front=WIDE, body=body) if finding.rule != "unused"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{% for word in question %}x{% endfor %}", "'question' is a text, and a loop needs a list"),
        ("{% for one in count %}x{% endfor %}", "'count' is a number, and a loop needs a list"),
        ("{{ question.upper }}", "'question' is a text, and has no 'upper'"),
        ("{{ passages[0].txt }}", "is a passage, and has no 'txt'"),
        ("{% for p in passages %}{{ p.page }}{% endfor %}", "'p' is a passage, and has no 'page'"),
        (
            "{% for p in passages %}{{ loop.number }}{% endfor %}",
            "'loop' is a loop's state, and has no 'number'",
        ),
        ("{{ question + 1 }}", "'+' works on numbers, and 'question' is a text"),
        ("{{ -question }}", "'-' works on numbers"),
        ("{% set q = question %}{{ q * 2 }}", "'*' works on numbers, and 'q' is a text"),
        ("{{ passages }}", "'passages' is a list, which cannot be put into text"),
        ("{{ passages | join(', ') }}", "is a list of passages, which cannot be put into text"),
        ("{{ passages | map(attribute='txt') | join }}", "has no 'txt'"),
        ("{{ passages | sort(attribute='txt') | length }}", "has no 'txt'"),
        ("{{ question | join(', ') }}", "'join' puts a list together"),
        ("{{ count | length }}", "a number has no length"),
        ("{{ options.stile }}", "'options' is a mapping, and has no 'stile'"),
        ("{% for t in turns %}{{ t.items }}{% endfor %}", "is a mapping's own"),
        ("{% for t in turns %}{{ t.speeker }}{% endfor %}", "'t' declares no 'speeker'"),
        ("{{ 'so ' ~ passages[0] }}", "is a passage, which cannot be put into text"),
    ],
)
def test_a_value_used_as_what_it_is_not_is_found(tmp_path: Path, body: str, said: str) -> None:
    (finding,) = of_wide(tmp_path, body)
    assert finding.rule == "mistyped" and said in finding.message
    assert finding.line == WIDE_LINE and finding.column > len("{% user %}") and finding.remedy


@pytest.mark.parametrize(
    "body",
    [
        "{% for p in passages %}{{ loop.index }} {{ p.text | upper }} {{ p.headings | join }}{% endfor %}",
        "{{ question[:100] }} {{ question | length + 1 }} {{ count + 1 }} {{ -count }}",
        "{{ passages | map(attribute='text') | map('upper') | join(', ') }}",
        "{{ passages | selectattr('source', 'eq', question) | map(attribute='text') | first }}",
        "{% for t in turns %}{{ t['items'] }} {{ t.speaker }}{{ t.mood is defined }}{% endfor %}",
        "{% for t in turns %}{{ t.mood | default('calm') }}{% endfor %}",
        "{% for key, value in options | items %}{{ key }} {{ value }}{% endfor %}",
        "{{ anything.at.all[3] + 1 }} {% for x in anything %}{{ x }}{% endfor %}",
        "{% for n in range(3) %}{{ n + 1 }}{% endfor %} {{ (question ~ tone) | trim }}",
        "{% for p in passages %}{{ loop.previtem.text if loop.previtem is defined }}{% endfor %}",
    ],
)
def test_a_value_used_as_what_it_is_is_not_found(tmp_path: Path, body: str) -> None:
    assert of_wide(tmp_path, body) == []


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("{{ question }}", "question"),
        ("{{ question | upper | truncate(20) }}", "question"),
        ("{% set q = question %}{{ q }}", "question"),
        ("{% set q = 'x' %}{% if count %}{% set q = question %}{% endif %}{{ q }}", "question"),
        ("{% for p in passages %}{{ p.source }}{% endfor %}", "passages"),
        ("{% for p in passages %}{% for h in p.headings %}{{ h }}{% endfor %}{% endfor %}", "passages"),
        ("{{ passages | map(attribute='text') | join(', ') }}", "passages"),
        ("{{ 'Asked: ' ~ question }}", "question"),
        ("{{ question if count else 'none' }}", "question"),
        ("{{ 'x' | replace('x', question) }}", "question"),
        ("{{ tone | default(question) }}", "question"),
        ("{{ turns[0].speaker }}", "turns"),
        ("{{ anything }}", "anything"),
        ('{% include "shown" %}', "question"),
    ],
)
def test_untrusted_text_in_a_system_message_is_found_however_it_gets_there(
    tmp_path: Path, text: str, source: str
) -> None:
    body = f"{{% system %}}{text}{{% endsystem %}}"
    findings = [
        finding
        for finding in found(tmp_path, front=WIDE, body=body, shown="{{ question }}")
        if finding.rule != "unused"
    ]
    assert rules(findings) == ["untrusted"]
    assert findings[0].message.startswith(f"{source!r} comes from ")
    assert f"trust: {{{source}: operator}}" in findings[0].remedy


def test_a_name_set_outside_of_the_message_is_followed_into_it(tmp_path: Path) -> None:
    body = "{% set q = question %}{% system %}\n{{ q }}\n{% endsystem %}"
    body += "{% user %}{{ passages[0].text }}{% enduser %}"
    (finding,) = found(tmp_path, body=body)
    assert (finding.rule, finding.line, finding.column) == ("untrusted", BODY_LINE + 1, 4)


@pytest.mark.parametrize(
    "text",
    [
        "{{ tone }}",
        "{{ count + 1 }} {{ question | length }} {{ question == 'x' }}",
        "{% if question %}Be brief.{% endif %}",
        "{{ 'long' if question | length > 100 else 'short' }}",
        "{% for p in passages %}{{ loop.index }}{% endfor %}",
        "{{ passages | length }}",
    ],
)
def test_what_carries_no_words_of_a_user_may_stand_in_a_system_message(tmp_path: Path, text: str) -> None:
    body = f"{{% system %}}{text}{{% endsystem %}}"
    assert "untrusted" not in rules(found(tmp_path, front=WIDE, body=body))


def test_what_an_operator_sets_may_stand_in_a_system_message(tmp_path: Path) -> None:
    body = "{% system %}{{ question }}{% endsystem %}" + SHOWN
    assert rules(found(tmp_path, body=body)) == ["untrusted"]
    assert found(tmp_path, front=FRONT + "trust: {question: operator}\n", body=body) == []
