"""Keep the prompt within its token budget: leave out what the prompt says may go, in the order it says."""

from collections.abc import Iterator, Mapping, Sequence

from surefoot.answering.apps import App, TokenCounter
from surefoot.answering.parts import Question
from surefoot.errors import RequestError
from surefoot.models.control_tokens import without_control_tokens
from surefoot.prompts import Prompt
from surefoot.records import Message, RankedPassage

_PASSAGES = "passages"
_HISTORY = "history"


async def render_within_budget(
    app: App, question: Question, found: Sequence[RankedPassage]
) -> tuple[tuple[Message, ...], tuple[RankedPassage, ...]]:
    """The messages to send for a question, and the passages they show. Raises RequestError."""
    return await fit_into_budget(
        app.prompt, app.counter, values=_known(app, question), found=tuple(found), history=question.history
    )


async def fit_into_budget(
    prompt: Prompt,
    counter: TokenCounter,
    *,
    values: Mapping[str, object],
    found: tuple[RankedPassage, ...],
    history: tuple[Message, ...],
) -> tuple[tuple[Message, ...], tuple[RankedPassage, ...]]:
    """The messages of any prompt for these values, and the passages they show.

    Everything together is counted first; only when it is too much is less tried, in the order of the budget's
    `drop`: passages go one by one, the worst first, and earlier turns by pairs, the oldest first. Raises
    RequestError when not even what is left then fits.
    """
    budget = prompt.budget
    for shown, earlier in _ever_less(found, history, budget.drop):
        messages = _rendered(prompt, values, shown, earlier)
        tokens = await counter.count(messages, prompt.tools)
        if tokens <= budget.max_prompt_tokens:
            return messages, shown
    raise RequestError(
        f"the question and its history take {tokens} tokens, and the prompt "
        f"{prompt.name!r} allows {budget.max_prompt_tokens}",
        remedy="ask a shorter question, or send fewer earlier turns",
        param="messages",
    )


def render(app: App, question: Question, shown: Sequence[RankedPassage]) -> tuple[Message, ...]:
    """The app's prompt over these passages; it gets those of the three variables that it declares."""
    return _rendered(app.prompt, _known(app, question), shown, question.history)


def _known(app: App, question: Question) -> Mapping[str, object]:
    known = {"question": question.text, "abstention": app.manifest.abstention}
    declared = {variable.name for variable in app.prompt.variables}
    return {name: value for name, value in known.items() if name in declared}


def _rendered(
    prompt: Prompt,
    values: Mapping[str, object],
    shown: Sequence[RankedPassage],
    history: Sequence[Message],
) -> tuple[Message, ...]:
    takes_passages = any(variable.name == _PASSAGES for variable in prompt.variables)
    passages = {_PASSAGES: [ranked.passage for ranked in shown]} if takes_passages else {}
    return without_control_tokens(prompt.render({**values, **passages}, history=history))


def _ever_less(
    shown: tuple[RankedPassage, ...], history: tuple[Message, ...], drop: Sequence[str]
) -> Iterator[tuple[tuple[RankedPassage, ...], tuple[Message, ...]]]:
    """All of it, then less and less, until nothing is left that may go."""
    yield shown, history
    for name in drop:
        while name == _PASSAGES and shown:
            shown = shown[:-1]
            yield shown, history
        while name == _HISTORY and history:
            history = _without_the_oldest(history)
            yield shown, history


def _without_the_oldest(history: tuple[Message, ...]) -> tuple[Message, ...]:
    """The turns from the second question on: an answer without its question would be out of place."""
    later = (at for at, message in enumerate(history) if at and message.role == "user")
    return history[next(later, len(history)) :]
