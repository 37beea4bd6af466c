"""Our chat model as LangChain's: asked through our own client, so limits, watch and identity hold."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from operator import itemgetter
from typing import Annotated

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages import InvalidToolCall as InvalidCall
from langchain_core.messages import ToolCall as Call
from langchain_core.messages.ai import UsageMetadata
from langchain_core.output_parsers import BaseOutputParser, JsonOutputParser, PydanticOutputParser
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable, RunnablePassthrough
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, Field

from surefoot.answering import ChatModel
from surefoot.errors import InputError, ModelError
from surefoot.integrations.as_it_is import AS_IT_IS
from surefoot.integrations.langchain_prompts import from_langchain
from surefoot.integrations.waiting import running_loop, wait_for
from surefoot.models.control_tokens import without_control_tokens
from surefoot.prompts import json_of
from surefoot.records import Completion, Message, Sampling, TextDelta, Tool, ToolCall, Usage

ToolSource = Mapping[str, object] | type | Callable[..., object] | BaseTool


class SurefootChatModel(BaseChatModel):
    """Asks a chat model through surefoot's client. `sampling` is usually that of a prompt, `prompt.sampling`.

    Tokens stream, closing a stream frees the model, and errors are surefoot's. Messages are text of the
    system, the user and the model. Synchronous calls run on the event loop that it was made in.
    """

    model: Annotated[ChatModel, AS_IT_IS]
    sampling: Annotated[Sampling, AS_IT_IS] = Sampling()
    home: Annotated[asyncio.AbstractEventLoop | None, AS_IT_IS] = Field(default_factory=running_loop)

    @property
    def _llm_type(self) -> str:
        return "surefoot"

    def bind_tools(
        self, tools: Sequence[ToolSource], *, tool_choice: str | None = None, **kwargs: object
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The same model, which may ask for these tools; `tool_choice` "any" makes it ask for one."""
        _refuse(kwargs)
        choice = {None: "auto", "any": "required"}.get(tool_choice, tool_choice)
        sampling = replace(self.sampling, tools=tuple(map(_tool, tools)), tool_choice=choice or "auto")
        return self.model_copy(update={"sampling": sampling})

    def with_structured_output(
        self, schema: Mapping[str, object] | type, *, include_raw: bool = False, **kwargs: object
    ) -> Runnable[LanguageModelInput, dict[str, object] | BaseModel]:
        """The same model, held to a JSON Schema by the server, its answer read: a pydantic model or a dict.

        With `include_raw`, a dict of `raw`, `parsed` and `parsing_error`.
        """
        _refuse(kwargs)
        shape = convert_to_openai_tool(dict(schema) if isinstance(schema, Mapping) else schema)
        sampling = replace(self.sampling, output_schema=shape["function"]["parameters"], tools=())
        asked: Runnable[LanguageModelInput, AIMessage] = self.model_copy(update={"sampling": sampling})
        parser = _parser(schema)
        if not include_raw:
            return asked | parser
        good = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
        bad = RunnablePassthrough.assign(parsed=lambda _: None)
        return {"raw": asked} | good.with_fallbacks([bad], exception_key="parsing_error")

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> AsyncIterator[ChatGenerationChunk]:
        _refuse(kwargs)
        sent = without_control_tokens(from_langchain(messages))
        async with aclosing(self.model.stream(sent, _stopping(self.sampling, stop))) as parts:
            async for part in parts:
                chunk = _chunk(part)
                if run_manager is not None:
                    await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        _refuse(kwargs)
        sent = without_control_tokens(from_langchain(messages))
        return _result(await _whole(self.model, sent, _stopping(self.sampling, stop)))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: object,
    ) -> ChatResult:
        return wait_for(self._agenerate(messages, stop, None, **kwargs), self.home)


async def _whole(model: ChatModel, messages: Sequence[Message], sampling: Sampling) -> Completion:
    async with aclosing(model.stream(messages, sampling)) as parts:
        async for part in parts:
            if isinstance(part, Completion):
                return part
    raise ModelError("the model's stream ended before the answer did", remedy="see the model server's log")


def _refuse(unknown: Mapping[str, object]) -> None:
    if unknown:
        raise InputError(
            f"{', '.join(map(repr, unknown))} cannot be given with a call",
            remedy="sampling lives in the prompt: give the model another `sampling`",
        )


def _stopping(sampling: Sampling, stop: list[str] | None) -> Sampling:
    return replace(sampling, stop=(*sampling.stop, *stop)) if stop else sampling


def _parser(schema: Mapping[str, object] | type) -> "BaseOutputParser[dict[str, object] | BaseModel]":
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return PydanticOutputParser(pydantic_object=schema)
    return JsonOutputParser()


def _tool(source: ToolSource) -> Tool:
    """A tool in any form that LangChain knows, as ours."""
    said = convert_to_openai_tool(dict(source) if isinstance(source, Mapping) else source)["function"]
    return Tool(
        name=said["name"], description=said.get("description", ""), parameters=said.get("parameters", {})
    )


def _chunk(part: TextDelta | Completion) -> ChatGenerationChunk:
    """A piece of text; or the end, with everything but the text, which the pieces have."""
    if isinstance(part, TextDelta):
        return ChatGenerationChunk(message=AIMessageChunk(content=part.text))
    whole = _message(part)
    return ChatGenerationChunk(
        message=AIMessageChunk(
            content="",
            tool_calls=whole.tool_calls,
            invalid_tool_calls=whole.invalid_tool_calls,
            usage_metadata=whole.usage_metadata,
            response_metadata=whole.response_metadata,
            chunk_position="last",
        ),
        generation_info={"finish_reason": part.finish_reason},
    )


def _result(completion: Completion) -> ChatResult:
    info = {"finish_reason": completion.finish_reason}
    return ChatResult(generations=[ChatGeneration(message=_message(completion), generation_info=info)])


def _message(completion: Completion) -> AIMessage:
    read = [_call(call) for call in completion.tool_calls]
    return AIMessage(
        content=completion.text,
        tool_calls=[call for call in read if call["type"] == "tool_call"],
        invalid_tool_calls=[call for call in read if call["type"] == "invalid_tool_call"],
        usage_metadata=_usage(completion.usage),
        response_metadata={"finish_reason": completion.finish_reason},
    )


def _call(call: ToolCall) -> Call | InvalidCall:
    """The call with its arguments read; as the model wrote them, where they are no JSON object."""
    try:
        arguments = json_of(call.arguments)
    except ValueError as fault:
        return _unread(call, str(fault))
    if not isinstance(arguments, dict):
        return _unread(call, "the arguments are no JSON object")
    return Call(type="tool_call", id=call.id, name=call.name, args=arguments)


def _unread(call: ToolCall, why: str) -> InvalidCall:
    return InvalidCall(type="invalid_tool_call", id=call.id, name=call.name, args=call.arguments, error=why)


def _usage(usage: Usage | None) -> UsageMetadata | None:
    if usage is None:
        return None
    return UsageMetadata(
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.output_tokens,
        total_tokens=usage.prompt_tokens + usage.output_tokens,
    )
