"""A prompt as the other rooms see it: what it declares, its digests, and its messages for given variables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from surefoot.errors import PromptError
from surefoot.prompts.declarations import Budget
from surefoot.prompts.templates import PromptTemplate
from surefoot.prompts.variables import Variable, fill
from surefoot.records import Json, Message, Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One prompt file, read and compiled.

    `digest` names all that decides the messages and how they are sampled; `contract_digest` only what callers
    must know: input and output. Both are 64 hex digits. `file` is the path as a reader would type it, and
    `files` are the names, within its folder, of that file and its includes. `output_schema` is a JSON Schema
    when `output_format` is "json".
    """

    name: str
    description: str
    owners: tuple[str, ...]
    suites: tuple[str, ...]
    model_alias: str
    sampling: Sampling
    variables: tuple[Variable, ...]
    budget: Budget
    output_format: Literal["text", "json"]
    output_schema: Mapping[str, Json] | None
    digest: str
    contract_digest: str
    file: str
    files: tuple[str, ...]
    template: PromptTemplate = field(repr=False, compare=False)

    def render(
        self, variables: Mapping[str, object], *, history: Sequence[Message] = ()
    ) -> tuple[Message, ...]:
        """The messages for these variables, with the earlier user and assistant turns at `{% history %}`.

        Each message loses the blank lines at its start and the white space at its end; history is inserted
        as it is. Passages are objects with `text`, `source` and `headings`. Raises PromptError.
        """
        for message in history:
            if not isinstance(message, Message) or message.role not in ("user", "assistant"):
                role = getattr(message, "role", type(message).__name__)
                raise PromptError(
                    f"history holds a message of the role {role!r}",
                    remedy="Give only Messages of 'user' and 'assistant'.",
                    file=self.file,
                )
        return self.template.render(fill(self.variables, variables, file=self.file), history)
