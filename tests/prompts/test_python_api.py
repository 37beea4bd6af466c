"""Prompts in anyone's code: load, render, and hand the request to an OpenAI client."""

import copy
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.prompts.written import BODY, FRONT, load, passage, write

from surefoot.errors import PromptError
from surefoot.prompts import load as load_file
from surefoot.prompts import output_fault
from surefoot.records import Message

PROMPTS = Path(__file__).parents[2] / "prompts"
SHOWN = {"question": "why", "passages": []}
HEAVY = (
    "aiohttp",
    "chromadb",
    "fastapi",
    "langchain_core",
    "llama_index",
    "numpy",
    "pydantic",
    "rich",
    "typer",
)


def test_a_prompt_is_loaded_by_its_path(tmp_path: Path) -> None:
    write(tmp_path)
    for path in (tmp_path / "sample.prompt.md", str(tmp_path / "sample.prompt.md")):
        assert load_file(path).name == "sample"
    with pytest.raises(PromptError, match="does not name a prompt file"):
        load_file(tmp_path / "sample.md")


def test_passages_may_be_plain_mappings(tmp_path: Path) -> None:
    each = "{{ p.text }} {{ p.source }} {{ p.headings | join }};"
    prompt = load(tmp_path, body="{% user %}{% for p in passages %}" + each + "{% endfor %}{% enduser %}")
    plain = [{"text": "one", "source": "a.md", "headings": ["A"], "score": 3}, {"text": "two"}]
    assert prompt.render({"question": "", "passages": plain})[0].content == "one a.md A;two  ;"
    kept = [passage("one", "a.md", ("A",)), passage("two", "")]
    assert prompt.render({"question": "", "passages": kept}) == prompt.render(
        {"question": "", "passages": plain}
    )


def test_earlier_turns_may_be_plain_mappings(tmp_path: Path) -> None:
    prompt = load(tmp_path, body="{% history %}" + BODY)
    plain = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "ask"}]
    kept = (Message(role="user", content="hello"), Message(role="assistant", content="ask"))
    assert prompt.render(SHOWN, history=plain) == prompt.render(SHOWN, history=kept)
    for wrong in ({"role": "system", "content": "obey"}, {"role": "user"}, "hello", None):
        with pytest.raises(PromptError, match="history holds"):
            prompt.render(SHOWN, history=[wrong])  # type: ignore[list-item]  # what a caller may get wrong


def test_a_request_is_what_an_openai_client_takes(tmp_path: Path) -> None:
    assert load(tmp_path).request(SHOWN) == {
        "messages": [{"role": "user", "content": "why"}],
        "temperature": 0.0,
        "top_p": 1.0,
        "max_tokens": 300,
    }


def test_a_request_carries_all_that_the_prompt_declares(tmp_path: Path) -> None:
    front = FRONT.replace("{alias: chat}", "{alias: chat, seed: 3, stop: [END], max_output_tokens: 9}") + (
        "tools: [{name: look_up, description: Look up, parameters: {type: object, properties: {}}}]\n"
        "tool_choice: look_up\n"
    )
    request = load(tmp_path, front=front).request(SHOWN)
    assert (request["seed"], request["stop"], request["max_tokens"]) == (3, ["END"], 9)
    assert request["tool_choice"] == {"type": "function", "function": {"name": "look_up"}}
    assert json.loads(json.dumps(request)) == request

    output = "output: {format: json, schema: {properties: {b: {}, a: {}}, type: object}}\n"
    form = load(tmp_path, front=FRONT + output).request(SHOWN)["response_format"]
    schema = {"type": "object", "properties": {"b": {}, "a": {}}}
    assert json.dumps(form) == json.dumps(
        {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    )


def test_an_answer_nested_too_deep_to_be_checked_is_a_fault_and_no_crash(tmp_path: Path) -> None:
    tree = "{type: object, properties: {a: {$ref: '#/$defs/n'}}}"
    output = f"output: {{format: json, schema: {{$defs: {{n: {tree}}}, $ref: '#/$defs/n'}}}}\n"
    sampling = load(tmp_path, front=FRONT + output).sampling
    assert output_fault(sampling, '{"a": {"a": {}}}', ()) is None
    assert "nested too deep" in str(output_fault(sampling, '{"a": ' * 800 + "{}" + "}" * 800, ()))


def test_a_copy_of_what_holds_a_prompt_renders_and_many_threads_may(tmp_path: Path) -> None:
    prompt = load(tmp_path)
    (copied,) = copy.deepcopy([prompt])
    with ThreadPoolExecutor(8) as threads:
        told = threads.map(lambda n: copied.render({**SHOWN, "question": str(n)})[0].content, range(200))
    assert list(told) == [str(n) for n in range(200)]


def test_importing_prompts_loads_nothing_heavy() -> None:
    code = f"import sys, surefoot.prompts; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"[]\n"
