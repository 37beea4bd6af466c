r"""Parts written as dotprompt's template: Handlebars with the helpers `role` and `history`.

Handlebars takes `\{{` for text, and has no other way to put a brace before a tag; text is written so that it
comes out as it is. dotprompt tells messages apart by markers in the rendered text: one in a prompt's own
text is broken up, and listed.
"""

import json
import re

from surefoot.prompts.forms.parts import LOOP, Condition, Each, Keys, Parts, Text, Turn, item_name
from surefoot.prompts.forms.writing import PartsWriter

ROLES = {"system": "system", "user": "user", "assistant": "model"}
# Handlebars counts a loop's turns from 0. A comment behind the number says that here it was from 1.
FROM_ONE = "from 1"
OF_LOOPS = {"index0": "@index", "first": "@first", "last": "@last"}
# Names that Handlebars or dotprompt would call, or read as a constant.
CALLED = frozenset(
    (
        "each else false history if ifEquals json log lookup media null role section this true undefined "
        "unless unlessEquals with"
    ).split()
)

_MARKER = "<<<dotprompt:"
_BRACES = re.compile(r"(?P<backslashes>\\*)\{\{")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def handlebars_text(parts: Parts, lost: list[str]) -> str:
    """The template, and to `lost` what Handlebars cannot say."""
    return PartsWriter(_Handlebars(lost)).text_of(parts).strip() + "\n"


class _Handlebars:
    def __init__(self, lost: list[str]) -> None:
        self._lost = lost
        # The loops around, innermost last: the item's name here, and whether Handlebars has it by that name.
        self._loops: list[tuple[str, bool]] = []

    def shown(self, keys: Keys) -> str:
        if keys == (LOOP, "index"):
            self._lost.append("numbers of a loop's turns begin with 0 instead of 1")
            return f"@index}}}}{{{{!{FROM_ONE}"
        name, *steps = keys
        if name == LOOP:
            return self._of_loop(steps)
        for above, (item, named) in enumerate(reversed(self._loops)):
            if item == name:
                start = [name] if named else ["this"] if above == 0 else []
                below = ".".join([*start, *map(_segment, steps)])
                return below if named or above == 0 else "../" * above + (below or "this")
        begin = "@root." if self._loops else "this." if name in CALLED else ""
        return begin + ".".join(map(_segment, keys))

    def _of_loop(self, steps: list[str]) -> str:
        if len(steps) == 1 and steps[0] in OF_LOOPS:
            return OF_LOOPS[steps[0]]
        self._lost.append(f"'loop.{'.'.join(steps)}' has no name in Handlebars, and shows nothing")
        return "@" + "_".join(steps)

    def opened(self, loop: Each) -> str:
        named = loop.name != item_name(loop.keys)
        spelled = f"#each {self.shown(loop.keys)}" + (f" as |{loop.name}|" if named else "")
        self._loops.append((loop.name, named))
        return spelled

    def closed(self) -> str:
        self._loops.pop()
        return "/each"

    def branch(self, condition: Condition, *, first: bool) -> str:
        given, equal = self._tested(condition)
        if equal is not None:
            given += f" {json.dumps(equal, ensure_ascii=False)}"
        return f"{'#' if first else 'else '}{_helper(condition)} {given}"

    def _tested(self, condition: Condition) -> tuple[str, str | int | float | None]:
        if condition.keys != (LOOP, "index"):
            return self.shown(condition.keys), condition.equal
        if isinstance(condition.equal, int):
            return "@index", condition.equal - 1
        self._lost.append("the number of a loop's turn in a condition begins with 0 instead of 1")
        return "@index", condition.equal

    def chosen(self, first: Condition) -> str:
        return f"/{_helper(first)}"

    def mustache(self, inner: str, before: str) -> str:
        if before.endswith("{"):
            return f" {{{{~{inner}}}}}"  # the space keeps the braces apart, and ~ takes it away
        backslash = "\\" if before.endswith("\\") else ""  # one of them is taken as an escape
        return f"{backslash}{{{{{inner}}}}}"

    def tag(self, inner: str, before: str) -> str:
        return self.mustache(inner, before)

    def kept(self, white_space: str) -> str:
        return f"{white_space}{{{{!}}}}"

    def escaped(self, text: str, before: str) -> str:
        if _MARKER in text:
            self._lost.append(f"the text {_MARKER!r} would make a message there: it is broken up by a space")
            text = text.replace(_MARKER, "<<< dotprompt:")
        # A third brace would make it another tag: a comment keeps them apart.
        apart = "{{!}}" if before.endswith("}}") and text.startswith("}") else ""
        return apart + _BRACES.sub(_escaped, text)

    def outside(self, inner: str) -> str:
        """The tag. `~` takes away the line ends around it, which would belong to a message."""
        return f"{{{{~{inner}~}}}}\n"

    def message(self, turn: Turn) -> tuple[str, str]:
        """The marker. `~` takes away the line ends around it, and would take an indentation with them."""
        first = turn.body[0] if turn.body else None
        indented = isinstance(first, Text) and first.text[:1].isspace()
        return f'{{{{~role "{ROLES[turn.role]}"' + ("}}" if indented else "~}}\n"), "\n"

    def history(self) -> str:
        return "{{~history~}}\n"


def _helper(condition: Condition) -> str:
    if condition.equal is None:
        return "unless" if condition.negated else "if"
    return "unlessEquals" if condition.negated else "ifEquals"


def _escaped(found: re.Match[str]) -> str:
    """Two braces as text, after any number of backslashes. A comment keeps those from the escape."""
    backslashes = found["backslashes"]
    return f"\\{backslashes}{{{{!}}}}\\{{{{" if backslashes else "\\{{"


def _segment(key: str) -> str:
    return key if _PLAIN.match(key) and key != "this" else f"[{key}]"
