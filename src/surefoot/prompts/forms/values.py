"""What every form shares: a prompt that went out or came in, with what was lost on the way."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from surefoot.prompts.prompt import Prompt
from surefoot.prompts.schemas import OUTPUT_KEYWORDS, with_inner
from surefoot.records import Json

USUAL_BUDGET = 3000

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A prompt in another form, and what that form cannot say."""

    value: Mapping[str, Json]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A prompt file's text, and what could not be said in it."""

    text: str
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an imported prompt is to be called, and the models of the project; the first is the usual one."""

    name: str
    aliases: tuple[str, ...] = ("chat",)
    # Names that are variables where a form's text has them in two braces.
    variables: tuple[str, ...] = ()

    def alias(self, model: Json, lost: list[str]) -> str:
        """The model of the prompt file: theirs, when the project has one by that name."""
        if isinstance(model, str) and model in self.aliases:
            return model
        if model:
            lost.append(f"the model {model!r}: it is {self.aliases[0]!r} here")
        return self.aliases[0]


def file_text(front: Mapping[str, Json], body: str) -> str:
    """A prompt file of this front matter and body. Nothing in a value can be more than a value."""
    lines = ["---"]
    for key, value in front.items():
        if key == "input" and isinstance(value, Mapping) and value:
            lines += ["input:", *(f"  {name}: {_flow(item)}" for name, item in value.items())]
        elif value not in ({}, [], "", None):
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join([*lines, "---", body.rstrip("\n"), ""])


def _flow(value: Json) -> str:
    """A value on one line of YAML, its texts in quotes unless they are plain words."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _WORD.match(value) and value.lower() not in _NO_WORDS:
        return value
    written = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in written)


# What some reader of YAML takes for something else than a text.
_NO_WORDS = ("null", "true", "false", "yes", "no", "on", "off", "y", "n")


def front_of(wanted: Wanted, **keys: Json) -> dict[str, Json]:
    """The front matter of an imported prompt, in the usual order of keys."""
    base, _, variant = wanted.name.partition(".")
    order = (
        "description",
        "owners",
        "model",
        "input",
        "output",
        "tools",
        "tool_choice",
        "budget",
        "trust",
        "suites",
    )
    return {
        "schema": 1,
        "name": base,
        "variant": variant,
        **{key: keys[key] for key in order if key in keys},
    }


def variable_schemas(prompt: Prompt) -> dict[str, Json]:
    """Each variable as the front matter would have it, with its default and examples."""
    found: dict[str, Json] = {}
    for variable in prompt.variables:
        passages: dict[str, Json] = {"type": "passages"}
        schema = passages if variable.kind == "passages" else dict(variable.schema)
        if variable.kind == "passages" and variable.required and not variable.examples:
            found[variable.name] = "passages"
            continue
        if not variable.required:
            schema["default"] = variable.default
        if variable.examples:
            schema["examples"] = list(variable.examples)
        found[variable.name] = schema
    return found


def declared_trust(prompt: Prompt) -> dict[str, Json]:
    """What a prompt says of its variables' trust beyond what holds of itself."""
    usual = {
        variable.name: "retrieved" if variable.kind == "passages" else "user" for variable in prompt.variables
    }
    return {name: level for name, level in prompt.trust.items() if level != usual[name]}


def sampling_fields(prompt: Prompt, names: Mapping[str, str]) -> dict[str, Json]:
    """The sampling by another form's names for it, what is not set left out."""
    sampling = prompt.sampling
    values: dict[str, Json] = {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_output_tokens": sampling.max_output_tokens,
        "seed": sampling.seed,
        "stop": list(sampling.stop),
    }
    return {names[key]: value for key, value in values.items() if value is not None and value != []}


def imported_sampling(given: Json, names: Mapping[str, str], lost: list[str]) -> dict[str, Json]:
    """The keys of `model` by their names; each of theirs that is none goes to `lost`."""
    found: dict[str, Json] = {}
    for key, value in mapping(given).items():
        if key in names and value is not None:
            ours = names[key]
            found[ours] = [value] if ours == "stop" and isinstance(value, str) else value
        elif value not in (None, [], {}, ""):
            lost.append(f"the parameter {key!r}")
    return found


def imported_tools(tools: Json, choice: Json, lost: list[str]) -> dict[str, Json]:
    """`tools` and `tool_choice` of a form that has OpenAI's tools."""
    found: list[Json] = []
    for tool in map(mapping, sequence(tools)):
        function = mapping(tool.get("function"))
        if function.get("name"):
            kept = {key: function[key] for key in ("name", "description") if function.get(key)}
            if function.get("parameters"):
                where = f"the tool {function['name']!r}"
                kept["parameters"] = without_unknown(function["parameters"], OUTPUT_KEYWORDS, where, lost)
            found.append(kept)
            lost.extend(
                f"{where_} of the tool {function['name']!r}"
                for where_ in function.keys() - {"name", "description", "parameters"}
            )
        else:
            lost.append(f"the tool of the type {tool.get('type')!r}")
    if not found:
        return {}
    named = mapping(mapping(choice).get("function")).get("name") if isinstance(choice, Mapping) else choice
    return {"tools": found, "tool_choice": named or "auto"}


def of_one_form(keys: dict[str, Json], lost: list[str]) -> dict[str, Json]:
    """The keys with tools or a schema of the output, not both: an answer of one form cannot be a call."""
    if keys.get("tools") and keys.get("tool_choice") != "none" and mapping(keys.get("output")).get("schema"):
        lost.append("the schema of the output, as there are tools beside it: the output is text here")
        return {**keys, "output": {"format": "text"}}
    return keys


def without_unknown(schema: Json, keywords: Sequence[str], where: str, lost: list[str]) -> Json:
    """A schema with these keywords alone, and so every schema within it; the others go to `lost`."""
    if not isinstance(schema, Mapping):
        return schema
    for key in schema:
        if key not in keywords:
            lost.append(f"the keyword {key!r} in the schema of {where}")
    kept = {key: value for key, value in schema.items() if key in keywords}
    return with_inner(kept, lambda part: without_unknown(part, keywords, where, lost))


def mapping(value: Json) -> Mapping[str, Json]:
    """The value when it is a mapping, else an empty one: what others write may have any shape."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Json) -> Sequence[Json]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else ()
