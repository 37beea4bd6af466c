"""What a change of a prompt means: its source, the messages it makes, tokens, the cache, its contract."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from surefoot.answering import TokenCounter
from surefoot.changes.matching import Steps, changes, unified
from surefoot.changes.prefixes import Sharing, sentence, sharing_of
from surefoot.changes.samples import Sample, another
from surefoot.changes.versions import PROMPTS, PromptVersion
from surefoot.changes.word_diff import Piece, word_diff
from surefoot.errors import PromptError
from surefoot.prompts import ContractChange, Prompt, compare
from surefoot.records import Message

_SAME = "inputs, output and tools are the same"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDiff:
    """One message before and after; `role` is that of the side that has it."""

    role: str
    pieces: tuple[Piece, ...]

    @property
    def changed(self) -> bool:
        """Whether the two differ."""
        return any(piece.kind != "same" for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleDiff:
    """What the prompt makes of one sample, before and after. Tokens are None on a side that does not render.

    `fault` is why a side does not render, empty when both do.
    """

    sample: str
    messages: tuple[MessageDiff, ...]
    tokens_before: int | None
    tokens_after: int | None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptDiff:
    """A prompt before and after. `base` says in words what it is compared with.

    `loads` is False where the prompt as it is now has a fault. `counted_by` is "the served model's tokenizer"
    or "an estimate". `cache` is one sentence, empty where a side does not render. The digests are None on a
    side that does not load, or is not there.
    """

    name: str
    base: str
    before: str | None
    after: str | None
    faults: tuple[str, ...]
    loads: bool
    source: tuple[str, ...]
    samples: tuple[SampleDiff, ...]
    counted_by: str
    sharing_before: Sharing | None
    sharing_after: Sharing | None
    cache: str
    contract: ContractChange | None

    @property
    def same(self) -> bool:
        """Whether both mean the same: equal digests."""
        return self.before is not None and self.before == self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """A counter, and what it is called."""

    counter: TokenCounter
    called: str


async def diff_prompts(
    before: PromptVersion | None,
    after: PromptVersion | None,
    samples: Sequence[Sample],
    counting: Counting,
    *,
    base: str,
) -> PromptDiff:
    """Compare two versions of a prompt; None for a side on which it does not exist."""
    old, new = _prompt(before), _prompt(after)
    broken = after is not None and after.fault is not None  # its messages are not gone, they are unknown
    one, other = await _sharing(old, samples, counting), await _sharing(new, samples, counting)
    return PromptDiff(
        name=next(version.name for version in (after, before) if version is not None),
        base=base,
        before=None if old is None else old.digest,
        after=None if new is None else new.digest,
        faults=tuple(version.fault for version in (before, after) if version is not None and version.fault),
        loads=not broken,
        source=tuple(source_lines(before, after)),
        samples=tuple([await _sample_diff(old, new, sample, counting) for sample in samples if not broken]),
        counted_by=counting.called,
        sharing_before=one,
        sharing_after=other,
        cache="" if other is None else sentence(one, other),
        contract=None if old is None or new is None else contract_change(old, new),
    )


def source_lines(before: PromptVersion | None, after: PromptVersion | None) -> Iterator[str]:
    """A unified diff of the files that make the prompt, its own first."""
    old, new = ({} if version is None else dict(version.texts) for version in (before, after))
    broken = [version for version in (before, after) if version is not None and version.fault]
    # Of a version that does not load only its own file is known: its includes are not gone.
    names = dict.fromkeys(broken[0].texts if broken else [*new, *old])
    for name in sorted(names, key=lambda name: (name.startswith("_"), name)):
        called = tuple(f"{PROMPTS}/{name}" if name in side else "/dev/null" for side in (old, new))
        yield from unified(old.get(name, ""), new.get(name, ""), called=(called[0], called[1]))


def contract_change(before: Prompt, after: Prompt) -> ContractChange:
    """Whether the callers of one prompt can call the other."""
    change = compare(before.contract, after.contract)
    return change if change.reasons else ContractChange(compatible=True, reasons=(_SAME,))


def _prompt(version: PromptVersion | None) -> Prompt | None:
    return None if version is None else version.prompt


async def _sharing(prompt: Prompt | None, samples: Sequence[Sample], counting: Counting) -> Sharing | None:
    """What the first two samples' requests share, None where the prompt cannot be rendered with them."""
    if prompt is None or not samples:
        return None
    second = samples[1] if len(samples) > 1 else another(samples[0])
    try:
        return await sharing_of(prompt, samples[0], second, counting.counter)
    except PromptError:
        return None  # the sample's own part says why


async def _sample_diff(
    before: Prompt | None, after: Prompt | None, sample: Sample, counting: Counting
) -> SampleDiff:
    (old, why_old), (new, why_new) = _messages(before, sample), _messages(after, sample)
    return SampleDiff(
        sample=sample.name,
        messages=() if why_old or why_new else tuple(_message_diffs(old or (), new or ())),
        tokens_before=None if old is None else await counting.counter.count(old),
        tokens_after=None if new is None else await counting.counter.count(new),
        fault="; ".join(filter(None, (why_old, why_new))),
    )


def _messages(prompt: Prompt | None, sample: Sample) -> tuple[tuple[Message, ...] | None, str]:
    if prompt is None:
        return None, ""
    try:
        return prompt.render(sample.variables_of(prompt), history=sample.history), ""
    except PromptError as error:
        return None, error.message.replace(str(PurePath(prompt.file).parent), PROMPTS)


def _message_diffs(before: Sequence[Message], after: Sequence[Message]) -> Iterator[MessageDiff]:
    """The messages side by side: roles are matched first, then texts."""
    steps = Steps()
    old_roles, new_roles = ([str(message.role) for message in side] for side in (before, after))
    for tag, one, two, three, four in changes(old_roles, new_roles, steps):
        if tag == "equal":
            for old, new in zip(before[one:two], after[three:four], strict=True):
                yield MessageDiff(role=new.role, pieces=word_diff(old.content, new.content, steps))
            continue
        for message in before[one:two]:
            yield MessageDiff(role=message.role, pieces=word_diff(message.content, "", steps))
        for message in after[three:four]:
            yield MessageDiff(role=message.role, pieces=word_diff("", message.content, steps))
