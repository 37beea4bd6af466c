"""What greedy answers to fixed prompts say about the weights behind them."""

import asyncio
from dataclasses import dataclass

from surefoot.models.chat import ChatModel, complete
from surefoot.records import Message, Sampling

# Chosen by trying ten: here models part at the first word, and one model agrees with itself throughout when
# its activations are rounded to INT8. Questions of fact, and openings to continue, tell models less apart.
# Changing a prompt, or the sampling, makes every recorded fingerprint worthless: take them anew.
FINGERPRINT_PROMPTS = (
    "Name three animals that live in cold places.",
    "Write a Python function that reverses a list.",
    "Tell me a story about a small blue door.",
)
FINGERPRINT_SAMPLING = Sampling(temperature=0.0, max_output_tokens=12, seed=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """The greedy answers of a model, one for each of FINGERPRINT_PROMPTS."""

    texts: tuple[str, ...]

    def similarity(self, other: "Fingerprint") -> float:
        """How far two fingerprints agree, from 0 to 1: the mean share of words before answers part.

        Greedy answers of the same weights part only where two words were nearly as likely and the hardware
        rounds differently; those of other weights part early. Symmetric, and 1 for equal texts.
        """
        answers = max(len(self.texts), len(other.texts))
        if not answers:
            return 1.0
        return sum(map(_common_share, self.texts, other.texts)) / answers


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedFingerprint:
    """A recorded fingerprint, and the similarity from which an answer counts as the same weights'."""

    fingerprint: Fingerprint
    threshold: float


async def take_fingerprint(chat: ChatModel) -> Fingerprint:
    """The model's greedy answers to the fixed prompts, asked at once to take a third of the time.

    Raises ModelError, and then leaves no question open.
    """
    try:
        async with asyncio.TaskGroup() as group:
            answers = [group.create_task(_answer(chat, prompt)) for prompt in FINGERPRINT_PROMPTS]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return Fingerprint(texts=tuple(answer.result() for answer in answers))


async def _answer(chat: ChatModel, prompt: str) -> str:
    completion = await complete(chat, [Message(role="user", content=prompt)], FINGERPRINT_SAMPLING)
    return completion.text


def _common_share(one: str, other: str) -> float:
    words, others = one.split(), other.split()
    if not words and not others:
        return 1.0
    common = 0
    for word, another in zip(words, others, strict=False):
        if word != another:
            break
        common += 1
    return common / max(len(words), len(others))
