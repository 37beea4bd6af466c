"""The client libraries that people use work against the service unmodified."""

import asyncio

import openai
import pytest
from langchain_openai import ChatOpenAI
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike
from tests.api.serving import Running

KEY = "none-needed-on-loopback"
ANSWER = "Nine litres [1]."


def client(running: Running) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0)


def test_openais_client_gets_a_completion(running: Running) -> None:
    with client(running) as api:
        done = api.chat.completions.create(
            model="handbook", messages=[{"role": "user", "content": "How much?"}], temperature=0
        )

    assert done.choices[0].message.content == ANSWER and done.usage is not None
    assert done.model_extra is not None and done.model_extra["surefoot"]["ignored"] == ["temperature"]


def test_openais_client_streams_with_usage(running: Running) -> None:
    with client(running) as api:
        chunks = list(
            api.chat.completions.create(
                model="handbook",
                messages=[{"role": "user", "content": "How much?"}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )

    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens == 3
    assert chunks[-2].model_extra is not None and "release" in chunks[-2].model_extra["surefoot"]


def test_openais_client_lists_the_apps(running: Running) -> None:
    with client(running) as api:
        assert [model.id for model in api.models.list()] == ["handbook"]


def test_openais_client_raises_its_own_errors(running: Running) -> None:
    with client(running) as api:
        with pytest.raises(openai.NotFoundError, match="handbook"):
            api.chat.completions.create(model="no", messages=[{"role": "user", "content": "x"}])
        with pytest.raises(openai.BadRequestError) as refused:
            api.chat.completions.create(
                model="handbook", messages=[{"role": "user", "content": "x"}], logprobs=True
            )
    assert refused.value.param == "logprobs"


def test_openais_asynchronous_client_completes_and_streams(running: Running) -> None:
    async def ask() -> tuple[str | None, str]:
        async with openai.AsyncOpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0) as api:
            whole = await api.chat.completions.create(
                model="handbook", messages=[{"role": "user", "content": "How much?"}]
            )
            streamed = ""
            async for chunk in await api.chat.completions.create(
                model="handbook", messages=[{"role": "user", "content": "How much?"}], stream=True
            ):
                streamed += chunk.choices[0].delta.content or ""
            return whole.choices[0].message.content, streamed

    assert asyncio.run(ask()) == (ANSWER, ANSWER)


def test_langchain_invokes_and_streams(running: Running) -> None:
    model = ChatOpenAI(model="handbook", base_url=f"{running.url}/v1", api_key=KEY, max_retries=0)

    assert model.invoke("How much?").content == ANSWER
    assert "".join(str(chunk.content) for chunk in model.stream("How much?")) == ANSWER


def test_llama_index_chats_and_streams(running: Running) -> None:
    model = OpenAILike(
        model="handbook", api_base=f"{running.url}/v1", api_key=KEY, is_chat_model=True, max_retries=0
    )
    messages = [ChatMessage(role="user", content="How much?")]

    assert model.chat(messages).message.content == ANSWER
    assert "".join(part.delta or "" for part in model.stream_chat(messages)) == ANSWER
