"""The tools that a prompt offers the model, and which of them it is to use."""

from collections.abc import Mapping, Sequence

from surefoot.prompts.fields import Fields, Located
from surefoot.prompts.schemas import OUTPUT_KEYWORDS, arranged, checked_schema
from surefoot.records import Tool

CHOICES = ("auto", "required", "none")

TOOL_NAME = r"[a-zA-Z0-9_-]{1,64}"


def read_tools(fields: Fields, *, file: str) -> tuple[tuple[Tool, ...], str]:
    """The tools under `tools`, in their order, and `tool_choice`: one of CHOICES, or a tool's name."""
    found = fields.take("tools")
    if found is not None and not isinstance(found.value, list):
        raise fields.wrong("tools", "a list, like [{name: search, description: ..., parameters: ...}]")
    tools: list[Tool] = []
    for place, located in enumerate(found.items if found else ()):
        tool = _tool(located, f"tools[{place}]", file)
        if tool.name in CHOICES or tool.name in (other.name for other in tools):
            raise located.wrong(f"the tool {tool.name!r} has a name that is taken", "Rename it.", file=file)
        tools.append(tool)
    return tuple(tools), _choice(fields, tools)


def _tool(located: Located, where: str, file: str) -> Tool:
    fields = Fields(located, file=file, where=where)
    name = fields.text("name", pattern=TOOL_NAME)
    description = fields.text("description", "")
    parameters = fields.take("parameters")
    fields.finish()
    if parameters is None:
        return Tool(name=name, description=description, parameters={"type": "object", "properties": {}})
    value = parameters.value
    if not isinstance(value, Mapping) or value.get("type") != "object":
        raise fields.wrong(
            "parameters", "a JSON Schema of 'type: object', or leave it out for a tool without any"
        )
    checked_schema(parameters, value, OUTPUT_KEYWORDS, file=file)
    return Tool(name=name, description=description, parameters=arranged(value))


def _choice(fields: Fields, tools: Sequence[Tool]) -> str:
    found = fields.take("tool_choice")
    if found is None:
        return "auto"
    names = [tool.name for tool in tools]
    if not tools or found.value not in (*CHOICES, *names):
        wanted = (
            f"one of {', '.join((*CHOICES, *names))}" if tools else "tools to choose from, or leave it out"
        )
        raise fields.wrong("tool_choice", wanted)
    return str(found.value)
