"""The canonical form: one text for many spellings, the same digest, every comment kept."""

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.prompts.respelling import Speller, Written
from tests.prompts.test_meaning import WRITTEN
from tests.prompts.written import FRONT, write

from surefoot.errors import PromptError
from surefoot.prompts import load_prompt
from surefoot.prompts.formatting import formatted

REPOSITORY = Path(__file__).parents[2]

UNTIDY = """---
# yaml-language-server: $schema=prompt-file.schema.json
# who is asked
owners:   [ "@docs-team","@else" ]   
suites: [answers]

name: sample # the file's own
schema:  1
# from users
input:
  # what is asked

  question:   {type: string,maxLength: 40}
  passages: passages
model: { alias: chat , max_output_tokens: 20 }
description: |
  First  line

  last line
budget: {max_prompt_tokens: 1000}
# the end
---


{%system%}  Be brief.{#a note#}

{% endsystem %}{%history%}
  {% user -%}

  {%for p in passages%}{{p.text|upper}}{%endfor%}
    Question:  {{question}} {% enduser %}
"""
TIDY = """---
# yaml-language-server: $schema=prompt-file.schema.json
schema: 1
name: sample  # the file's own
description: |
  First  line

  last line
# who is asked
owners: ["@docs-team", "@else"]
model: {alias: chat, max_output_tokens: 20}
# from users
input:
  # what is asked
  question: {type: string, maxLength: 40}
  passages: passages
budget: {max_prompt_tokens: 1000}
suites: [answers]
# the end
---
{% system %}
  Be brief.{# a note #}
{% endsystem %}
{% history %}
{% user -%}
  {% for p in passages %}{{ p.text|upper }}{% endfor %}
    Question:  {{ question }}
{% enduser %}
"""
PARTS = """{%user%}|{% user -%}|{%- user +%}|{% enduser %}|{%- enduser%}|{% system %}|{% endsystem %}
{%history%}|{% if passages %}|{%-if question-%}|{% endif %}|{%endif -%}|{# a  note #}|{#-b-#}|{{question}}
{{- 'a  b' -}}|{{ -1 }}|{%set x=1%}|{% raw %}{{ {% endraw %}|{{ {'a': {'b': 1}}.a.b}}|text|  text
{% include 'rules' %}""".replace("\n", "|").split("|")
PARTS += [" ", "  ", "\n\n", " \n", "\t"]


def _text_of(folder: Path, text: str) -> str:
    (folder / "sample.prompt.md").write_text(text, encoding="utf-8", newline="")
    return formatted(folder, "sample")


def test_an_untidy_file_becomes_the_tidy_one(tmp_path: Path) -> None:
    assert _text_of(tmp_path, UNTIDY) == TIDY
    assert _text_of(tmp_path, TIDY) == TIDY


def test_the_repositorys_prompts_are_in_canonical_form() -> None:
    for name in ("answer", "rewrite"):
        file = REPOSITORY / "prompts" / f"{name}.prompt.md"
        assert formatted(file.parent, name) == file.read_text(encoding="utf-8")


@given(prompt=WRITTEN, seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=25)
def test_no_spelling_loses_its_digest_or_a_comment(
    prompt: Written, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _check(tmp_path_factory.mktemp("prompts"), Speller(random.Random(seed)).file(prompt))


@given(parts=st.lists(st.sampled_from(PARTS), max_size=9))
@settings(deadline=None, max_examples=120)
def test_no_arrangement_of_tags_and_white_space_loses_its_digest(
    parts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = write(tmp_path_factory.mktemp("prompts"), rules="- Be brief.\n")
    for body in ("{% user %}" + "".join(parts) + "{% enduser %}", "{%user%}a{%enduser%}" + "".join(parts)):
        try:
            _check(folder, f"---\n{FRONT}---\n{body}\n")
        except PromptError as error:
            assert "would mean something else" not in str(error)


def _check(folder: Path, text: str) -> None:
    file = folder / "sample.prompt.md"
    name = re.search(r"^[\"']?name[\"']?\s*:\s*[\"']?(\w+)", text, re.MULTILINE)
    if name:
        file = folder / f"{name[1]}.prompt.md"
    file.write_text(text, encoding="utf-8", newline="")
    prompt = file.name.partition(".")[0]
    before = load_prompt(folder, prompt)
    once = formatted(folder, prompt)
    file.write_text(once, encoding="utf-8", newline="")
    after = load_prompt(folder, prompt)
    assert (after.digest, after.contract, after.owners, after.suites, after.description) == (
        before.digest, before.contract, before.owners, before.suites, before.description,
    )  # fmt: skip
    assert formatted(folder, prompt) == once
    for mark in ("{#", "#"):
        assert once.count(mark) == text.rstrip().count(mark)


@pytest.mark.parametrize("wrong", ["{% user %}{{ q }}{% enduser %}", "{% user %}", "x"])
def test_a_file_that_does_not_load_is_refused_with_its_place(tmp_path: Path, wrong: str) -> None:
    write(tmp_path, body=wrong)
    with pytest.raises(PromptError) as caught:
        formatted(tmp_path, "sample")
    assert caught.value.line
