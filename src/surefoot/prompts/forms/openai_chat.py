"""A prompt as an OpenAI chat request, and back. A request has messages and no variables: text is text there.

So what comes in is text to the last brace, but for the names that are said to be variables; what goes out has
`{{ name }}` where the calling code must put a value.
"""

from collections.abc import Iterator, Mapping

from surefoot.errors import PromptError
from surefoot.prompts.forms.chat_text import ReadMessage, body_of, braced_names, of_text, with_braces
from surefoot.prompts.forms.jinja_text import plain_jinja_text
from surefoot.prompts.forms.parts import Earlier, Parts, Turn, parts_of
from surefoot.prompts.forms.values import (
    USUAL_BUDGET,
    Exported,
    Imported,
    Wanted,
    declared_trust,
    file_text,
    front_of,
    imported_sampling,
    imported_tools,
    mapping,
    of_one_form,
    sequence,
    without_unknown,
)
from surefoot.prompts.prompt import Prompt
from surefoot.prompts.schemas import OUTPUT_KEYWORDS
from surefoot.records import Json
from surefoot.records.chat_form import chat_fields

PARAMETERS = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "seed": "seed",
    "stop": "stop",
}
_NOT_PARAMETERS = ("messages", "model", "response_format", "tools", "tool_choice", "stream", "stream_options")
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


def to_openai(prompt: Prompt) -> Exported:
    """The prompt as a chat completion request."""
    parts, lost_parts = parts_of(prompt)
    lost = [*lost_parts, *_never_carried(prompt)]
    messages: list[Json] = [*_exported_messages(parts, lost)]
    rest = {key: value for key, value in chat_fields((), prompt.sampling).items() if key != "messages"}
    value: dict[str, Json] = {"model": prompt.model_alias, "messages": messages, **rest}
    return Exported(value=value, lost=tuple(dict.fromkeys(lost)))


def from_openai(value: Json, wanted: Wanted) -> Imported:
    """A prompt file of a request, or of its list of messages alone; PromptError when it is neither."""
    request: Mapping[str, Json] = {"messages": value} if isinstance(value, list) else mapping(value)
    lost: list[str] = []
    read = [one for message in sequence(request.get("messages")) for one in _read(message, wanted, lost)]
    if not read:
        raise PromptError(
            "there is no message with a text",
            remedy='Import a chat request, like {"messages": [{"role": "user", "content": "..."}]}.',
        )
    body, variables = body_of(read, lost)
    given = {key: item for key, item in request.items() if key not in _NOT_PARAMETERS}
    keys: dict[str, Json] = {
        "model": {
            "alias": wanted.alias(request.get("model"), lost),
            **imported_sampling(given, PARAMETERS, lost),
        },
        "input": variables,
        "output": imported_output(request.get("response_format"), lost),
        **imported_tools(request.get("tools"), request.get("tool_choice"), lost),
        "budget": {"max_prompt_tokens": USUAL_BUDGET},
    }
    return Imported(
        text=file_text(front_of(wanted, **of_one_form(keys, lost)), body), lost=tuple(dict.fromkeys(lost))
    )


def imported_output(given: Json, lost: list[str]) -> Json:
    """`output` for a request's `response_format`."""
    wanted = mapping(given)
    schema = mapping(wanted.get("json_schema")).get("schema")
    if schema is not None:
        return {"format": "json", "schema": without_unknown(schema, OUTPUT_KEYWORDS, "the output", lost)}
    if wanted.get("type") not in (None, "text"):
        lost.append(
            f"the response format {wanted.get('type')!r}, which has no schema: the output is text here"
        )
    return {"format": "text"}


def _never_carried(prompt: Prompt) -> Iterator[str]:
    yield f"the model: {prompt.model_alias!r} is what this project calls it, so write your provider's name"
    yield f"the budget of {prompt.budget.max_prompt_tokens} tokens"
    for what, there in (
        ("the description", prompt.description),
        ("the owners", prompt.owners),
        ("where the text of variables comes from (trust)", declared_trust(prompt)),
        ("the suites", prompt.suites),
    ):
        if there:
            yield what
    for variable in prompt.variables:
        yield f"the variable {variable.name!r}: your code puts its value in the place of its name"
    for name in prompt.includes:
        yield f"the include {name!r}, which is written out"


def _exported_messages(parts: Parts, lost: list[str]) -> Iterator[Json]:
    for part in parts:
        if isinstance(part, Turn):
            content = with_braces(part.body)
            if content is None:
                content = plain_jinja_text(part.body)
                lost.append(f"the {part.role} message is a template in Jinja2, for your code to render")
            yield {"role": part.role, "content": content}
        elif isinstance(part, Earlier):
            lost.append("the place of the earlier turns")
        else:
            lost.append("messages within a loop or a condition")


def _read(message: Json, wanted: Wanted, lost: list[str]) -> Iterator[ReadMessage]:
    given = mapping(message)
    said = str(given.get("role", "user"))
    if said not in _ROLES:
        lost.append(f"a message of the role {said!r}")
        return
    for key in given.keys() - {"role", "content", "refusal", "annotations", "audio"}:
        lost.append(f"the key {key!r} of a message of the role {said!r}")
    text = text_of_content(given.get("content"), lost)
    for name in braced_names(text):
        if name not in wanted.variables:
            lost.append(f"{{{{ {name} }}}} stands as text: with --variable {name} it is an input")
    if text.strip():
        yield of_text(_ROLES[said], text, wanted.variables)


def text_of_content(content: Json, lost: list[str]) -> str:
    """The text of a message's content, which may be a list of typed parts."""
    if isinstance(content, str):
        return content
    texts: list[str] = []
    for part in map(mapping, sequence(content)):
        if part.get("type", "text") == "text":
            texts.append(str(part.get("text", "")))
        else:
            lost.append(f"content of the type {part.get('type')!r}")
    return "\n".join(texts)
