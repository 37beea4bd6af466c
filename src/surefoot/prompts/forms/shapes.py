"""What a variable must be, by how a template uses it: where a form does not say."""

from surefoot.prompts.forms.naming import every_keys
from surefoot.prompts.forms.parts import Choice, Each, Parts, Turn
from surefoot.prompts.inputs import PASSAGES
from surefoot.records import Json

_OF_PASSAGES = {"text", "source", "headings"}


def looped_shape(parts: Parts, name: str) -> Json:
    """The schema of a variable: a text, passages, or objects and lists of the keys that are read of them."""
    loops = [loop for loop in _loops(parts) if loop.keys == (name,)]
    keys = {used[1:] for used in every_keys(parts) if used[0] == name and len(used) > 1}
    if loops:
        read = {
            used[1]
            for loop in loops
            for used in every_keys(loop.body)
            if used[0] == loop.name and len(used) > 1
        }
        if read and read <= _OF_PASSAGES:
            return PASSAGES
        return {"type": "array", "items": _object(read) if read else {"type": "string"}}
    return _object({used[0] for used in keys}) if keys else "text"


def _object(keys: set[str]) -> Json:
    names: list[Json] = [*sorted(keys)]
    return {"type": "object", "properties": {name: {} for name in sorted(keys)}, "required": names}


def _loops(parts: Parts) -> list[Each]:
    found: list[Each] = []
    for part in parts:
        if isinstance(part, Each):
            found += [part, *_loops((*part.body, *part.empty))]
        elif isinstance(part, Turn):
            found += _loops(part.body)
        elif isinstance(part, Choice):
            found += _loops((*part.otherwise, *(one for _, body in part.branches for one in body)))
    return found
