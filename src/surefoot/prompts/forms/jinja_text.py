"""Parts written as a prompt file's template, so that loading reads exactly these parts again.

Text is never taken for template code: what Jinja would read as such is written as a constant.
"""

import re

from surefoot.prompts.forms.parts import Condition, Each, Keys, Parts, Turn
from surefoot.prompts.forms.writing import PartsWriter

# A brace that would open a tag with what follows, or might with what is written next.
_OPENING = re.compile(r"\{(?=[{%#])|\{\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")


def template_text(parts: Parts) -> str:
    """The body of a prompt file."""
    return PartsWriter(_Jinja()).text_of(parts)


def plain_jinja_text(parts: Parts) -> str:
    """One message's text for Jinja2 as it comes, where no line disappears."""
    return PartsWriter(_Jinja(), takes_lines=False).text_of_message(parts)


def constant(value: str | int | float) -> str:
    """A constant as Jinja spells it."""
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else repr(value)
    safe = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{safe}"'


class _Jinja:
    def shown(self, keys: Keys) -> str:
        name, *steps = keys
        return name + "".join(f".{step}" if _NAME.match(step) else f"[{constant(step)}]" for step in steps)

    def opened(self, loop: Each) -> str:
        return f"for {loop.name} in {self.shown(loop.keys)}"

    def closed(self) -> str:
        return "endfor"

    def branch(self, condition: Condition, *, first: bool) -> str:
        tested = self.shown(condition.keys)
        if condition.equal is not None:
            tested += f" {'!=' if condition.negated else '=='} {constant(condition.equal)}"
        elif condition.negated:
            tested = f"not {tested}"
        return f"{'if' if first else 'elif'} {tested}"

    def chosen(self, first: Condition) -> str:
        return "endif"

    def mustache(self, inner: str, before: str) -> str:
        return f"{{{{ {inner} }}}}"

    def tag(self, inner: str, before: str) -> str:
        return f"{{% {inner} %}}"

    def kept(self, white_space: str) -> str:
        return self.mustache(constant(white_space), "")

    def escaped(self, text: str, before: str) -> str:
        return _OPENING.sub('{{ "{" }}', text)

    def outside(self, inner: str) -> str:
        return f"{{% {inner} %}}\n"

    def message(self, turn: Turn) -> tuple[str, str]:
        return f"{{% {turn.role} %}}\n", f"\n{{% end{turn.role} %}}\n"

    def history(self) -> str:
        return "{% history %}\n"
