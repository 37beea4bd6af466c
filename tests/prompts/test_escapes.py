"""Ways out of a template sandbox, and ways to make it run for ever: each fails with file and line."""

from pathlib import Path

import pytest
from tests.prompts.written import BODY_LINE, load, passage

from surefoot.errors import PromptError

ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ question.__class__ }}",
    "{{ question['__class__'] }}",
    "{{ question['__cl' ~ 'ass__'] }}",
    "{{ question['\\x5f\\x5fclass\\x5f\\x5f'] }}",
    "{{ question | attr('__class__') }}",
    "{{ passages | map(attribute='__class__') | join }}",
    "{{ passages | map(attribute='text.__class__') | join }}",
    "{{ passages[0].__init__.__globals__ }}",
    "{{ passages[0].__dataclass_fields__ }}",
    "{{ passages | sort(attribute='__class__') | join }}",
    "{{ passages | map('attr', '__class__') | join }}",
    "{{ '{0.__class__}'.format(question) }}",
    "{{ '{0.__class__.__mro__}'.format_map(question) }}",
    "{{ '%s' | format(question) }}",
    "{{ question.format }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ dict.__base__ }}",
    "{{ range.__class__ }}",
    "{{ loop.__class__ }}",
    "{{ config.items() }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ caller.__globals__ }}",
    "{{ varargs }}",
    "{{ context }}",
    "{{ environment }}",
    "{{ x.__init__ }}",
    "{% for k in [].__class__.__base__.__subclasses__() %}{{ k }}{% endfor %}",
    "{% for a in passages %}{{ loop._iterable }}{% endfor %}",
    "{% for a in passages %}{{ loop.cycle('a') }}{% endfor %}",
    "{% for a in passages recursive %}{{ loop(passages) }}{% endfor %}",
    "{% macro m() %}{{ m.__globals__ }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{% endcall %}",
    "{% call range(1) %}a{% endcall %}",
    "{% set x.y = 1 %}",
    "{% set x %}{{ question }}{% endset %}",
    "{% filter upper %}a{% endfilter %}",
    "{% with a = question %}{{ a }}{% endwith %}",
    "{% block b %}{% endblock %}",
    "{% extends 'x' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import popen %}",
    "{% include question %}",
    "{% include ['rules', 'other'] %}",
    "{% include 'rules' ignore missing %}",
    "{% include '../secrets' %}",
    "{% include '/etc/passwd' %}",
    "{% debug %}",
    "{% do question.upper() %}",
    "{% autoescape true %}{% endautoescape %}",
    "{{ question.upper() }}",
    "{{ passages.append(1) }}",
    "{{ [question, question] }}",
    "{{ {'a': question} }}",
    "{{ passages }}",
    "{{ passages[0] }}",
    "{{ question is filter('upper') }}",
    "{{ question | pprint }}",
    "{{ question | random }}",
    "{{ now() }}",
)
BOMBS = (
    "{{ range(100000000) | join }}",
    "{{ range(0, 10 * 10 * 10 * 10 * 10 * 10, 1) | list | join }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ [1] * 1000000000 }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 999999999 * 999999999 }}",
    "{{ 1e999 }}",
    "{{ 1 / 0 }}",
    "{{ " + "9" * 5000 + " }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a' | indent(1000000000) }}",
    "{{ 1 | round(1000000000) }}",
    "{{ [1] | batch(1000000000, 'a') | list }}",
    "{{ [1] | slice(1000000000) | list }}",
    "{{ lipsum(1000000) }}",
    "{% for a in range(10000) %}{% for b in range(10000) %}{% endfor %}{% endfor %}",
    "{% for a in range(10000) %}{{ 'x' ~ '" + "y" * 5000 + "' }}{% endfor %}",
    "{% for a in range(10000) %}" + "y" * 50_000 + "{% endfor %}",
    "{% set x = 'aaaaaaaa' %}" + "{% set x = x ~ x %}" * 40 + "{{ x }}",
    "{{ 'aaaaaaaaaa'" + " | replace('a', 'aaaaaaaaaa')" * 9 + " }}",
    "{{ " + "(" * 2000 + "1" + ")" * 2000 + " }}",
    "{{ " + "not " * 5000 + "1 }}",
    "{% if 1 %}" * 150 + "{% endif %}" * 150,
    "{% for a in passages %}" * 30 + "{% endfor %}" * 30,
)


@pytest.mark.parametrize("payload", ESCAPES + BOMBS, ids=lambda payload: payload[:40])
def test_a_hostile_template_fails_with_its_file_and_line(tmp_path: Path, payload: str) -> None:
    body = "{% system %}\nAnswer.\n{% endsystem %}\n{% user %}" + payload + "{% enduser %}\n"
    with pytest.raises(PromptError) as caught:
        load(tmp_path, body=body, rules="Be kind.").render({"question": "q", "passages": [passage("a")]})
    assert caught.value.file == str(tmp_path / "sample.prompt.md")
    too_complex = "too complex" in caught.value.message
    assert caught.value.line == (BODY_LINE if too_complex else BODY_LINE + 3)
    assert len(str(caught.value)) < 1000
    assert caught.value.remedy


def test_a_message_of_more_than_a_million_characters_is_refused(tmp_path: Path) -> None:
    prompt = load(tmp_path)
    assert len(prompt.render({"question": "x" * 1_000_000, "passages": []})[0].content) == 1_000_000
    with pytest.raises(PromptError, match="1000001 characters"):
        prompt.render({"question": "x" * 1_000_001, "passages": []})


def test_rendering_twice_gives_equal_messages_and_keeps_nothing(tmp_path: Path) -> None:
    prompt = load(tmp_path, body="{% user %}{% set seen = question %}{{ seen }}{% enduser %}")
    first = prompt.render({"question": "a", "passages": []})
    assert prompt.render({"question": "b", "passages": []})[0].content == "b"
    assert prompt.render({"question": "a", "passages": []}) == first
