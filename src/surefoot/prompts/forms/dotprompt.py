"""A prompt as a dotprompt file, and back. What dotprompt has no key for goes into keys `surefoot.*`.

A dotprompt file is YAML front matter and a Handlebars template, whose `{{role}}` helper tells messages apart.
"""

import json
from collections.abc import Mapping

from surefoot.errors import PromptError
from surefoot.prompts.files import SourceFile
from surefoot.prompts.forms.gathering import gathered
from surefoot.prompts.forms.handlebars_reading import read_handlebars
from surefoot.prompts.forms.handlebars_text import handlebars_text
from surefoot.prompts.forms.jinja_text import template_text
from surefoot.prompts.forms.naming import renamed
from surefoot.prompts.forms.parts import Parts, parts_of
from surefoot.prompts.forms.picoschema import json_schema
from surefoot.prompts.forms.shapes import looped_shape
from surefoot.prompts.forms.values import (
    USUAL_BUDGET,
    Exported,
    Imported,
    Wanted,
    declared_trust,
    file_text,
    front_of,
    imported_sampling,
    mapping,
    of_one_form,
    sampling_fields,
    sequence,
    variable_schemas,
    without_unknown,
)
from surefoot.prompts.front_matter import read_yaml, split
from surefoot.prompts.inputs import PASSAGES, SHORT_FORMS
from surefoot.prompts.prompt import Prompt
from surefoot.prompts.schemas import INPUT_KEYWORDS, OUTPUT_KEYWORDS
from surefoot.records import Json

_CONFIG = {
    "temperature": "temperature",
    "top_p": "topP",
    "max_output_tokens": "maxOutputTokens",
    "seed": "seed",
    "stop": "stopSequences",
}
_OURS = "surefoot."
_KNOWN = ("name", "variant", "description", "model", "config", "input", "output", "tools")
# What stands in for an optional variable that is left out, as Handlebars would show it.
_NOTHING: Mapping[str, Json] = {"string": "", "array": [], "boolean": False}


def to_dotprompt(prompt: Prompt) -> Exported:
    """The prompt as a dotprompt file: the value is its front matter, and its template under `template`."""
    parts, lost_parts = parts_of(prompt)
    lost = [*lost_parts]
    lost.extend(f"the include {name!r} is written out" for name in prompt.includes)
    base, _, variant = prompt.name.partition(".")
    front: dict[str, Json] = {
        "name": base,
        "variant": variant,
        "description": prompt.description,
        "model": prompt.model_alias,
        "config": sampling_fields(prompt, _CONFIG),
        "input": _exported_input(prompt),
        "output": {"format": prompt.output_format, "schema": prompt.output_schema or {}},
        "tools": [tool.name for tool in prompt.tools],
        **_extensions(prompt),
    }
    kept = {key: _without_empty(value) for key, value in front.items() if value not in ("", [], {}, None)}
    template = handlebars_text(parts, lost)
    return Exported(value={**kept, "template": template}, lost=tuple(dict.fromkeys(lost)))


def dotprompt_text(exported: Exported) -> str:
    """The text of the file."""
    front = {key: value for key, value in exported.value.items() if key != "template"}
    return file_text(front, str(exported.value["template"]))


def from_dotprompt(text: str, wanted: Wanted, *, file: str) -> Imported:
    """A prompt file of a dotprompt file's text; PromptError for what is neither YAML nor Handlebars."""
    lost: list[str] = []
    front, template = _divided(text, file)
    lost.extend(f"the key {key!r}" for key in front if key not in _KNOWN and not key.startswith(_OURS))
    schema = json_schema(mapping(front.get("input")).get("schema"), lost) if front.get("input") else {}
    properties = mapping(schema.get("properties"))
    parts, names = renamed(gathered(read_handlebars(template, lost), lost), [*properties], lost)
    if not parts:
        raise PromptError(
            "the template has no text",
            remedy="Import a file with a template below its front matter.",
            file=file,
        )
    config = imported_sampling(front.get("config"), {theirs: ours for ours, theirs in _CONFIG.items()}, lost)
    keys: dict[str, Json] = {
        "description": front.get("description"),
        "model": {"alias": wanted.alias(front.get("model"), lost), **config},
        "input": _imported_input(front, schema, parts, names, lost),
        "output": _imported_output(front, lost),
        **_imported_tools(front, lost),
        "budget": front.get(f"{_OURS}budget") or {"max_prompt_tokens": USUAL_BUDGET},
        **{key: front.get(_OURS + key) for key in ("owners", "trust", "suites")},
    }
    body = template_text(parts)
    return Imported(
        text=file_text(front_of(wanted, **of_one_form(keys, lost)), body), lost=tuple(dict.fromkeys(lost))
    )


def _divided(text: str, file: str) -> tuple[Mapping[str, Json], str]:
    if not text.startswith("---"):
        return {}, text
    front, body, _ = split(SourceFile(file=file, text=text))
    return mapping(read_yaml(front, file=file).value), body


def _without_empty(value: Json) -> Json:
    if not isinstance(value, Mapping):
        return value
    return {key: item for key, item in value.items() if item != {}}


def _exported_input(prompt: Prompt) -> Json:
    properties: dict[str, Json] = {}
    defaults: dict[str, Json] = {}
    for name, schema in variable_schemas(prompt).items():
        full: Json = SHORT_FORMS[PASSAGES] if schema == PASSAGES else schema
        if mapping(full).get("type") == PASSAGES:
            full = {**mapping(full), **SHORT_FORMS[PASSAGES]}
        properties[name] = full
        defaults.update({name: mapping(full)["default"]} if "default" in mapping(full) else {})
    if not properties:
        return {}
    required: Json = [variable.name for variable in prompt.variables if variable.required]
    schema_: dict[str, Json] = {"type": "object", "properties": properties, "required": required}
    return {"schema": {**schema_, "additionalProperties": False}, "default": defaults}


def _extensions(prompt: Prompt) -> dict[str, Json]:
    budget: dict[str, Json] = {"max_prompt_tokens": prompt.budget.max_prompt_tokens}
    if prompt.budget.drop:
        budget["drop"] = list(prompt.budget.drop)
    tools: list[Json] = [
        {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
        for tool in prompt.tools
    ]
    passages: list[Json] = [variable.name for variable in prompt.variables if variable.kind == PASSAGES]
    return {
        f"{_OURS}budget": budget,
        f"{_OURS}passages": passages,
        f"{_OURS}trust": declared_trust(prompt),
        f"{_OURS}owners": list(prompt.owners),
        f"{_OURS}suites": list(prompt.suites),
        f"{_OURS}tools": [_without_empty_text(tool) for tool in tools],
        f"{_OURS}tool_choice": prompt.tool_choice if tools else "",
    }


def _without_empty_text(tool: Json) -> Json:
    return {key: value for key, value in mapping(tool).items() if value != ""}


def _imported_input(
    front: Mapping[str, Json],
    schema: Mapping[str, Json],
    parts: Parts,
    names: Mapping[str, str],
    lost: list[str],
) -> dict[str, Json]:
    properties, required = mapping(schema.get("properties")), sequence(schema.get("required"))
    defaults = mapping(mapping(front.get("input")).get("default"))
    passages = sequence(front.get(f"{_OURS}passages"))
    found: dict[str, Json] = {}
    for theirs, ours in names.items():
        if theirs not in properties:
            found[ours] = looped_shape(parts, ours)
            continue
        given = mapping(properties[theirs])
        one = mapping(without_unknown(given, INPUT_KEYWORDS, f"the variable {theirs!r}", lost))
        if theirs in defaults:
            one = {**one, "default": defaults[theirs]}
        elif "default" not in one and theirs not in required:
            one = _optional(one, theirs, lost)
        found[ours] = _passages(one) if theirs in passages else one
    lost.extend(f"the default of {name!r}, which is no variable" for name in defaults if name not in names)
    return found


def _passages(schema: Mapping[str, Json]) -> Json:
    kept = {key: schema[key] for key in ("title", "description", "default", "examples") if key in schema}
    return {"type": PASSAGES, **kept} if kept else PASSAGES


def _optional(schema: Mapping[str, Json], name: str, lost: list[str]) -> Mapping[str, Json]:
    """An optional variable: it has the default that Handlebars would show for nothing, where one fits."""
    kinds = schema.get("type")
    listed = [kind for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind != "null"]
    if len(listed) == 1 and listed[0] in _NOTHING:
        return {**schema, "type": listed[0], "default": _NOTHING[str(listed[0])]}
    if "enum" in schema:
        among = [one for one in sequence(schema["enum"]) if one is not None]
        return {**schema, "enum": [*among, ""], "default": ""}
    lost.append(
        f"the variable {name!r} could be left out there; here it must be given, until it has a default"
    )
    return schema


def _imported_output(front: Mapping[str, Json], lost: list[str]) -> Json:
    output = mapping(front.get("output"))
    form, schema = output.get("format"), output.get("schema")
    lost.extend(f"the key 'output.{key}'" for key in output if key not in ("format", "schema"))
    if schema and form in (None, "json"):
        read = json_schema(schema, lost)
        return {"format": "json", "schema": without_unknown(read, OUTPUT_KEYWORDS, "the output", lost)}
    if form not in (None, "text"):
        lost.append(f"the output format {form!r}: it is text here")
    return {"format": "text"}


def _imported_tools(front: Mapping[str, Json], lost: list[str]) -> dict[str, Json]:
    named = sequence(front.get("tools"))
    known = {mapping(tool).get("name"): tool for tool in sequence(front.get(f"{_OURS}tools"))}
    lost.extend(
        f"the tool {json.dumps(name)}, which is defined elsewhere" for name in named if name not in known
    )
    tools = [known[name] for name in named if name in known]
    return {"tools": tools, "tool_choice": front.get(f"{_OURS}tool_choice") or "auto"} if tools else {}
