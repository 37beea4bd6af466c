"""What a prompt file that does not load is said to have wrong with it, where, and what to do."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError
from tests.prompts.written import BODY_LINE, FRONT, load, refused, write

from surefoot.errors import PromptError
from surefoot.prompts.linting import Surroundings, lint
from surefoot.prompts.template_faults import template_fault
from surefoot.prompts.templates import new_environment

SYSTEM = "{% system %}\nBe short.\n"
USER = "{% user %}\n{{ question }}\n{% enduser %}\n"


@pytest.mark.parametrize(
    ("body", "said", "remedy", "line", "column"),
    [
        ("{% user %}\nQ: {{ question }\n{% enduser %}", "is ended by '}'", "End it with '}}'", 2, 4),
        ("{% user %}\nQ: {{ question\n{% enduser %}", "'{{' that begins here has no end", "'}}'", 2, 4),
        ("{% user %}\n{% if question }\nx{% endif %}{% enduser %}", "ended by '}'", "'%}'", 2, 1),
        (USER + "{# a note", "the {# that begins here has no end", "Write #}", 4, 1),
        (USER + "{% raw %} x", "{% raw %} that begins here has no end", "{% endraw %}", 4, 1),
        (SYSTEM + USER, "{% system %} has no {% endsystem %} before {% user %}", "where it ends", 1, 1),
        (USER + SYSTEM, "{% system %} has no {% endsystem %}", "Write {% endsystem %}", 4, 1),
        ("{% user %} {% if question %}\n{% enduser %}", "has no {% endif %} before {% enduser %}", "", 1, 12),
        (USER + "{% endif %}", "{% endif %} ends nothing", "Remove it", 4, 1),
        ("{% user %}\nx{% endsystem %}", "what is open is {% user %}", "Remove it", 2, 2),
        ("{% sytem %}\n{% endsystem %}", "no tag 'sytem'", "Did you mean {% system %}?", 1, 1),
        ("{% user %}\n{% endusr %}", "no tag 'endusr'", "Did you mean {% enduser %}?", 2, 1),
        ("{% user %}{% else %}{% enduser %}", "{% else %} stands in no {% if %}", "between", 1, 11),
        ("{% user %}\n{{ a b }}{% enduser %}", "{{ a b }} cannot be read", "{% raw %}", 2, 1),
        ('{% user %}\n{{"a": 1}}{% enduser %}', "expected '}}', got ':'", "{% raw %}", 2, 1),
        ("{% user %}{% if question = 1 %}{% endif %}{% enduser %}", "got '='", "write '=='", 1, 11),
        ("{% user %}{{ question && 1 }}{% enduser %}", "unexpected char '&'", "Write 'and'", 1, 11),
        ("{% user %}{% for a %}{% endfor %}{% enduser %}", "expected 'in'", "{% for passage in", 1, 11),
        ("{% if question %}{% else if a %}{% endif %}", "{% else if a %} cannot be read", "{% elif", 1, 18),
        ("{% set a %}" + USER, "{% set a %} sets nothing", "{% set name = value %}", 1, 1),
        ("{% macro a %}" + USER, "{% macro %} is not in the prompt language", "{% include %}", 1, 1),
    ],
)
def test_a_template_that_cannot_be_parsed_is_wrong_where_the_mistake_is(
    tmp_path: Path, body: str, said: str, remedy: str, line: int, column: int
) -> None:
    problem = refused(tmp_path, body=body)
    assert said in problem.message and remedy in problem.remedy
    assert (problem.line, problem.column) == (BODY_LINE + line - 1, column)


def test_a_wrong_template_in_an_include_is_wrong_in_that_file(tmp_path: Path) -> None:
    problem = refused(tmp_path, body='{% user %}{% include "a" %}{% enduser %}', a="fine\n and {{ question }")
    assert (problem.file, problem.line, problem.column) == (str(tmp_path / "_a.md"), 2, 6)


PIECES = st.sampled_from(
    ["{{", "}}", "{%", "%}", "{#", "#}", "-", "if ", "endif", "for ", "endfor", "user", "enduser", "set ",
     "else", "a", "=", "'", '"', "\n", " ", "\\", "raw", "endraw", "include ", "}", "{", "|", "history",
     "macro "]
)  # fmt: skip


@given(pieces=st.lists(PIECES, max_size=25))
def test_whatever_is_no_template_gets_a_reason_and_a_place_within_it(pieces: list[str]) -> None:
    text = "".join(pieces)
    environment = new_environment()
    try:
        environment.parse(text)
    except TemplateSyntaxError as theirs:
        fault = template_fault(text, theirs, environment)
        assert fault.message and fault.remedy
        assert fault.at is None or text[fault.at :].startswith(("{{", "{%", "{#"))


@pytest.mark.parametrize(
    ("front", "said", "remedy", "line", "column"),
    [
        ("description: Answer: x\n", "'description' holds a ':'", "description: 'Answer: x'", 7, 20),
        ("description: it's: x\n", "'description' holds a ':'", "description: 'it''s: x'", 7, 18),
        ("description: [Beta] x\n", "'description' begins with '['", "'[Beta] x'", 7, 21),
        ("description: @x\n", "'description' begins with '@'", "description: '@x'", 7, 14),
        ("owners: [@docs, b]\n", "a text in 'owners' begins with '@'", "in quotes", 7, 10),
        ("owners: [a, b\n", "the '[' that begins here", "']' at its end", 7, 9),
        ("description: 'abc\n", "the quote ' that begins here has no end", "where the text ends", 7, 14),
        ("description\n", "'description' is no key with a value", "Write it as key: value", 7, 1),
        ("trust:\n\tquestion: user\n", "a tab", "Indent with spaces", 8, 1),
        ("trust:\n  question: user\n passages: user\n", "a key stands here", "of one level alike", 9, 2),
        ("- a\n", "a list begins here", "key: value", 7, 1),
        ("owners: [a]]\n", "the ']' ends nothing", "Remove it", 7, 12),
        ('description: "a\\qb"\n', "holds \\q", "Write \\\\", 7, 17),
        ("description: *bold\n", "aliases", "in quotes", 7, 14),
        ("owners: [\n", "within brackets", "] for each [", 8, 1),
    ],
)
def test_front_matter_that_is_no_yaml_is_wrong_where_the_mistake_is(
    tmp_path: Path, front: str, said: str, remedy: str, line: int, column: int
) -> None:
    problem = refused(tmp_path, front=FRONT + front)
    assert said in problem.message and remedy in problem.remedy
    assert (problem.line, problem.column) == (line, column)


@pytest.mark.parametrize(
    ("front", "remedy"),
    [
        (FRONT.replace("input:", "inpt:"), "Did you mean 'input'? Remove it, or use one of: schema,"),
        (FRONT.replace("alias: chat", "alias: chat, temprature: 0"), "Did you mean 'temperature'?"),
        (FRONT + "trust: {questoin: user}\n", "Did you mean 'question'? Remove it, or use one of: question,"),
        (FRONT.replace("model: {", "model:{"), "Write a space after the ':'"),
    ],
)
def test_a_misspelt_key_is_asked_about_first(tmp_path: Path, front: str, remedy: str) -> None:
    assert refused(tmp_path, front=front).remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        ("{% user %}{{ qestion }}{% enduser %}", "Did you mean 'question'? Declare it"),
        ("{% user %}{{ question | uper }}{% enduser %}", "Did you mean 'upper'? Use one of"),
        (
            "{% user %}{% if question is definde %}{% endif %}{% enduser %}",
            "Did you mean 'defined'? Use one of",
        ),
        ("{% user %}{% include 'rule' %}{% enduser %}", "Did you mean 'rules'? Use one that is there"),
    ],
)
def test_a_misspelt_name_in_a_template_is_asked_about_first(tmp_path: Path, body: str, remedy: str) -> None:
    assert refused(tmp_path, body=body, rules="Be kind.").remedy.startswith(remedy)


def test_where_no_key_is_known_none_is_offered(tmp_path: Path) -> None:
    front = FRONT.replace("input: {question: text, passages: passages}\n", "").replace(", drop: passages", "")
    problem = refused(tmp_path, front=f"{front}trust: {{question: user}}\n")
    assert problem.remedy == "Remove it."


def test_a_misspelt_key_is_one_finding_and_not_one_for_each_thing_that_hangs_on_it(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        front=FRONT.replace("input:", "inpt:"),
        body="{% user %}{{ passages[0].text }}{{ question }}{% enduser %}",
    )
    (finding,) = lint(folder, Surroundings()).findings
    assert "'inpt'" in finding.message


@pytest.mark.parametrize(
    "body",
    [
        "{% user %}\n  {{ question }} {{ wrong }}\n{% enduser %}",
        "{% user %}\n{{ question | shout }}\n{% enduser %}",
        "{% user %}\n{% include 'gone' %}\n{% enduser %}",
        "{% user %}x{% enduser %}\n  stray",
    ],
)
def test_loading_gives_the_line_and_the_column_that_lint_gives(tmp_path: Path, body: str) -> None:
    front = FRONT.replace(", passages: passages", "").replace(", drop: passages", "")
    problem = refused(tmp_path, front=front, body=body)
    finding = next(each for each in lint(tmp_path, Surroundings()).findings if each.level == "error")
    assert (problem.line, problem.column) == (finding.line, finding.column)


def test_a_template_that_fails_as_it_renders_gives_line_and_column(tmp_path: Path) -> None:
    prompt = load(tmp_path, body="{% user %}\n  Q: {{ question.missing }}\n{% enduser %}")
    with pytest.raises(PromptError) as caught:
        prompt.render({"question": "q", "passages": []})
    assert (caught.value.line, caught.value.column) == (BODY_LINE + 1, 3)
