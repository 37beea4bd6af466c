"""Keep the prompt within its token budget by showing fewer passages, worst first."""

from collections.abc import Sequence

from surefoot.answering.apps import App, Question
from surefoot.errors import RequestError
from surefoot.models.control_tokens import without_control_tokens
from surefoot.records import Message, RankedPassage


async def render_within_budget(
    app: App, question: Question, found: Sequence[RankedPassage]
) -> tuple[tuple[Message, ...], tuple[RankedPassage, ...]]:
    """The messages to send, and the passages they show: the longest prefix of `found` that fits.

    The tokens of all passages together are counted first; only when they are too many are
    shorter prefixes tried. Raises RequestError when not even the question alone fits.
    """
    shown = tuple(found)
    most = app.prompt.budget.max_prompt_tokens
    while True:
        messages = render(app, question, shown)
        tokens = await app.counter.count(messages)
        if tokens <= most:
            return messages, shown
        if not shown or app.prompt.budget.drop != "passages":
            raise RequestError(
                f"the question and its history take {tokens} tokens, and the prompt "
                f"{app.prompt.name!r} allows {most}",
                remedy="ask a shorter question, or send fewer earlier turns",
                param="messages",
            )
        shown = shown[:-1]


def render(app: App, question: Question, shown: Sequence[RankedPassage]) -> tuple[Message, ...]:
    """The app's prompt over these passages."""
    declared = {
        "question": question.text,
        "passages": [ranked.passage for ranked in shown],
        "abstention": app.manifest.abstention,
    }
    return without_control_tokens(app.prompt.render(declared, history=question.history))
