"""A prompt as the other rooms see it: what it declares, its digests, and its messages for given variables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from surefoot.errors import PromptError
from surefoot.prompts.declarations import Budget
from surefoot.prompts.templates import PromptTemplate
from surefoot.prompts.variables import Trust, Variable, fill
from surefoot.records import Json, Message, Sampling, Tool
from surefoot.records.chat_form import chat_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt file, read and compiled.

    `name` is "<name>", or "<name>.<variant>" for a variant. `digest` names all that decides the messages and
    how they are sampled; `contract` is what callers must know of input, output and tools, and
    `contract_digest` names that. Both digests are 64 hex digits. `file` is the path as a reader would type
    it, and `files` are the names, within its folder, of that file and its includes; `includes` has the
    SHA-256 of each include's text. `trust` says of every variable where its text comes from.
    """

    name: str
    variant: str | None
    description: str
    owners: tuple[str, ...]
    suites: tuple[str, ...]
    model_alias: str
    sampling: Sampling
    variables: tuple[Variable, ...]
    trust: Mapping[str, Trust]
    budget: Budget
    digest: str
    contract: Mapping[str, Json]
    contract_digest: str
    includes: Mapping[str, str]
    file: str
    files: tuple[str, ...]
    template: PromptTemplate = field(repr=False, compare=False)

    @property
    def shows_history(self) -> bool:
        """Whether earlier turns have a place in its messages."""
        return self.template.shows_history

    @property
    def output_format(self) -> Literal["text", "json"]:
        """What the model is to answer."""
        return "text" if self.sampling.output_schema is None else "json"

    @property
    def output_schema(self) -> Mapping[str, Json] | None:
        """The JSON Schema that an answer must fit, when it is to be JSON."""
        return self.sampling.output_schema

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools that the model may ask for."""
        return self.sampling.tools

    @property
    def tool_choice(self) -> str:
        """Either "auto", "required", "none", or the name of the one tool to be called."""
        return self.sampling.tool_choice

    def render(
        self, variables: Mapping[str, object], *, history: Sequence[Message | Mapping[str, object]] = ()
    ) -> tuple[Message, ...]:
        """The messages for these variables, with the earlier user and assistant turns at `{% history %}`.

        Each message loses the blank lines at its start and the white space at its end; history is inserted
        as it is. Passages are objects with `text`, `source` and `headings`, or mappings of which `text` alone
        must be there; an earlier turn is a Message, or a mapping of `role` and `content`. Raises PromptError.
        """
        turns = [self._turn(message) for message in history]
        return self.template.render(fill(self.variables, variables, file=self.file), turns)

    def request(
        self, variables: Mapping[str, object], *, history: Sequence[Message | Mapping[str, object]] = ()
    ) -> dict[str, Json]:
        """What an OpenAI client's `chat.completions.create` takes, all but `model`.

        The messages for these variables, and the sampling, output form and tools that the prompt declares.
        """
        return chat_fields(self.render(variables, history=history), self.sampling)

    def __deepcopy__(self, memo: Mapping[int, object]) -> "Prompt":
        """The prompt itself: it never changes, and frameworks copy whatever holds one."""
        return self

    def _turn(self, message: object) -> Message:
        """An earlier turn, which only a user or an assistant can have taken."""
        role, content = getattr(message, "role", type(message).__name__), getattr(message, "content", None)
        if isinstance(message, Mapping):
            role, content = message.get("role"), message.get("content")
        if role not in ("user", "assistant") or not isinstance(content, str):
            raise PromptError(
                f"history holds a message of the role {role!r}",
                remedy="Give only turns of 'user' and 'assistant', each with its text.",
                file=self.file,
            )
        return Message(role="user" if role == "user" else "assistant", content=content)
