"""Make a follow-up question whole before it is searched, where it leans on the conversation.

"And on Linux?" finds nothing by itself. A prompt of the app writes the question out; whatever goes wrong with
that, the question is searched as it was asked.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from surefoot.answering.apps import App
from surefoot.answering.parts import Question
from surefoot.errors import SurefootError
from surefoot.models.control_tokens import without_control_tokens
from surefoot.prompts import Prompt
from surefoot.records import Completion, Message, Step, Usage

# Of the conversation, what the rewriting model gets to read.
TURNS, CHARACTERS = 4, 500
LONGEST_SECONDS = 20.0
LONGEST_QUESTION = 600
# A question of so few words leaves something out; one of these words stands for something said before.
FEW_WORDS = 4
LEANING = frozenset(
    """it its they them their theirs this that these those there here then he him his she her one ones same
    such former latter both either neither another other others else also instead again more""".split()
)
OPENING = re.compile(r"(?:and|but|or|so|what about|how about|why|what if|then|ok|okay|yes|no|thanks)\b")
WORD = re.compile(r"[^\W_]+")
MARK = re.compile(r" *\[[\d, ]+\]")
SPEAKERS = {"user": "User", "assistant": "Assistant"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """The text to search with, and what it took to write it: nothing where no model was asked."""

    text: str
    steps: tuple[Step, ...] = ()
    usage: Usage | None = None


def leans(question: Question) -> bool:
    """Whether a question may need its conversation to be understood; one in other letters always may."""
    if not question.history:
        return False
    words = WORD.findall(question.text.casefold())
    strange = any(not word.isascii() for word in words)
    opens = OPENING.match(question.text.strip().casefold()) is not None
    return strange or opens or len(words) <= FEW_WORDS or bool(LEANING & set(words))


async def to_search(app: App, question: Question, clock: Callable[[], float]) -> Searched:
    """The question as it is to be searched: written out where it leans on what was said before."""
    if app.rewrite is None or not leans(question):
        return Searched(text=question.text)
    begun = clock()
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            completion = await _written_out(app, app.rewrite, question)
    except (SurefootError, TimeoutError):
        completion = None
    seconds = clock() - begun
    text = "" if completion is None else " ".join(completion.text.split())
    usage = completion.usage if completion else None
    if not _is_a_question(text, question):
        return Searched(
            text=question.text, steps=(Step(name="rewrite, not used", seconds=seconds),), usage=usage
        )
    return Searched(text=text, steps=(Step(name="rewrite", seconds=seconds),), usage=usage)


async def _written_out(app: App, prompt: Prompt, question: Question) -> Completion | None:
    messages = without_control_tokens(
        prompt.render({"question": question.text, "turns": _turns(question.history)})
    )
    async with aclosing(app.model.stream(messages, prompt.sampling)) as parts:
        async for part in parts:
            if isinstance(part, Completion):
                return part
    return None


def _turns(history: Sequence[Message]) -> list[dict[str, str]]:
    return [
        {"speaker": SPEAKERS[turn.role], "text": MARK.sub("", turn.content)[:CHARACTERS]}
        for turn in history[-TURNS:]
        if turn.role in SPEAKERS and turn.content.strip()
    ]


def _is_a_question(text: str, question: Question) -> bool:
    """A model that answers, refuses or rambles has not written a question out."""
    asks = text.endswith(("?", "？")) or not question.text.rstrip().endswith(("?", "？"))
    return bool(text) and asks and len(text) <= LONGEST_QUESTION
