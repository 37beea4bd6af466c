"""A prompt in PromptLayer's form, and back; what does not carry over is listed, never dropped silently.

PromptLayer has chats whose messages are templates, by Jinja2 or f-strings, with a model's parameters in their
metadata. It has no types of variables, no budget, and no loop around messages.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from surefoot.errors import PromptError
from surefoot.prompts.files import read_prompt_file
from surefoot.prompts.forms.values import Exported, Imported, of_one_form
from surefoot.prompts.front_matter import split
from surefoot.prompts.language import ROLES
from surefoot.prompts.prompt import Prompt
from surefoot.records import Json

HISTORY = "history"
# The form in which the model's server is spoken to.
PROVIDER = "openai"

_TAG = re.compile(r"\{#.*?#\}|\{%[-+]?\s*(?P<word>\w+)(?P<rest>.*?)[-+]?%\}", re.DOTALL)
_INCLUDE = re.compile(r"\{%[-+]?\s*include\s+[\"'](?P<name>[\w-]+)[\"']\s*[-+]?%\}")
_SHOWN = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)")
_LOOPED = re.compile(r"\{%-?\s*for\s+\w+\s+in\s+([A-Za-z_]\w*)")
_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>[A-Za-z_]\w*)\}|\{[%#]")
_TOOL_KEYS = ("name", "description", "parameters")
_SNIPPET = re.compile(r"@@@.+?@@@")


def to_promptlayer(prompt: Prompt) -> Exported:
    """The prompt as PromptLayer keeps one: `prompt_name`, `prompt_template` and `metadata` with the model."""
    _, body, _ = split(read_prompt_file(Path(prompt.file).parent, prompt.name))
    lost = list(_never_carried(prompt))
    messages = list(_exported_messages(body, prompt.template.includes, lost))
    sampling = prompt.sampling
    parameters: dict[str, Json] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_output_tokens,
    }
    parameters.update({"seed": sampling.seed} if sampling.seed is not None else {})
    parameters.update({"stop": list(sampling.stop)} if sampling.stop else {})
    if sampling.output_schema is not None:
        schema: Json = {"name": "answer", "schema": sampling.output_schema, "strict": True}
        parameters["response_format"] = {"type": "json_schema", "json_schema": schema}
    template: dict[str, Json] = {
        "type": "chat",
        "messages": messages,
        "input_variables": [variable.name for variable in prompt.variables],
    }
    if prompt.tools:
        template["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": dict(tool.parameters),
                },
            }
            for tool in prompt.tools
        ]
        named = prompt.tool_choice in {tool.name for tool in prompt.tools}
        template["tool_choice"] = (
            {"type": "function", "function": {"name": prompt.tool_choice}} if named else prompt.tool_choice
        )
    model: Json = {"provider": PROVIDER, "name": prompt.model_alias, "parameters": parameters}
    value: dict[str, Json] = {
        "prompt_name": prompt.name,
        "prompt_template": template,
        "metadata": {"model": model},
    }
    return Exported(value=value, lost=tuple(lost))


def from_promptlayer(value: Mapping[str, Json], *, name: str) -> Imported:
    """A prompt file of that name. `value` is as `to_promptlayer` makes it; PromptError when it is no chat."""
    template = _mapping(value.get("prompt_template"))
    lost: list[str] = []
    variables: dict[str, str] = {}
    body = "\n".join(_imported_messages(template, variables, lost))
    if not body:
        raise PromptError(
            f"the prompt {value.get('prompt_name')!r} has no message that a prompt file can hold",
            remedy="Look at it in PromptLayer; chats and completions of text can be imported.",
        )
    front: dict[str, Json] = {
        "schema": 1,
        "name": name,
        "description": f"{value.get('prompt_name') or name}, from PromptLayer",
        "owners": [],
        "model": _imported_model(_mapping(_mapping(value.get("metadata")).get("model")), lost),
        "input": dict(variables),
        "output": _imported_output(value),
        "budget": {"max_prompt_tokens": 3000},
        "suites": [],
        **_imported_tools(template, lost),
    }
    front = of_one_form(front, lost)
    lines = [f"{key}: {json.dumps(item, ensure_ascii=False)}" for key, item in front.items()]
    lost.append("types of variables: each is a text until the file says more, a looped one passages")
    return Imported(text="\n".join(["---", *lines, "---", body, ""]), lost=tuple(dict.fromkeys(lost)))


def _never_carried(prompt: Prompt) -> Iterator[str]:
    yield f"budget: at most {prompt.budget.max_prompt_tokens} tokens"
    if prompt.variables:
        yield "types, defaults and examples of variables"
    if prompt.trust:
        yield "which variables come from whom (trust)"
    if prompt.owners:
        yield "owners"
    if prompt.suites:
        yield "suites"
    if prompt.includes:
        yield f"includes by name: the text of {', '.join(sorted(prompt.includes))} is written out"
    yield "lines of nothing but tags: their line ends stay, so blank lines may differ"


def _exported_messages(body: str, includes: Mapping[str, str], lost: list[str]) -> Iterator[Json]:
    """The messages that stand by themselves; those within a loop or a condition have no place there."""
    for what, text, depth in _blocks(body):
        if depth > 0:
            lost.append(f"the {what} within a loop or a condition is left out")
        elif what == HISTORY:
            yield {"role": "placeholder", "name": HISTORY}
        elif what in ROLES:
            yield _message(what, _INCLUDE.sub(lambda found: includes[found["name"]].rstrip(), text))
        else:
            lost.append("a name that is set outside of messages")


def _blocks(body: str) -> Iterator[tuple[str, str, int]]:
    """Each message with its role and text, each history and set, and how deep in loops and conditions."""
    depth, role, begun = 0, "", 0
    deeper = {"for": 1, "if": 1, "endfor": -1, "endif": -1}
    for tag in _TAG.finditer(body):
        word = tag["word"] or ""
        if role and word == f"end{role}":
            yield role, body[begun : tag.start()].strip("\n").rstrip(), depth
            role = ""
        elif role:
            continue
        elif word in ROLES:
            role, begun = word, tag.end()
        elif word in (HISTORY, "set"):
            yield word, "", depth
        else:
            depth += deeper.get(word, 0)


def _message(role: str, text: str) -> Json:
    return {"role": role, "template_format": "jinja2", "content": [{"type": "text", "text": text}]}


def _imported_messages(
    template: Mapping[str, Json], variables: dict[str, str], lost: list[str]
) -> Iterator[str]:
    messages = template.get("messages")
    if not isinstance(messages, list):  # a completion is one message of the user's
        messages = [{**template, "role": "user"}]
    for message in map(_mapping, messages):
        role = str(message.get("role", "user")).replace("developer", "system")
        if role == "placeholder":
            yield "{% history %}"
            if message.get("name") != HISTORY:
                lost.append(f"the placeholder {message.get('name')!r} stands where earlier turns stand")
        elif role not in ROLES:
            lost.append(f"a message of the role {role!r}")
        elif text := _imported_text(message, variables, lost):
            yield f"{{% {role} %}}{text}{{% end{role} %}}"
        if message.get("tool_calls"):
            lost.append("calls of tools in a message")


def _imported_text(message: Mapping[str, Json], variables: dict[str, str], lost: list[str]) -> str:
    texts: list[str] = []
    content = message.get("content")
    for part in map(_mapping, content if isinstance(content, list) else []):
        if part.get("type", "text") == "text":
            texts.append(str(part.get("text", "")))
        else:
            lost.append(f"content of the type {part.get('type')!r}")
    text = "\n".join(texts)
    lost.extend(f"the snippet {found[0]} is a text here" for found in _SNIPPET.finditer(text))
    if message.get("template_format", "f-string") == "jinja2":
        looped = set(_LOOPED.findall(text))
        inner = {name.split()[1] for name in re.findall(r"for\s+\w+", text)} | {"loop"}
        variables.update({name: "text" for name in _SHOWN.findall(text) if name not in looped | inner})
        variables.update(dict.fromkeys(looped, "passages"))
        return text
    return _FIELD.sub(lambda found: _from_f_string(found, variables), text)


def _from_f_string(found: re.Match[str], variables: dict[str, str]) -> str:
    if found["name"]:
        variables.setdefault(found["name"], "text")
        return f"{{{{ {found['name']} }}}}"
    # Braces that are meant as such: as they are where Jinja would not take them for its own.
    return {"{{": '{{ "{" }}', "}}": "}"}.get(found[0], f'{{{{ "{found[0]}" }}}}')


def _imported_model(model: Mapping[str, Json], lost: list[str]) -> Json:
    fields: dict[str, Json] = {"alias": "chat"}
    if model.get("name"):
        lost.append(f"the model {model['name']!r} of {model.get('provider')!r}: the alias is 'chat' instead")
    ours = {
        "temperature": "temperature",
        "top_p": "top_p",
        "max_tokens": "max_output_tokens",
        "max_completion_tokens": "max_output_tokens",
        "seed": "seed",
        "stop": "stop",
    }
    for key, item in _mapping(model.get("parameters")).items():
        if key in ours and item is not None:
            fields[ours[key]] = item
        elif key != "response_format" and item not in (None, [], {}):
            lost.append(f"the parameter {key!r}")
    return fields


def _imported_output(value: Mapping[str, Json]) -> Json:
    model = _mapping(_mapping(value.get("metadata")).get("model"))
    wanted = _mapping(_mapping(model.get("parameters")).get("response_format"))
    schema = _mapping(wanted.get("json_schema")).get("schema")
    return {"format": "text"} if schema is None else {"format": "json", "schema": schema}


def _imported_tools(template: Mapping[str, Json], lost: list[str]) -> Mapping[str, Json]:
    tools, found = template.get("tools"), list[Json]()
    for tool in map(_mapping, tools if isinstance(tools, list) else []):
        function = _mapping(tool.get("function"))
        if function.get("name"):
            found.append({key: function[key] for key in _TOOL_KEYS if function.get(key)})
        else:
            lost.append(f"the tool of the type {tool.get('type')!r}")
    if not found:
        return {}
    choice = template.get("tool_choice") or "auto"
    named = _mapping(_mapping(choice).get("function")).get("name") if isinstance(choice, dict) else choice
    return {"tools": found, "tool_choice": named}


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
