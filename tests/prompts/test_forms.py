"""A prompt goes to another program's form and comes back meaning the same; what cannot go is listed."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.prompts.written import FRONT, load, passage

from surefoot.errors import PromptError
from surefoot.prompts import Prompt, load_prompt
from surefoot.prompts.forms import FORMS, Form, Wanted, export_prompt, import_prompt
from surefoot.prompts.forms.jinja_text import template_text
from surefoot.prompts.forms.parts import Part, Show, Text, Turn
from surefoot.records import Json

GOLDEN = Path(__file__).parent / "golden"
RICH = """schema: 1
name: sample
description: "Everything that a form may lose: or not"
owners: ["@docs"]
model: {alias: chat, temperature: 0.2, top_p: 0.9, max_output_tokens: 90, seed: 7, stop: ["END"]}
input:
  question: {type: string, maxLength: 400, examples: ["How long?"]}
  passages: passages
  tone: {type: string, enum: [plain, formal], default: plain}
  limit: {type: integer, default: 3}
output: {format: json, schema: {type: object, properties: {answer: {type: string}}, required: [answer]}}
budget: {max_prompt_tokens: 1000, drop: passages}
trust: {tone: operator}
suites: [answers]
"""
RICH_BODY = """{% system %}
Answer {% if tone == "formal" %}formally{% else %}plainly{% endif %} in {{ limit }} lines. {# a remark #}
{% include "rules" %}
{% endsystem %}
{% history %}
{% user %}
{% for passage in passages %}
- {{ passage.text }} ({{ passage.source }})
{% endfor %}
{{ question }}
{% enduser %}
"""
VALUES: dict[str, object] = {
    "question": "How much {{ is }} it?",
    "passages": [passage("Nine litres.", "a.md"), passage("Oil.", "b.md")],
    "tone": "formal",
    "limit": 2,
}


def rich(folder: Path) -> Prompt:
    return load(folder, front=RICH, body=RICH_BODY, rules="- Cite.\n- Stay calm.\n")


def brought(content: bytes, form: Form, *variables: str) -> tuple[Prompt, tuple[str, ...]]:
    """The prompt file that is made of it, loaded, and what was lost."""
    wanted = Wanted(name="back", variables=variables)
    imported = import_prompt(content, form, wanted, file="theirs")
    with TemporaryDirectory() as folder:
        (Path(folder) / "back.prompt.md").write_text(imported.text, encoding="utf-8", newline="")
        return load_prompt(Path(folder), "back"), imported.lost


def there_and_back(prompt: Prompt, form: Form) -> Prompt:
    text, _ = export_prompt(prompt, form)
    return brought(text.encode(), form)[0]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_as_it_was_agreed_and_lists_what_it_loses(form: Form, tmp_path: Path) -> None:
    text, lost = export_prompt(rich(tmp_path), form)

    golden = GOLDEN / f"exported-{form}.txt"
    assert text + "\n".join(["", "does not carry over:", *lost, ""]) == golden.read_text(encoding="utf-8")


def test_a_dotprompt_file_comes_back_as_the_same_prompt(tmp_path: Path) -> None:
    prompt = rich(tmp_path)
    back = there_and_back(prompt, "dotprompt")

    assert back.render(VALUES) == prompt.render(VALUES)
    assert back.contract == prompt.contract and back.sampling == prompt.sampling
    assert (back.budget, back.trust, back.owners, back.suites, back.description) == (
        prompt.budget,
        prompt.trust,
        prompt.owners,
        prompt.suites,
        prompt.description,
    )
    assert back.shows_history


NUMBERED = """{% user %}
{% for passage in passages %}
[{{ loop.index }}] {{ loop.index0 }} {% if loop.index == 2 %}second {% endif %}{{ passage.text }}
{% endfor %}
Again:{% for passage in passages %} {{ loop.index }}{% endfor %}

{{ question }}
{% enduser %}
"""


def test_passages_come_back_from_dotprompt_with_their_numbers(tmp_path: Path) -> None:
    prompt = load(tmp_path, body=NUMBERED)
    values = {"question": "Why?", "passages": [passage(text, "a.md") for text in ("One.", "Two.", "Three.")]}
    there, lost = export_prompt(prompt, "dotprompt")

    assert "numbers of a loop's turns begin with 0 instead of 1" in lost
    assert "{{#ifEquals @index 1}}" in there
    assert there_and_back(prompt, "dotprompt").render(values) == prompt.render(values)


def test_messages_of_a_loop_come_back_from_dotprompt(tmp_path: Path) -> None:
    front = """schema: 1
name: sample
model: {alias: chat}
input:
  pairs: {type: array, items: {type: object, properties: {q: {type: string}, a: {type: string}}}}
budget: {max_prompt_tokens: 1000}
"""
    body = (
        "{% for pair in pairs %}{% user %}{{ pair.q }}{% enduser %}"
        "{% assistant %}{{ pair.a }}{% endassistant %}{% endfor %}{% user %}Now you.{% enduser %}\n"
    )
    prompt = load(tmp_path, front=front, body=body)
    values = {"pairs": [{"q": "1?", "a": "1"}, {"q": "2?", "a": "2"}]}

    assert there_and_back(prompt, "dotprompt").render(values) == prompt.render(values)


texts = st.lists(
    st.sampled_from(["a", "{", "}", "{{", "}}", "\\", "%", "#", "~", "\n", " ", "é", '"', "@"]), max_size=8
)
parts: st.SearchStrategy[Part] = st.one_of(
    texts.map(lambda some: Text(text="".join(some))), st.just(Show(keys=("question",)))
)
turns = st.tuples(st.sampled_from(["system", "user", "assistant"]), st.lists(parts, min_size=1, max_size=5))


@settings(max_examples=150, deadline=None)
@given(messages=st.lists(turns, min_size=1, max_size=3))
@example(messages=[("user", [Text(text="a\\"), Show(keys=("question",)), Text(text="{{ x }}")])])
def test_no_text_becomes_code_and_none_is_lost_by_dotprompt(
    messages: list[tuple[str, list[Part]]],
) -> None:
    body = template_text(tuple(Turn(role=role, body=tuple(some)) for role, some in messages))
    values = {"question": "{{ Q }}", "passages": []}
    with TemporaryDirectory() as folder:
        prompt = load(Path(folder), body=body)
        said = [(one.role, one.content) for one in prompt.render(values) if one.content.strip()]
        if not said:
            with pytest.raises(PromptError, match="no text"):
                there_and_back(prompt, "dotprompt")
            return
        back = there_and_back(prompt, "dotprompt")
    assert [(one.role, one.content) for one in back.render(values)] == said


@settings(max_examples=150, deadline=None)
@given(
    messages=st.lists(
        st.tuples(st.sampled_from(["system", "user", "assistant"]), st.text(min_size=1, max_size=40)),
        min_size=1,
        max_size=4,
    )
)
@example(messages=[("user", "{% for x in y %}{{ x }}{% endfor %} {# no #}")])
def test_messages_of_a_request_come_in_as_they_are(messages: list[tuple[str, str]]) -> None:
    said = [(role, text) for role, text in messages if text.strip()]
    content = json.dumps({"messages": [{"role": role, "content": text} for role, text in messages]})
    if not said:
        with pytest.raises(PromptError, match="no message with a text"):
            brought(content.encode(), "openai")
        return
    try:
        prompt, _ = brought(content.encode(), "openai")
    except PromptError as refused:
        assert refused.remedy  # a character that no prompt file may hold
        return
    assert [(one.role, one.content.split()) for one in prompt.render({})] == [
        (role, text.split()) for role, text in said
    ]


def test_a_request_with_its_schema_tools_and_sampling_comes_in(tmp_path: Path) -> None:
    request: Json = {
        "model": "gpt-x",
        "temperature": 0.5,
        "max_completion_tokens": 70,
        "logprobs": True,
        "messages": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "{{ question }}"}, {"type": "image_url"}]},
        ],
        "response_format": {
            "type": "json_schema",
            "json_schema": {
                "name": "a",
                "schema": {"type": "object", "properties": {"a": {"type": "string"}}},
            },
        },
    }
    prompt, lost = brought(json.dumps(request).encode(), "openai", "question")

    assert [one.content for one in prompt.render({"question": "Why?"})] == ["Be brief.", "Why?"]
    assert (prompt.sampling.temperature, prompt.sampling.max_output_tokens) == (0.5, 70)
    assert prompt.output_format == "json"
    assert set(lost) == {
        "the model 'gpt-x': it is 'chat' here",
        "the parameter 'logprobs'",
        "content of the type 'image_url'",
    }


TOOLS = """tools:
- {name: search, description: Find, parameters: {type: object, properties: {q: {type: string}}}}
tool_choice: search
"""


@pytest.mark.parametrize("form", FORMS)
def test_tools_come_back(form: Form, tmp_path: Path) -> None:
    prompt = load(tmp_path, front=FRONT + TOOLS, body="{% user %}Hello{% enduser %}\n")
    back = there_and_back(prompt, form)

    assert (back.tools, back.tool_choice) == (prompt.tools, "search")


def test_a_schema_beside_tools_is_listed() -> None:
    tool: Json = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}
    schema: Json = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    request = {
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [tool],
        "tool_choice": {"type": "function", "function": {"name": "find"}},
        "response_format": schema,
    }
    prompt, lost = brought(json.dumps(request).encode(), "openai")

    assert (prompt.output_format, prompt.tool_choice) == ("text", "find")
    assert any("the schema of the output" in one for one in lost)


def test_what_dotprompt_has_and_a_prompt_file_has_not_is_listed(tmp_path: Path) -> None:
    text = """---
model: googleai/gemini
config: {temperature: 0.1, topK: 4}
ext: {a: 1}
input:
  schema: {name: string, "tags?(array)": string, kind(enum): [a, b], who: Person}
output: {format: media}
tools: [lookup]
---
{{role "system"}}Hello {{name}}, {{shout name}} {{>partial}} {{media url=photo}}
{{#each tags}}{{this}}{{/each}} {{kind}} {{who}}
"""
    prompt, lost = brought(text.encode(), "dotprompt")

    assert {variable.name for variable in prompt.variables} >= {"name", "tags", "kind", "who"}
    said = "\n".join(lost)
    for what in ("'ext'", "topK", "Person", "media", "lookup", "{{shout name}}", "{{>partial}}", "gemini"):
        assert what in said, what


HOSTILE: dict[str, tuple[Form, bytes]] = {
    "not UTF-8": ("dotprompt", b"---\nmodel: \xff\n---\nHi"),
    "broken YAML": ("dotprompt", b"---\nmodel: [\n---\nHi"),
    "a bomb of aliases": ("dotprompt", b"---\na: &a [1,1]\nb: &b [*a,*a]\nc: [*b,*b]\n---\nHi"),
    "a tag of YAML": ("dotprompt", b"---\na: !!python/object/apply:os.system [ls]\n---\nHi"),
    "no text": ("dotprompt", b"---\nmodel: a\n---\n"),
    "a block that is not closed": ("dotprompt", b"{{#each a}}x"),
    "a block that was not opened": ("dotprompt", b"{{/each}}"),
    "braces that are not closed": ("dotprompt", b"line\n{{ name"),
    "blocks without end": ("dotprompt", b"{{#each a}}" * 50_000),
    "deep blocks": ("dotprompt", b"{{#if a}}" * 5_000 + b"{{/if}}" * 5_000),
    "not JSON": ("openai", b"{"),
    "no messages": ("openai", b'{"model": "x"}'),
    "a number": ("openai", b"7"),
    "deep JSON": ("openai", b"[" * 100_000),
    "too large": ("openai", b" " * 1_000_001),
    "no template": ("promptlayer", b"{}"),
    "a list": ("promptlayer", b"[]"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_such_file_is_refused_by_name(name: str) -> None:
    form, content = HOSTILE[name]

    with pytest.raises(PromptError, match="theirs") as refused:
        import_prompt(content, form, Wanted(name="back"), file="theirs")
    assert refused.value.remedy


pieces = st.sampled_from(
    ["{{", "}}", "#each ", "/each", "#if ", "/if", "else", "this", "../", "a", "@index", "role ", "~", "!",
     '"user"', "--", "\n", " ", "\\", ">", "^", "{", "}", "as |b|", "[", "]", "history", "=", "'"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(written=st.lists(pieces, max_size=25))
def test_any_handlebars_is_read_or_refused(written: list[str]) -> None:
    try:
        brought("".join(written).encode(), "dotprompt")
    except PromptError as refused:
        assert refused.remedy
