"""A prompt with the types of its contract, as the modules have it that `surefoot prompt stub` writes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Generic, NotRequired, Protocol, TypeAlias, TypedDict, TypeVar, cast

from surefoot.errors import ModelOutputError, PromptError
from surefoot.prompts.loading import load
from surefoot.prompts.output import json_of, output_fault
from surefoot.prompts.prompt import Prompt
from surefoot.records import Json, Message


class GivenPassage(TypedDict):
    """A passage as a mapping."""

    text: str
    source: NotRequired[str]
    headings: NotRequired[Sequence[str]]


class PassageObject(Protocol):
    """A passage as an object, like `surefoot.records.Passage`."""

    @property
    def text(self) -> str:
        """What it says."""

    @property
    def source(self) -> str:
        """The document it is from."""

    @property
    def headings(self) -> Sequence[str]:
        """The headings above it."""


Passages: TypeAlias = Sequence[GivenPassage | PassageObject]
Turns: TypeAlias = Sequence[Message | Mapping[str, object]]

InputT = TypeVar("InputT", bound=Mapping[str, object])
OutputT = TypeVar("OutputT")


class TypedPrompt(Generic[InputT, OutputT]):
    """A loaded prompt that renders inputs of one type, and reads answers as another.

    Raises PromptError when the file's contract is not the one that the types were made of.
    """

    def __init__(self, folder: Path, name: str, *, contract: str) -> None:
        self.prompt: Prompt = load(folder / f"{name}.prompt.md")
        if self.prompt.contract_digest != contract:
            raise PromptError(
                f"the contract is {self.prompt.contract_digest[:12]}, and this code is for {contract[:12]}",
                remedy="Write it anew with `surefoot prompt stub --out FILE`, and run the type checker.",
                file=self.prompt.file,
            )

    def render(self, inputs: InputT, *, history: Turns = ()) -> tuple[Message, ...]:
        """The messages for these inputs, as `Prompt.render` makes them."""
        return self.prompt.render(inputs, history=history)

    def request(self, inputs: InputT, *, history: Turns = ()) -> dict[str, Json]:
        """What an OpenAI client's `chat.completions.create` takes, all but `model`."""
        return self.prompt.request(inputs, history=history)

    def read(self, answer: str) -> OutputT:
        """The answer as the prompt declares it: the text itself, or the value that its JSON says.

        Raises ModelOutputError for JSON that does not fit the schema.
        """
        if self.prompt.output_schema is None:
            return cast(OutputT, answer)
        fault = output_fault(self.prompt.sampling, answer, ())
        if fault is not None:
            raise ModelOutputError(fault, remedy="Ask again, or give the model an easier schema.")
        return cast(OutputT, json_of(answer))
