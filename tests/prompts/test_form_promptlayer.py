"""A prompt goes to PromptLayer's form and comes back meaning the same; what cannot go is listed."""

from pathlib import Path

import pytest
from tests.prompts.written import FRONT, load, passage

from surefoot.errors import PromptError
from surefoot.prompts import Prompt, load_prompt
from surefoot.prompts.forms.promptlayer import from_promptlayer, to_promptlayer
from surefoot.records import Json

REPOSITORY = Path(__file__).parents[2]
TOOLS = """tools:
- {name: search, description: Find, parameters: {type: object, properties: {q: {type: string}}}}
tool_choice: search
"""


def back(value: object, folder: Path, name: str = "back") -> Prompt:
    """The prompt file that is made of PromptLayer's form, loaded."""
    imported = from_promptlayer(value, name=name)  # type: ignore[arg-type]
    (folder / f"{name}.prompt.md").write_text(imported.text, encoding="utf-8")
    return load_prompt(folder, name)


def chat(*messages: Json, **more: Json) -> dict[str, Json]:
    return {"prompt_name": "Theirs", "prompt_template": {"type": "chat", "messages": list(messages), **more}}


def text_message(role: str, text: str, template_format: str = "f-string") -> Json:
    return {
        "role": role,
        "template_format": template_format,
        "content": [{"type": "text", "text": text}],
    }


def test_the_projects_own_prompt_comes_back_with_the_same_messages(tmp_path: Path) -> None:
    prompt = load_prompt(REPOSITORY / "prompts", "answer")
    variables: dict[str, object] = {
        "question": "How much?",
        "abstention": "It does not say.",
        "passages": [passage("Nine litres.", headings=("Guide", "Water")), passage("Oil.")],
    }

    exported = to_promptlayer(prompt)
    came_back = back(exported.value, tmp_path)

    assert came_back.render(variables) == prompt.render(variables)
    assert came_back.shows_history
    assert came_back.sampling == prompt.sampling
    lost = " | ".join(exported.lost)
    for what in ("budget", "types", "trust", "owners", "suites", "house-rules"):
        assert what in lost


def test_tools_and_sampling_come_back(tmp_path: Path) -> None:
    front = FRONT.replace("{alias: chat}", "{alias: chat, temperature: 0.5, seed: 7, stop: [END]}") + TOOLS
    prompt = load(tmp_path, front=front)

    came_back = back(to_promptlayer(prompt).value, tmp_path)

    assert came_back.sampling == prompt.sampling


def test_an_answer_in_json_comes_back_with_its_schema(tmp_path: Path) -> None:
    schema = "{type: object, properties: {sum: {type: number}}, required: [sum]}"
    prompt = load(tmp_path, front=FRONT + f"output: {{format: json, schema: {schema}}}\n")

    assert back(to_promptlayer(prompt).value, tmp_path).output_schema == prompt.output_schema


def test_messages_within_a_loop_are_left_out_and_named(tmp_path: Path) -> None:
    body = (
        "{% for passage in passages %}{% user %}{{ passage.text }}{% enduser %}{% endfor %}"
        "{# {% user %} in a comment {% enduser %} #}{% user %}{{ question }}{% enduser %}"
    )
    exported = to_promptlayer(load(tmp_path, body=body))

    assert exported.value["prompt_template"]["messages"] == [text_message("user", "{{ question }}", "jinja2")]  # type: ignore[index, call-overload]
    assert "the user within a loop or a condition is left out" in exported.lost


@pytest.mark.parametrize(
    ("theirs", "rendered"),
    [
        ("Hello {who}", "Hello Anna"),
        ('{{"a": 1}}', '{"a": 1}'),
        ("{{{who}}}", "{Anna}"),
        ("100 {% of it {# and more", "100 {% of it {# and more"),
    ],
)
def test_f_strings_become_the_same_text(tmp_path: Path, theirs: str, rendered: str) -> None:
    prompt = back(chat(text_message("user", theirs)), tmp_path)

    variables = {"who": "Anna"} if prompt.variables else {}
    assert prompt.render(variables)[0].content == rendered


def test_what_a_prompt_file_cannot_say_is_listed() -> None:
    value = chat(
        text_message("developer", "Be brief. @@@rules@@@"),
        {"role": "placeholder", "name": "earlier"},
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "x"}]},
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]},
        text_message("user", "{question}"),
        tools=[{"type": "web_search"}],
    )
    value["metadata"] = {
        "model": {"provider": "openai", "name": "gpt-4o", "parameters": {"top_k": 4, "max_tokens": 50}}
    }

    imported = from_promptlayer(value, name="theirs")

    assert "max_output_tokens" in imported.text and "{% system %}Be brief." in imported.text
    for what in ("@@@rules@@@", "'earlier'", "'tool'", "'image_url'", "'web_search'", "gpt-4o", "'top_k'"):
        assert what in " | ".join(imported.lost)


def test_a_prompt_without_any_text_is_refused() -> None:
    with pytest.raises(PromptError, match="no message that a prompt file can hold"):
        from_promptlayer(chat(), name="theirs")
