"""Front matter with more than one fault: each is noted and put aside, so that the next one shows.

Loading ends at the first fault. Here the key that is at fault gives way to a harmless value, or goes, and the
rest is read again. A misspelt key is read as the one it was meant to be.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from surefoot.errors import PromptError
from surefoot.prompts.declarations import KEYS, SCHEMA, Declarations, read_declarations
from surefoot.prompts.fields import Located
from surefoot.prompts.nearest import nearest
from surefoot.records import Json

_MOST_FAULTS = 50
_WIDEST: Mapping[str, Json] = {"max_prompt_tokens": 10_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What the front matter declares once its faults are put aside; None where nothing can be read.

    `doubtful` are inputs of which nothing is known but their names.
    """

    declared: Declarations | None
    faults: tuple[PromptError, ...]
    doubtful: tuple[str, ...]


def read_mending(front: Located, *, name: str, file: str) -> Mended:
    """All that the front matter declares, and all its faults."""
    faults: list[PromptError] = []
    doubtful: list[str] = []
    usual = _usual(name)
    for _ in range(2 * _MOST_FAULTS):  # an input that is named wrongly is first made harmless, then goes
        try:
            declared = read_declarations(front, name=name, file=file)
            return Mended(declared=declared, faults=tuple(faults), doubtful=tuple(doubtful))
        except PromptError as fault:
            if all((fault.line, fault.column, fault.message) != _place(old) for old in faults):
                faults.append(fault)
            mended = _without(front, fault, usual, doubtful)
            if mended is None or mended == front or len(faults) == _MOST_FAULTS:
                break
            front = mended
    return Mended(declared=None, faults=tuple(faults), doubtful=tuple(doubtful))


def _usual(name: str) -> dict[str, Json]:
    """What stands in for a key that must be there."""
    base, _, variant = name.partition(".")
    usual: dict[str, Json] = {
        "schema": SCHEMA,
        "name": base,
        "model": {"alias": "unknown"},
        "budget": _WIDEST,
    }
    return {**usual, "variant": variant} if variant else usual


def _without(
    front: Located, fault: PromptError, usual: Mapping[str, Json], doubtful: list[str]
) -> Located | None:
    """The front matter with the key at fault put aside; None when the fault is at no key."""
    for key, value in usual.items():
        if key not in front.keys and f"{key!r} is missing" in fault.message:
            return _with(front, key, _as_located(value, front))
    for key, located in front.keys.items():
        if not _holds(located, fault):
            continue
        if key in usual:
            return _with(front, key, _as_located(usual[key], located))
        meant = None if key in KEYS else nearest(key, KEYS)
        if meant is not None and meant not in front.keys:
            return _with(_with(front, key, None), meant, located)
        return _with(front, key, _inside(key, located, fault, doubtful))
    return None


def _inside(key: str, located: Located, fault: PromptError, doubtful: list[str]) -> Located | None:
    """What is left of a key that need not be there: of the inputs all but the one at fault, else nothing."""
    if key != "input" or not located.keys or (fault.line, fault.column) == (located.line, located.column):
        return None
    for name, inner in located.keys.items():
        if _holds(inner, fault):
            replaced = name not in doubtful
            doubtful.append(name)
            return _with(located, name, _as_located({}, inner) if replaced else None)
    return None


def _holds(located: Located, fault: PromptError) -> bool:
    if (located.line, located.column) == (fault.line, fault.column):
        return True
    return any(_holds(inner, fault) for inner in (*located.keys.values(), *located.items))


def _with(located: Located, key: str, inner: Located | None) -> Located:
    """The mapping with another value at a key, or without the key."""
    keys = {name: old for name, old in located.keys.items() if name != key}
    if inner is not None:
        keys[key] = inner
    return replace(located, value={name: each.value for name, each in keys.items()}, keys=keys)


def _as_located(value: Json, place: Located) -> Located:
    """A value as if it had been written at a place."""
    inside = value if isinstance(value, Mapping) else {}
    keys = {name: _as_located(inner, place) for name, inner in inside.items()}
    return Located(value=value, line=place.line, column=place.column, keys=keys)


def _place(fault: PromptError) -> tuple[int | None, int | None, str]:
    return fault.line, fault.column, fault.message
