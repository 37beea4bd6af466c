"""A template as parts that most template languages share: text, shown values, loops, conditions, messages.

Parts are made from what a template means, so they know nothing of how it was spelled. What no part can say
goes to `lost`, in words.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from surefoot.errors import PromptError
from surefoot.prompts.files import Place, SourceFile, read_prompt_file
from surefoot.prompts.front_matter import split
from surefoot.prompts.grammar import Sources
from surefoot.prompts.meaning import meaning_of, meaning_of_text
from surefoot.prompts.prompt import Prompt
from surefoot.prompts.templates import located_faults, new_environment
from surefoot.records import Json

LOOP = "loop"
# Stands before the name of a variable of another form, until it has a name here.
ROOT = "@root"

# A variable, or a loop's name, and the keys that lead into its value.
Keys: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text that stands as it is."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A value put into the text. `("loop", "index0")` is the number of a loop's turn."""

    keys: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """A loop: `name` is each item of what `keys` lead to. `empty` stands where there is none."""

    name: str
    keys: Keys
    body: "Parts"
    empty: "Parts" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Whether a value is there and not empty, or is `equal` to a constant; `negated`: whether not."""

    keys: Keys
    negated: bool = False
    equal: str | int | float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The body of the first condition that holds, else `otherwise`."""

    branches: "tuple[tuple[Condition, Parts], ...]"
    otherwise: "Parts" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A message."""

    role: str
    body: "Parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The earlier turns of the conversation."""


Part: TypeAlias = Text | Show | Each | Choice | Turn | Earlier
Parts: TypeAlias = tuple[Part, ...]


@dataclass(kw_only=True)
class Reading:
    """What reading a template into parts came upon. `where` says of each loss in which message it is."""

    names: list[str]
    any_name: bool = False
    lost: list[str] = field(default_factory=list)
    where: str = ""

    def lose(self, what: str) -> Parts:
        """Note what no part can say."""
        self.lost.append(f"{self.where}{what}")
        return ()


def parts_of(prompt: Prompt) -> tuple[Parts, tuple[str, ...]]:
    """The prompt's template, with its includes in their place, and what could not be said."""
    _, body, _ = split(read_prompt_file(Path(prompt.file).parent, prompt.name))
    texts = prompt.template.includes
    sources = Sources(new_environment(), lambda name, place: _include(texts, name, place))
    tree = sources.parse(SourceFile(file=prompt.file, text=body))
    reading = Reading(names=[variable.name for variable in prompt.variables])
    parts = _parts(_list(meaning_of(tree, sources)), reading)
    return parts, tuple(dict.fromkeys(reading.lost))


def parts_of_text(text: str) -> tuple[Parts, tuple[str, ...]]:
    """A text of plain Jinja2, as other programs have it: every variable is taken, with ROOT before its name.

    Raises PromptError for what is not Jinja2, or not in the prompt language: a role tag is neither.
    """
    sources = Sources(new_environment(of_messages=False), _no_include)
    source = SourceFile(file="the text", text=text)
    reading = Reading(names=[], any_name=True)
    with located_faults(sources, source):
        tree = sources.parse(source)
        parts = _parts(meaning_of_text(tree, sources), reading)
    return parts, tuple(dict.fromkeys(reading.lost))


def _no_include(name: str, place: Place) -> SourceFile:
    raise PromptError(f"the include {name!r} is not there", remedy="Write its text out.")


def item_name(keys: Keys) -> str:
    """What an item of a list is called where its language gives it no name: "passage", for "passages"."""
    one = re.sub(r"(?<=.)s\Z", "", keys[-1])
    return one if one != keys[-1] and re.fullmatch(r"[a-z][a-z0-9_]*", one) else "item"


def _include(texts: Mapping[str, str], name: str, place: Place) -> SourceFile:
    return SourceFile(file=place.file, text=texts[name])


def _parts(meanings: Sequence[Json], reading: Reading) -> Parts:
    return tuple(part for meaning in meanings for part in _part(meaning, reading))


def _part(meaning: Json, reading: Reading) -> Parts:
    if isinstance(meaning, str):
        return (Text(text=meaning),)
    kind, *fields = _list(meaning)
    read = _READERS.get(str(kind), _shown)
    return read([kind, *fields], reading)


def _message(meaning: list[Json], reading: Reading) -> Parts:
    role = str(_list(meaning[1])[1])
    before, reading.where = reading.where, f"in the {role} message: "
    body = _parts(meaning[2:], reading)
    reading.where = before
    return (Turn(role=role, body=body),)


def _history(meaning: list[Json], reading: Reading) -> Parts:
    return (Earlier(),)


def _loop(meaning: list[Json], reading: Reading) -> Parts:
    target, over, body, empty, test, _ = meaning[1:]
    keys, named = _keys(over, reading), _list(target)
    if test is not None or named[0] != "Name" or keys is None:
        return reading.lose("a loop over what is computed, filtered or unpacked is left out")
    name = str(named[1])
    reading.names.append(name)
    inner = _parts(_list(body), reading)
    reading.names.pop()
    return (Each(name=name, keys=keys, body=inner, empty=_parts(_list(empty), reading)),)


def _choice(meaning: list[Json], reading: Reading) -> Parts:
    test, body, others, otherwise = meaning[1:]
    tests = [(test, body), *((one[1], one[2]) for one in map(_list, _list(others)))]
    branches: list[tuple[Condition, Parts]] = []
    for tested, then in tests:
        condition = _condition(tested, reading)
        if condition is None:
            return reading.lose("a condition beyond 'is there' and 'equals' is left out, with what it holds")
        branches.append((condition, _parts(_list(then), reading)))
    return (Choice(branches=tuple(branches), otherwise=_parts(_list(otherwise), reading)),)


def _condition(meaning: Json, reading: Reading) -> Condition | None:
    kind, *fields = _list(meaning)
    if kind == "Not":
        inner = _condition(fields[0], reading)
        return (
            None
            if inner is None
            else Condition(keys=inner.keys, negated=not inner.negated, equal=inner.equal)
        )
    if kind == "Compare":
        return _comparison(fields, reading)
    keys = _keys(meaning, reading)
    return None if keys is None else Condition(keys=keys)


def _comparison(fields: list[Json], reading: Reading) -> Condition | None:
    keys, operands = _keys(fields[0], reading), _list(fields[1])
    _, operator, value = _list(operands[0])
    kind, *constant = _list(value)
    if len(operands) > 1 or keys is None or kind != "Const" or operator not in ("eq", "ne"):
        return None
    equal = constant[0]
    if not isinstance(equal, str | int | float):
        return None
    return Condition(keys=keys, negated=operator == "ne", equal=equal)


def _filtered(meaning: list[Json], reading: Reading) -> Parts:
    inner, name, arguments = meaning[1:4]
    keys = _keys(inner, reading)
    if name == "join" and keys is not None and len(_list(arguments)) < 2 and not meaning[4]:
        between = _list(_list(arguments)[0])[1] if arguments else ""
        reading.lose("the filter 'join' is written as a loop")
        last = Choice(branches=((Condition(keys=(LOOP, "last"), negated=True), (Text(text=str(between)),)),))
        name = item_name(keys)
        return (Each(name=name, keys=keys, body=(Show(keys=(name,)), *((last,) if between else ()))),)
    reading.lose(f"the filter {name!r} is left out, and its value stands unfiltered")
    return _part(inner, reading)


def _set(meaning: list[Json], reading: Reading) -> Parts:
    return reading.lose("a name that the template sets itself is left out")


def _shown(meaning: list[Json], reading: Reading) -> Parts:
    keys = _keys(meaning, reading)
    return (Show(keys=keys),) if keys else reading.lose("what is computed in {{ }} is left out")


_READERS: Mapping[str, Callable[[list[Json], Reading], Parts]] = {
    "message": _message,
    "history": _history,
    "For": _loop,
    "If": _choice,
    "Filter": _filtered,
    "Assign": _set,
    "Scope": lambda meaning, reading: _parts(_list(meaning[1]), reading),
}


def _keys(meaning: Json, reading: Reading) -> Keys | None:
    """The keys by which a value is read, when that is all that is done with it."""
    kind, *fields = _list(meaning) or [None]
    if kind == "Name":
        name = str(fields[0])
        if name in reading.names or name == LOOP:
            return (name,)
        return (ROOT, name) if reading.any_name else None
    if kind == "Getattr":
        above = _keys(fields[0], reading)
        return None if above is None else (*above, str(fields[1]))
    if kind == "Getitem":
        above, (what, *key) = _keys(fields[0], reading), _list(fields[1])
        return (*above, key[0]) if above and what == "Const" and isinstance(key[0], str) else None
    return None


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
