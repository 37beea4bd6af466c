"""Parts that were read one after another, gathered into messages."""

from dataclasses import replace

from surefoot.prompts.forms.parts import Choice, Each, Earlier, Part, Parts, Text, Turn
from surefoot.prompts.rendering import without_blank_lines


def gathered(parts: Parts, lost: list[str]) -> Parts:
    """The parts as messages. Text before the first is the user's, and after earlier turns the assistant's."""
    return _Gathering(lost).messages(parts)


class _Gathering:
    def __init__(
        self, lost: list[str], role: str = "user", *, in_loop: bool = False, has_history: bool = False
    ) -> None:
        self._lost = lost
        self._done: list[Part] = []
        self._role = role
        self._body: list[Part] = []
        self._in_loop = in_loop
        self._has_history = has_history

    def messages(self, parts: Parts) -> Parts:
        """These parts as messages, and what stands around them."""
        for part in parts:
            if isinstance(part, Turn):
                self._end()
                self._role = part.role
            elif isinstance(part, Earlier):
                self._end()
                self._earlier(part)
            elif isinstance(part, Each | Choice) and _begins_messages(part):
                self._end()
                self._done.append(self._around(part))
            else:
                self._body.append(part)
        self._end()
        return tuple(self._done)

    def _end(self) -> None:
        body, self._body = self._body, []
        while body and isinstance(last := body[-1], Text) and not last.text.strip():
            body.pop()
        if body and isinstance(last := body[-1], Text):
            body[-1] = Text(text=last.text.rstrip())
        if body and isinstance(first := body[0], Text):
            body[0] = Text(text=without_blank_lines(first.text))
        if body:
            self._done.append(Turn(role=self._role, body=tuple(body)))

    def _earlier(self, part: Earlier) -> None:
        self._role = "assistant"
        if self._in_loop or self._has_history:
            self._lost.append("{{history}} in a loop, or for a second time, is left out")
            return
        self._has_history = True
        self._done.append(part)

    def _around(self, part: Each | Choice) -> Part:
        """A loop or condition that holds messages: it stands around them. Its text goes on no message."""
        if isinstance(part, Each):
            return replace(part, body=self._inner(part.body, True), empty=self._inner(part.empty, True))
        branches = tuple((condition, self._inner(body, self._in_loop)) for condition, body in part.branches)
        return replace(part, branches=branches, otherwise=self._inner(part.otherwise, self._in_loop))

    def _inner(self, parts: Parts, in_loop: bool) -> Parts:
        inner = _Gathering(self._lost, self._role, in_loop=in_loop, has_history=self._has_history)
        found = inner.messages(parts)
        self._role, self._has_history = inner._role, inner._has_history
        return found


def _begins_messages(part: Part) -> bool:
    if isinstance(part, Each):
        return any(map(_begins_messages, (*part.body, *part.empty)))
    if isinstance(part, Choice):
        inner = [one for _, body in part.branches for one in body]
        return any(map(_begins_messages, (*inner, *part.otherwise)))
    return isinstance(part, Turn | Earlier)
