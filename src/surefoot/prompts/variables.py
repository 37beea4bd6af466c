"""The inputs a prompt declares, and the plain values that its template gets for them.

Every rendering passes here, so the usual values take the shortest way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from surefoot.errors import PromptError
from surefoot.prompts.fences import without_fences
from surefoot.prompts.nearest import did_you_mean, nearest
from surefoot.prompts.schemas import value_fault
from surefoot.records import Json

LARGEST_NUMBER = 10**15

Trust = Literal["user", "retrieved", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One declared input. `kind` is "passages" for retrieved passages, whose `schema` is only descriptive.

    `default` counts only when the variable is not `required`. `examples` are values to try the prompt with.
    """

    name: str
    kind: Literal["value", "passages"]
    schema: Mapping[str, Json]
    required: bool
    default: Json = None
    examples: tuple[Json, ...] = ()


# Not frozen: no template can set an attribute, and freezing would take a quarter of a rendering.
@dataclass(slots=True, unsafe_hash=True)
class ShownPassage:
    """What a template may read of a passage."""

    text: str
    source: str
    headings: tuple[str, ...]


class _MisfitError(Exception):
    """A value is not what its variable wants; the words finish "variable 'x' ..."."""


def fill(variables: Sequence[Variable], given: Mapping[str, object], *, file: str) -> dict[str, object]:
    """A plain copy of the value of every declared variable, defaults filled in.

    Raises PromptError that names the variable and lists the declared ones.
    """
    filled: dict[str, object] = {}
    for variable in variables:
        name = variable.name
        if name not in given and variable.required:
            raise _unfilled(name, given, variables, file)
        try:
            filled[name] = _value(variable, given.get(name, variable.default))
        except (_MisfitError, RecursionError) as misfit:
            reason = str(misfit) if isinstance(misfit, _MisfitError) else "is nested too deep"
            raise _wrong(f"the variable {name!r} {reason}", variables, file) from misfit
    for name in given:
        if name not in filled:
            raise _wrong(f"there is no variable {name!r}", variables, file, meant=name)
    return filled


def _unfilled(
    name: str, given: Mapping[str, object], variables: Sequence[Variable], file: str
) -> PromptError:
    """The error for a variable without a value, which may have been given under another name."""
    declared = [variable.name for variable in variables]
    others = [str(each) for each in given if each not in declared]
    message = f"the variable {name!r} is not filled"
    if not others:
        return _wrong(message, variables, file)
    near = nearest(name, others) or others[0]
    return _wrong(f"{message}, and there is no variable {near!r}", variables, file, meant=near)


def _wrong(message: str, variables: Sequence[Variable], file: str, meant: str = "") -> PromptError:
    """The error that lists the declared variables; `meant` is a name that may be one of them misspelt."""
    names = [variable.name for variable in variables]
    declared = ", ".join(map(repr, names)) or "none"
    remedy = f"{did_you_mean(meant, names)}Fill exactly the variables the prompt declares: {declared}."
    return PromptError(message, remedy=remedy, file=file)


def _value(variable: Variable, value: object) -> object:
    if variable.kind == "passages":
        return _passages(value)
    plain = _plain(value)
    fault = value_fault(variable.schema, plain)
    if fault is not None:
        raise _MisfitError(f"does not fit its schema: {fault}")
    return plain


def _plain(value: object) -> Json:
    """A deep copy that holds nothing but the types of JSON, so no object with methods reaches a template."""
    if isinstance(value, str):
        return _plain_text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            raise _MisfitError(f"holds the number {value!r}; at most {LARGEST_NUMBER} either way is taken")
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, Mapping):
        return {_plain_text(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_plain(item) for item in value]
    raise _MisfitError(f"holds a {type(value).__name__}, which JSON cannot say")


def _plain_text(value: object) -> str:
    if type(value) is str and value.isascii():
        return value
    if not isinstance(value, str):
        raise _MisfitError(f"holds {value!r} where a text is wanted")
    try:
        value.encode()
    except UnicodeEncodeError as problem:
        raise _MisfitError("holds half of a surrogate pair, which UTF-8 cannot say") from problem
    return str.__str__(value)


def _passages(value: object) -> tuple[ShownPassage, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str | bytes):
        raise _MisfitError(f"is a {type(value).__name__}, and wants a sequence of passages")
    return tuple([_passage(item, number) for number, item in enumerate(value, 1)])


def _passage(item: object, number: int) -> ShownPassage:
    """The three readable parts, copied as texts that cannot end a passage, of an object or of a mapping.

    A mapping needs `text` alone; what else it holds is not read.
    """
    if isinstance(item, Mapping):
        text, source = item.get("text"), item.get("source", "")
        headings = item.get("headings", ())
    else:
        text, source = getattr(item, "text", None), getattr(item, "source", None)
        headings = getattr(item, "headings", None)
    if type(headings) is not tuple and (
        not isinstance(headings, Sequence) or isinstance(headings, str | bytes)
    ):
        kind = type(item).__name__
        raise _MisfitError(f"holds, as number {number}, a {kind} without text, source and headings")
    return ShownPassage(
        without_fences(_plain_text(text)),
        without_fences(_plain_text(source)),
        tuple([without_fences(_plain_text(heading)) for heading in headings]),
    )
