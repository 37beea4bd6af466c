"""The template language: white space, includes, and errors at the line of the file they are in."""

from pathlib import Path

import pytest
from tests.prompts.written import BODY_LINE, load, passage, refused

from surefoot.errors import PromptError

SHOWN = {"question": "why", "passages": [passage("one", "a.md", ("A", "B")), passage("two", "b.md")]}


def content(folder: Path, body: str, **includes: str) -> str:
    (message,) = load(folder, body="{% user %}" + body + "{% enduser %}", **includes).render(SHOWN)
    return message.content


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("\n\n  \nA\n\nB  \n\n", "A\n\nB"),
        ("  A\n    B", "  A\n    B"),
        ("A\n  {% if question %}\nB\n  {% endif %}\nC", "A\nB\nC"),
        ("A {% if question %}B{% endif %}\nC", "A B\nC"),
        ("{% if question %}{% if passages %}\nA\n{% endif %}{% endif %}\nB", "A\nB"),
        ("A\n{# a comment #}\nB {# another #}\nC", "A\nB \nC"),
        ("A\n{% set b = 'B' %}\n{{ b }}\n\n{% if b %}\n\nC\n{% endif %}", "A\nB\n\n\nC"),
        ("{% for p in passages %}\n{{ p.text }}\n{% endfor %}\nEnd", "one\ntwo\nEnd"),
        (
            "{% for p in passages %}{{ p.text }}{{ ', ' if not loop.last }}{% endfor %}\nEnd",
            "one, two\nEnd",
        ),
        ("{%- for p in passages -%} {{ p.text }} {%- endfor -%}", "onetwo"),
        ("A\n{% raw %}{{ x }}{% endraw %}\nB", "A\n{{ x }}\nB"),
        ("{{ passages[0].headings | join(' > ') }}", "A > B"),
        ("{{ passages | map(attribute='source') | join(', ') }}", "a.md, b.md"),
        ("{{ passages[1]['text'] ~ '-' ~ (passages | length + 1) }}", "two-3"),
        ("{{ question | replace('w', 'W') | upper | default('x') }}", "WHY"),
        ("{% for n in range(2) %}{{ n * 2 + 1 }} {% endfor %}", "1 3"),
        ("{% for p in passages if p.text == 'two' %}{{ p.text }}{% else %}none{% endfor %}", "two"),
        ("{% for p in passages if p.text == 'six' %}{{ p.text }}{% else %}none{% endfor %}", "none"),
        ("{% for p in passages %}{{ loop.length ~ loop.revindex }} {% endfor %}", "22 21"),
        ("{{ 'yes' if question in ['why', 'who'] else 'no' }}", "yes"),
        ("{{ {'why': 'reason'}[question] }}", "reason"),
        ("<b>{{ '<&>' }}</b>", "<b><&></b>"),
    ],
)
def test_a_template_renders_as_it_is_written(tmp_path: Path, body: str, text: str) -> None:
    assert content(tmp_path, body) == text


def test_a_name_set_outside_the_role_tags_is_known_within(tmp_path: Path) -> None:
    prompt = load(tmp_path, body="{% set a = question %}\n{% user %}{{ a }}{% enduser %}")
    assert prompt.render(SHOWN)[0].content == "why"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('Be. {% include "rules" %}', "Be. Cite.\nShort."),
        ('{% include "rules" %}\nEnd', "Cite.\nShort.\nEnd"),
        ('A\n  {% include "rules" %}\n\nEnd', "A\nCite.\nShort.\n\nEnd"),
        ('({% include "rules" %})', "(Cite.\nShort.)"),
        ('{% for p in passages %}{% include "each" %} {% endfor %}', "one two"),
        ('{% include "outer" %}', "[Cite.\nShort.]"),
        ('{% include "sets" %}{{ question }}', "innerwhy"),
    ],
)
def test_an_include_stands_where_its_tag_stands(tmp_path: Path, body: str, text: str) -> None:
    includes = {
        "rules": "Cite.\nShort.\n\n",
        "each": "{{ p.text }}\n",
        "outer": '[{% include "rules" %}]',
        "sets": "{% set question = 'inner' %}{{ question }}",
    }
    assert content(tmp_path, body, **includes) == text


def test_a_missing_include_names_its_tag_and_the_includes_there_are(tmp_path: Path) -> None:
    problem = refused(tmp_path, body='{% user %}\n{% include "house" %}{% enduser %}', rules="", other="")
    assert (problem.line, "_house.md" in problem.message) == (BODY_LINE + 1, True)
    assert "'other', 'rules'" in problem.remedy


@pytest.mark.parametrize(
    ("text", "named", "line"),
    [
        ("fine\n{{ 1 +", "'{{' that begins here has no end", 2),
        ("\n\n{{ missing }}", "'missing'", 3),
        ("a\n{% user %}b{% enduser %}", "no role tags", 2),
        ("a\n\n{% history %}", "no role tags", 3),
        ('\n{% include "rules" %}', "includes itself", 2),
        ('{% include "nothing" %}', "_nothing.md", 1),
        ("a\n{{ question.upper() }}", "calls nothing", 2),
        ("a\n{{ passages[0].author }}", "has no attribute 'author'", 2),
        ("a\n\n{{ question | int }}", "no filter 'int'", 3),
    ],
)
def test_what_is_wrong_in_an_include_names_that_file_and_line(
    tmp_path: Path, text: str, named: str, line: int
) -> None:
    with pytest.raises(PromptError) as caught:
        load(tmp_path, body='\n\n{% user %}{% include "rules" %}{% enduser %}', rules=text).render(SHOWN)
    assert named in caught.value.message
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "_rules.md"), line)


def test_includes_that_multiply_are_stopped(tmp_path: Path) -> None:
    twice = {f"i{n}": f'{{% include "i{n + 1}" %}}' * 2 for n in range(12)}
    problem = refused(tmp_path, body='{% user %}{% include "i0" %}{% enduser %}', **twice, i12="x")
    assert "more than 50" in problem.message


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{{ questoin }}", "'questoin'"),
        ("{% if wrong %}{% endif %}", "'wrong'"),
        ("{{ passages | shuffle }}", "'shuffle'"),
        ("{{ 1 is prime }}", "'prime'"),
        ("{{ question.missing }}", "'missing'"),
        ("{{ passages[7].text }}", "no element 7"),
        ("{{ none }}", "null"),
        ("{{ question + 1 }}", "'+' works on numbers"),
        ("{{ question < 1 }}", "'<' not supported"),
        ("{% for a in 3 %}{% endfor %}", "not iterable"),
        ("{{ 5 | replace(1, 2) }}", "'replace' works on texts"),
        ("{{ [passages.nothing] | join }}", "constants"),
        ("{{ passages | map(attribute='nothing') | join }}", "'nothing'"),
        ("{{ question user }}", "expected '}}', got 'user'"),
        ("{% if %}", "expected an expression"),
        ("{% for %}{% endfor %}", "expected an expression"),
        ("{% nope %}", "no tag 'nope'"),
        ("{{ 'a }}", "unexpected char"),
        ("{{ caller }}", "'caller'"),
    ],
)
def test_a_wrong_template_names_the_line_of_the_file(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(PromptError) as caught:
        load(tmp_path, body="{% user %}\nfirst\n\n" + text + "\n{% enduser %}").render(SHOWN)
    assert named in caught.value.message
    assert (caught.value.file, caught.value.line) == (str(tmp_path / "sample.prompt.md"), BODY_LINE + 3)


def test_an_undeclared_name_lists_the_declared_ones(tmp_path: Path) -> None:
    assert "'question', 'passages'" in refused(tmp_path, body="{% user %}{{ q }}{% enduser %}").remedy
