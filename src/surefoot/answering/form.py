"""Hold an answer to the form that its prompt declares, and read the texts in it."""

from collections.abc import Iterator

from surefoot.errors import ModelOutputError
from surefoot.prompts import Prompt, json_of, output_fault
from surefoot.records import Completion, Json


def check_form(prompt: Prompt, completion: Completion) -> None:
    """Raise ModelOutputError, with what to do, for an answer or a tool call that does not fit."""
    fault = output_fault(prompt.sampling, completion.text, completion.tool_calls)
    if fault is None:
        return
    if completion.finish_reason == "length":
        raise ModelOutputError(
            f"the model was cut off after {prompt.sampling.max_output_tokens} tokens, so {fault}",
            remedy=f"raise model.max_output_tokens in {prompt.file}, or ask for less",
        )
    raise ModelOutputError(
        f"the model did not keep to the form that the prompt {prompt.name!r} declares: {fault}",
        remedy="ask again; if it stays so, check that the model server honours response_format and tools",
    )


def texts_in(prompt: Prompt, completion: Completion) -> tuple[str, ...]:
    """The texts a reader sees: the answer itself, or, where it is JSON, every text in it."""
    if prompt.output_schema is None or completion.tool_calls:
        return (completion.text,)
    return tuple(_texts(json_of(completion.text)))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
