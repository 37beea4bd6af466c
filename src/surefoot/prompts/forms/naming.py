"""Variables and loops of another form given names that they can have in a prompt file."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from surefoot.prompts.forms.parts import ROOT, Choice, Condition, Each, Keys, Part, Parts, Show, Turn
from surefoot.prompts.inputs import NOT_NAMES, VARIABLE


def renamed(parts: Parts, others: Collection[str], lost: list[str]) -> tuple[Parts, Mapping[str, str]]:
    """The parts with names of ours, and what each variable is called here by its name there.

    `others` are variables that the template may not show.
    """
    names: dict[str, str] = {}
    for name in dict.fromkeys([*others, *variables_in(parts)]):
        names[name] = name_here(name, names.values())
        if names[name] != name:
            lost.append(f"the variable {name!r} is {names[name]!r} here")
    return _Renaming(names).parts(parts, {}), names


def name_here(name: str, taken: Collection[str]) -> str:
    """A name for a variable: lower case, underscores, no word of the language, and nothing else's."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    plain = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_") or "value"
    if not re.fullmatch(VARIABLE, plain) or plain in NOT_NAMES:
        plain = f"the_{plain}"
    while plain in taken:
        plain += "_"
    return plain


class _Renaming:
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def parts(self, parts: Parts, loops: Mapping[str, str]) -> Parts:
        """The parts, within loops whose names became others."""
        return tuple(self._part(part, loops) for part in parts)

    def _part(self, part: Part, loops: Mapping[str, str]) -> Part:
        if isinstance(part, Show):
            return Show(keys=self._keys(part.keys, loops))
        if isinstance(part, Turn):
            return replace(part, body=self.parts(part.body, loops))
        if isinstance(part, Choice):
            branches = tuple(
                (self._condition(condition, loops), self.parts(body, loops))
                for condition, body in part.branches
            )
            return Choice(branches=branches, otherwise=self.parts(part.otherwise, loops))
        if isinstance(part, Each):
            name = name_here(part.name, [*self._names.values(), *loops.values()])
            return Each(
                name=name,
                keys=self._keys(part.keys, loops),
                body=self.parts(part.body, {**loops, part.name: name}),
                empty=self.parts(part.empty, loops),
            )
        return part

    def _condition(self, condition: Condition, loops: Mapping[str, str]) -> Condition:
        return replace(condition, keys=self._keys(condition.keys, loops))

    def _keys(self, keys: Keys, loops: Mapping[str, str]) -> Keys:
        if keys[0] == ROOT:
            return (self._names[keys[1]], *keys[2:])
        return (loops.get(keys[0], keys[0]), *keys[1:])


def variables_in(parts: Parts) -> Iterator[str]:
    """The variables by their names there."""
    for keys in every_keys(parts):
        if keys[0] == ROOT:
            yield keys[1]


def every_keys(parts: Parts) -> Iterator[Keys]:
    """The keys of everything that is shown, looped over or asked about."""
    for part in parts:
        if isinstance(part, Show):
            yield part.keys
        elif isinstance(part, Turn):
            yield from every_keys(part.body)
        elif isinstance(part, Each):
            yield part.keys
            yield from every_keys((*part.body, *part.empty))
        elif isinstance(part, Choice):
            for condition, body in part.branches:
                yield condition.keys
                yield from every_keys(body)
            yield from every_keys(part.otherwise)
