"""What a prompt leaves to vLLM's prefix cache: the tokens that two requests in a row have in common.

vLLM computes a prompt's beginning once and keeps it, in blocks of 16 tokens, for every request that begins
the same. So what never changes should stand before what differs from one request to the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from surefoot.answering import TokenCounter
from surefoot.changes.samples import Sample
from surefoot.prompts import Prompt
from surefoot.records import Message

_NOISE = 2  # tokens: a cut in the middle of a word counts a little otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """Of a request's tokens, how many its beginning has in common with the request before.

    `ended_by` is the variable, or "history", with which the two begin to differ; None when they never do.
    """

    shared: int
    tokens: int
    ended_by: str | None

    @property
    def anew(self) -> int:
        """The tokens that are computed anew for each request."""
        return self.tokens - self.shared

    @property
    def percent(self) -> int:
        """The shared part, in percent."""
        return round(100 * self.shared / self.tokens) if self.tokens else 0


async def sharing_of(prompt: Prompt, first: Sample, second: Sample, counter: TokenCounter) -> Sharing:
    """How much of the second sample's request stands in the first one's beginning. Raises PromptError."""
    one, other = _rendered(prompt, first), _rendered(prompt, second)
    shared = common_beginning(one, other)
    tokens = await counter.count(other)
    if shared == tuple(other):
        return Sharing(shared=tokens, tokens=tokens, ended_by=None)
    return Sharing(
        shared=min(tokens, await counter.count(shared)) if shared else 0,
        tokens=tokens,
        ended_by=_ended_by(prompt, first, second, one),
    )


def common_beginning(one: Sequence[Message], other: Sequence[Message]) -> tuple[Message, ...]:
    """The messages, the last one cut, with which both begin."""
    same = [pair[0] for pair in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))]
    if len(same) < min(len(one), len(other)) and one[len(same)].role == other[len(same)].role:
        role = one[len(same)].role
        text = _common(one[len(same)].content, other[len(same)].content)
        if text:
            same.append(Message(role=role, content=text))
    return tuple(same)


def sentence(before: Sharing | None, after: Sharing) -> str:
    """What a change does to the cache, for somebody who has not heard of it."""
    now = (
        f"two requests in a row share their first {after.shared} of {after.tokens} tokens "
        f"({after.percent}%), and vLLM computes the other {after.anew} for each"
    )
    where = f"they begin to differ at {_named(after.ended_by)}" if after.ended_by else "they never differ"
    if before is None:
        return f"Prefix cache: {now}; {where}."
    more, longer = after.anew - before.anew, after.shared - before.shared
    if abs(more) <= _NOISE:
        return f"Prefix cache, as good as before: {now}; {where}."
    if before.ended_by == after.ended_by and (more * longer >= 0 or abs(longer) <= _NOISE):
        # Nothing has moved to the other side of what differs: the text itself is longer or shorter.
        return f"Prefix cache, as good as before: {now}, {_how_many(more)} than before; {where}."
    if more < 0:
        return f"Prefix cache, better than before: {now}, {_how_many(more)} than before; {where}."
    remedy = "Put what never changes before it." if after.ended_by else ""
    return (
        f"Prefix cache, worse than before: {now}, {_how_many(more)} than before; {where}, "
        f"before it was at {_named(before.ended_by)}. {remedy}"
    ).strip()


def _how_many(more: int) -> str:
    return f"{more} more" if more > 0 else f"{-more} fewer"


def _rendered(prompt: Prompt, sample: Sample) -> tuple[Message, ...]:
    return prompt.render(sample.variables_of(prompt), history=sample.history)


def _common(one: str, other: str) -> str:
    return "".join(
        pair[0] for pair in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    )


def _ended_by(prompt: Prompt, first: Sample, second: Sample, one: Sequence[Message]) -> str | None:
    """The part of the request that differs earliest when it alone is taken from the second sample."""
    own, theirs = first.variables_of(prompt), second.variables_of(prompt)
    places = {
        name: _place(one, prompt.render({**own, name: theirs[name]}, history=first.history))
        for name in own
        if name in theirs and theirs[name] != own[name]
    }
    if first.history != second.history:
        places["history"] = _place(one, prompt.render(own, history=second.history))
    found = {name: place for name, place in places.items() if place is not None}
    return min(found, key=lambda name: found[name]) if found else None


def _place(one: Sequence[Message], other: Sequence[Message]) -> tuple[int, int] | None:
    """Message and letter at which two requests begin to differ; None when they do not."""
    if tuple(one) == tuple(other):
        return None
    shared = common_beginning(one, other)
    whole = sum(1 for mine, theirs in zip(shared, one, strict=False) if mine == theirs)
    return whole, len(shared[-1].content) if len(shared) > whole else 0


def _named(name: str | None) -> str:
    return (
        "no place at all"
        if name is None
        else "the history"
        if name == "history"
        else f"the variable {name!r}"
    )
