"""Our prompts as LangChain's prompt templates, and messages from one form to the other."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.prompts.chat import BaseChatPromptTemplate

from surefoot.errors import PromptError
from surefoot.integrations.as_it_is import AS_IT_IS
from surefoot.prompts import Prompt
from surefoot.prompts.variables import ShownPassage
from surefoot.records import Message, Role

HISTORY = "history"

_ROLES: Mapping[str, Role] = {"system": "system", "human": "user", "ai": "assistant"}
_KINDS: Mapping[Role, type[BaseMessage]] = {
    "system": SystemMessage,
    "user": HumanMessage,
    "assistant": AIMessage,
}


def to_chat_prompt_template(prompt: Prompt) -> "SurefootPromptTemplate":
    """The prompt as LangChain composes it: fill it, `partial` it, pipe it into a model.

    It renders by surefoot's own renderer, so its messages are the ones the service would send. Passages may
    be LangChain's Documents; earlier turns are given as `history`, where the prompt shows them.
    """
    optional = [variable.name for variable in prompt.variables if not variable.required]
    types: dict[str, object] = {
        variable.name: list[object] for variable in prompt.variables if variable.kind == "passages"
    }
    if prompt.shows_history:
        optional.append(HISTORY)
        types[HISTORY] = list[AnyMessage]
    return SurefootPromptTemplate(
        prompt=prompt,
        input_variables=[variable.name for variable in prompt.variables if variable.required],
        optional_variables=optional,
        input_types=types,
    )


class SurefootPromptTemplate(BaseChatPromptTemplate):
    """One of our prompts; `to_chat_prompt_template` makes it. Raises PromptError like the prompt itself."""

    prompt: Annotated[Prompt, AS_IT_IS]

    @property
    def _prompt_type(self) -> str:
        return "surefoot"

    def format_messages(self, **kwargs: object) -> list[BaseMessage]:
        """The messages for these variables, and for earlier turns under `history`."""
        given = dict(self._merge_partial_and_user_variables(**kwargs))
        history = given.pop(HISTORY, ())
        if not isinstance(history, Sequence) or isinstance(history, str):
            raise PromptError(
                f"history is a {type(history).__name__}", remedy="give earlier turns as a list of messages"
            )
        values = {name: with_passages(value) for name, value in given.items()}
        return to_langchain(self.prompt.render(values, history=from_langchain(history)))

    def pretty_repr(self, html: bool = False) -> str:
        """The prompt's file and digest: its text is there to be read."""
        return f"{self.prompt.file} ({self.prompt.digest[:12]})"


def with_passages(value: object) -> object:
    """The value, where it holds LangChain's Documents with passages in their place."""
    if isinstance(value, list | tuple):
        return [_passage(item) if isinstance(item, Document) else item for item in value]
    return value


def to_langchain(messages: Sequence[Message]) -> list[BaseMessage]:
    """Our messages as LangChain's."""
    return [_KINDS[message.role](content=message.content) for message in messages]


def from_langchain(messages: Sequence[object]) -> tuple[Message, ...]:
    """LangChain's messages as ours. PromptError for what is not text of the system, a user or a model."""
    return tuple(message if isinstance(message, Message) else _message(message) for message in messages)


def _message(message: object) -> Message:
    kind = message.type if isinstance(message, BaseMessage) else type(message).__name__
    if not isinstance(message, BaseMessage) or kind not in _ROLES:
        raise PromptError(
            f"a message of the kind {kind!r} cannot be sent",
            remedy="give SystemMessage, HumanMessage and AIMessage, or roles of these names",
        )
    if not isinstance(message.content, str) and any(
        isinstance(block, dict) and block.get("type") != "text" for block in message.content
    ):
        raise PromptError(
            f"a message of the kind {kind!r} holds more than text", remedy="give its text alone"
        )
    return Message(role=_ROLES[kind], content=str(message.text))


def _passage(document: Document) -> ShownPassage:
    """What a template reads of a passage, from any Document with text."""
    headings = document.metadata.get("headings", ())
    return ShownPassage(
        text=document.page_content,
        source=str(document.metadata.get("source", "")),
        headings=tuple(str(heading) for heading in headings) if isinstance(headings, list | tuple) else (),
    )
