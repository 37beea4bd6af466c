"""Read OpenAI's chat request: the question, its history, and what an app cannot honour."""

from dataclasses import dataclass

from surefoot.answering import Question
from surefoot.api.authentication import Caller
from surefoot.api.bodies import kind_of, shortened
from surefoot.api.reaching import extras_of, reach_of
from surefoot.errors import RequestError
from surefoot.records import Message, Reach, Role

_IN_GIT = "an app's prompt lives in Git; send only user and assistant messages"
_REFUSED = {
    "tools": "an app's tools stand in its prompt, in Git; leave it out",
    "tool_choice": "an app's tools stand in its prompt, in Git; leave it out",
    "functions": "an app's tools stand in its prompt, in Git; leave it out",
    "function_call": "an app's tools stand in its prompt, in Git; leave it out",
    "logprobs": "an app's answer carries citations and scores, not log probabilities; leave it out",
    "top_logprobs": "an app's answer carries citations and scores, not log probabilities; leave it out",
    "audio": "an app answers with text alone; leave it out",
    "web_search_options": "an app answers from its documents alone; leave it out",
}
_HONOURED = frozenset(
    ("model", "messages", "stream", "stream_options", "n", "response_format", "modalities", "surefoot")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A chat request an app can answer. `ignored` names what was sent and has no effect."""

    question: Question
    stream: bool
    include_usage: bool
    ignored: tuple[str, ...]


def model_in(body: dict[str, object]) -> str:
    """The name in `model`."""
    model = body.get("model")
    if not isinstance(model, str):
        raise RequestError(
            f"the field 'model' is {shortened(model) if 'model' in body else 'missing'}",
            remedy="send an app's name as 'model'; GET /v1/models lists them",
            param="model",
        )
    return model


def chat_request(body: dict[str, object], caller: Caller) -> ChatRequest:
    """What the body asks an app for; RequestError names what an app cannot do."""
    _refuse_what_an_app_cannot(body)
    stream = _flag(body, "stream")
    options = body.get("stream_options")
    if options is not None and not isinstance(options, dict):
        raise RequestError(
            f"the field 'stream_options' is {kind_of(options)}, not an object",
            remedy='send {"include_usage": true}, or leave it out',
            param="stream_options",
        )
    return ChatRequest(
        question=_question(body.get("messages"), reach_of(caller, extras_of(body), param="surefoot.filters")),
        stream=stream,
        include_usage=stream and _flag(options or {}, "include_usage"),
        ignored=tuple(sorted(key[:100] for key in body.keys() - _HONOURED if not _asks_nothing(body[key]))),
    )


def _refuse_what_an_app_cannot(body: dict[str, object]) -> None:
    for name, remedy in _REFUSED.items():
        if not _asks_nothing(body.get(name)) and body[name] not in (0, "none"):
            raise RequestError(f"an app cannot take {name!r}", remedy=remedy, param=name)
    if body.get("n") not in (None, 1):
        raise RequestError(
            f"an app gives one answer, and 'n' asks for {shortened(body['n'])}",
            remedy="leave 'n' out, or send 1",
            param="n",
        )
    response_format = body.get("response_format")
    if response_format is not None and response_format != {"type": "text"}:
        raise RequestError(
            "an app answers in the form its prompt declares",
            remedy='leave "response_format" out, or send {"type": "text"}',
            param="response_format",
        )
    if body.get("modalities") not in (None, ["text"]):
        raise RequestError(
            "an app answers with text alone", remedy='leave "modalities" out', param="modalities"
        )


def _asks_nothing(value: object) -> bool:
    """Whether a value is what some client libraries send in place of leaving a field out."""
    return value is None or value is False or value in ([], {})


def _flag(fields: dict[str, object], name: str) -> bool:
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise RequestError(
        f"the field {name!r} is {shortened(value)}, not true or false",
        remedy=f"send {name!r} as true or false",
        param=name,
    )


def _question(messages: object, reach: Reach) -> Question:
    if not isinstance(messages, list) or not messages:
        raise RequestError(
            "the field 'messages' holds no messages",
            remedy='send a list that ends with {"role": "user", "content": "<the question>"}',
            param="messages",
        )
    turns = tuple(_turn(message, f"messages[{place}]") for place, message in enumerate(messages))
    last = turns[-1]
    if last.role != "user":
        raise RequestError(
            f"the last message is from {last.role!r}, so there is no question",
            remedy="end the messages with one from the user",
            param=f"messages[{len(turns) - 1}].role",
        )
    return question_of(last.content, turns[:-1], param=f"messages[{len(turns) - 1}].content", reach=reach)


def question_of(text: str, history: tuple[Message, ...], *, param: str, reach: Reach) -> Question:
    """A question that is not blank."""
    if not text.strip():
        raise RequestError("the question is empty", remedy=f"put the question into {param!r}", param=param)
    return Question(text=text, history=history, reach=reach)


def _turn(message: object, where: str) -> Message:
    if not isinstance(message, dict):
        raise RequestError(
            f"{where} is {kind_of(message)}, not an object",
            remedy='send {"role": ..., "content": ...}',
            param=where,
        )
    return Message(
        role=_role(message.get("role"), f"{where}.role"),
        content=_content(message.get("content"), f"{where}.content"),
    )


def _role(role: object, where: str) -> Role:
    if role == "user":
        return "user"
    if role == "assistant":
        return "assistant"
    if role in ("system", "developer"):
        raise RequestError(
            f"{where} is {role!r}, and callers set no system prompt", remedy=_IN_GIT, param=where
        )
    raise RequestError(f"{where} is {shortened(role)}", remedy="use 'user' or 'assistant'", param=where)


def _content(content: object, where: str) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise RequestError(
            f"{where} is {kind_of(content)}", remedy="send a string, or a list of text parts", param=where
        )
    return "".join(_text_part(part, f"{where}[{place}]") for place, part in enumerate(content))


def _text_part(part: object, where: str) -> str:
    if isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    raise RequestError(
        f"{where} is no text part, and apps read text alone",
        remedy='send {"type": "text", "text": "..."}',
        param=where,
    )
