"""What a prompt's front matter declares, key by key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from surefoot.prompts.fields import Fields, Located
from surefoot.prompts.inputs import HISTORY, read_inputs, read_trust
from surefoot.prompts.schemas import OUTPUT_KEYWORDS, arranged, checked_schema
from surefoot.prompts.tools import read_tools
from surefoot.prompts.variables import Trust, Variable
from surefoot.records import Json, Sampling, Tool

SCHEMA = 1
SHORTEST_LOCK = 12

# The keys of a prompt file, in the order in which its canonical form has them.
KEYS = (
    "schema",
    "name",
    "variant",
    "description",
    "owners",
    "model",
    "input",
    "output",
    "tools",
    "tool_choice",
    "budget",
    "trust",
    "includes",
    "suites",
)

ALIAS = r"[a-z0-9][a-z0-9_-]{0,63}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many tokens the messages may take, and what is dropped, in this order, to keep to it.

    `drop` names inputs of passages, dropped worst first, and "history", dropped oldest first.
    """

    max_prompt_tokens: int
    drop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What the model is to answer: text, or JSON that fits a JSON Schema."""

    format: Literal["text", "json"] = "text"
    schema: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The beginning of the digest that an include's text must have, and where the file says so."""

    prefix: str
    written: Located


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarations:
    """The front matter, checked."""

    description: str
    owners: tuple[str, ...]
    suites: tuple[str, ...]
    model_alias: str
    sampling: Sampling
    variables: tuple[Variable, ...]
    trust: Mapping[str, Trust]
    output: Output
    budget: Budget
    locks: Mapping[str, Lock]


def read_declarations(front: Located, *, name: str, file: str) -> Declarations:
    """Check the front matter of the prompt `name`; PromptError points at the first key that is wrong."""
    fields = Fields(front, file=file)
    fields.only(KEYS)  # first: a misspelt key makes others seem wrong
    _check_schema_and_name(fields, name)
    description, owners = fields.text("description", ""), fields.texts("owners")
    model = fields.fields("model")
    if model is None:
        raise fields.wrong("model", "an alias of serving/models.toml, like {alias: chat}")
    variables = read_inputs(fields.take("input"), file=file)
    output = _output(fields, file)
    tools, tool_choice = read_tools(fields, file=file)
    if tools and output.schema is not None and tool_choice != "none":
        raise fields.wrong(
            "tools", "no place beside 'output.format: json': an answer of one form cannot be a call"
        )
    return Declarations(
        description=description,
        owners=owners,
        model_alias=model.text("alias", pattern=ALIAS),
        sampling=_sampling(model, output, tools, tool_choice),
        variables=variables,
        output=output,
        budget=_budget(fields, variables),
        locks=_locks(fields),
        trust=read_trust(fields.fields("trust"), variables),
        suites=fields.texts("suites"),
    )


def _check_schema_and_name(fields: Fields, name: str) -> None:
    found = fields.take("schema")
    if found is None or found.value != SCHEMA or isinstance(found.value, bool | float):
        raise fields.wrong("schema", f"the value {SCHEMA}, the one this surefoot reads, or upgrade surefoot")
    base, _, variant = name.partition(".")
    if fields.text("name") != base:
        raise fields.wrong("name", f"the file's own name, {base!r}")
    if (fields.text("variant", "") or "") != variant:
        wanted = f"the variant in the file's own name, {variant!r}" if variant else "no value: leave it out"
        raise fields.wrong("variant", wanted)


def _sampling(model: Fields, output: Output, tools: tuple[Tool, ...], tool_choice: str) -> Sampling:
    usual = Sampling()
    sampling = Sampling(
        temperature=model.number("temperature", usual.temperature, least=0, most=2),
        top_p=model.number("top_p", usual.top_p, least=0.001, most=1),
        max_output_tokens=model.integer(
            "max_output_tokens", usual.max_output_tokens, least=1, most=1_000_000
        ),
        seed=None if model.take("seed") is None else model.integer("seed", least=0, most=10**15),
        stop=model.texts("stop"),
        output_schema=output.schema,
        tools=tools,
        tool_choice=tool_choice,
    )
    model.finish()
    return sampling


def _output(fields: Fields, file: str) -> Output:
    output = fields.fields("output")
    if output is None:
        return Output()
    form = output.text("format", pattern="text|json")
    located = output.take("schema")
    output.finish()
    if form == "text" and located is None:
        return Output()
    if form == "text" or located is None or not isinstance(located.value, Mapping):
        raise output.wrong(
            "schema", "a JSON Schema with 'format: json', and leave it out with 'format: text'"
        )
    checked = checked_schema(located, located.value, OUTPUT_KEYWORDS, file=file)
    return Output(format="json", schema=arranged(checked))


def _budget(fields: Fields, variables: Sequence[Variable]) -> Budget:
    budget = fields.fields("budget")
    if budget is None:
        raise fields.wrong("budget", "a limit, like {max_prompt_tokens: 3000, drop: passages}")
    most = budget.integer("max_prompt_tokens", least=1, most=10_000_000)
    found = budget.take("drop")
    budget.finish()
    if found is None:
        return Budget(max_prompt_tokens=most)
    dropped = found.value if isinstance(found.value, list) else [found.value]
    droppable = [*(variable.name for variable in variables if variable.kind == "passages"), HISTORY]
    wrong = [name for name in dropped if name not in droppable]
    if wrong or not dropped or len(set(map(str, dropped))) < len(dropped):
        raise budget.wrong("drop", f"one or more of {', '.join(droppable)}, each once, or leave it out")
    return Budget(max_prompt_tokens=most, drop=tuple(map(str, dropped)))


def _locks(fields: Fields) -> Mapping[str, Lock]:
    locked = fields.fields("includes")
    if locked is None:
        return {}
    shape = rf"[0-9a-f]{{{SHORTEST_LOCK},64}}"
    locks = {
        name: Lock(prefix=locked.text(name, pattern=shape), written=located)
        for name, located in locked.there.items()
    }
    locked.finish()
    return locks
