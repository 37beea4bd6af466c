"""What surefoot relies on in a chat server, held against the fake and, when one is given, a real vLLM."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import pytest
from tests.fakes.model_server import running_model_server

from surefoot.errors import ModelError
from surefoot.models import Limits, complete
from surefoot.models.openai_chat import OpenAIChat
from surefoot.models.server_token_counter import ServerTokenCounter
from surefoot.records import Completion, Json, Message, Sampling, TextDelta, Tool, ToolCall

REAL_URL = os.environ.get("SUREFOOT_TEST_CHAT_URL")
# For a vLLM that was started with --enable-auto-tool-choice and --tool-call-parser.
REAL_PARSES_TOOLS = os.environ.get("SUREFOOT_TEST_CHAT_TOOLS") == "true"
QUESTION = [
    Message(role="system", content="You answer in one short sentence."),
    Message(role="user", content="What do bees make?"),
]
VERDICT: dict[str, Json] = {
    "type": "object",
    "properties": {"sweet": {"type": "boolean"}, "maker": {"type": "string", "enum": ["bee", "wasp"]}},
    "required": ["sweet", "maker"],
    "additionalProperties": False,
}
LOOK_UP = Tool(
    name="look_up",
    description="Look a word up",
    parameters={
        "type": "object",
        "properties": {"word": {"type": "string", "minLength": 1, "maxLength": 12}},
        "required": ["word"],
        "additionalProperties": False,
    },
)
Result = TypeVar("Result")


class ChatServerContract:
    """Each test asks the server at the `url` that a subclass's fixture gives."""

    def ask(self, url: str, work: Callable[[OpenAIChat], Awaitable[Result]]) -> Result:
        async def asked() -> Result:
            limits = Limits(first_token_seconds=300, idle_seconds=300)
            async with OpenAIChat(base_url=url, model="chat", limits=limits) as chat:
                return await work(chat)

        return asyncio.run(asked())

    def test_text_comes_in_pieces_and_ends_in_one_completion(self, url: str) -> None:
        pieces = self.ask(url, lambda chat: pieces_of(chat, QUESTION, Sampling(max_output_tokens=12)))

        *texts, completion = pieces
        assert isinstance(completion, Completion)
        assert len(texts) > 1
        assert completion.text == "".join(piece.text for piece in texts if isinstance(piece, TextDelta))
        assert completion.finish_reason in ("stop", "length")
        assert completion.usage is not None
        assert 0 < completion.usage.output_tokens <= 12
        assert 0 < completion.first_token_seconds <= completion.total_seconds

    def test_the_output_limit_ends_the_answer_with_its_reason(self, url: str) -> None:
        completion = self.ask(url, lambda chat: complete(chat, QUESTION, Sampling(max_output_tokens=2)))

        assert completion.finish_reason == "length"
        assert completion.usage is not None
        assert completion.usage.output_tokens == 2

    def test_greedy_answers_are_the_same_twice(self, url: str) -> None:
        async def twice(chat: OpenAIChat) -> tuple[str, str]:
            sampling = Sampling(max_output_tokens=4, seed=7, stop=("zzz",))
            return (
                (await complete(chat, QUESTION, sampling)).text,
                (await complete(chat, QUESTION, sampling)).text,
            )

        first, second = self.ask(url, twice)
        assert first == second

    def test_json_fits_the_schema_that_is_asked_for(self, url: str) -> None:
        sampling = Sampling(max_output_tokens=60, output_schema=VERDICT)
        completion = self.ask(url, lambda chat: complete(chat, QUESTION, sampling))

        said = json.loads(completion.text)
        assert completion.finish_reason == "stop"
        assert said.keys() == {"sweet", "maker"} and said["maker"] in ("bee", "wasp")
        assert isinstance(said["sweet"], bool)

    def test_the_served_names_are_listed(self, url: str) -> None:
        assert "chat" in self.ask(url, lambda chat: chat.served_names())

    def test_an_unknown_model_is_refused_in_the_servers_words(self, url: str) -> None:
        async def ask_another(chat: OpenAIChat) -> None:
            chat.model = "no-such-model"
            await complete(chat, QUESTION, Sampling())

        with pytest.raises(ModelError, match=r"404.*no-such-model"):
            self.ask(url, ask_another)

    def test_too_long_an_answer_is_refused_in_the_servers_words(self, url: str) -> None:
        with pytest.raises(ModelError, match=r"400.*max_tokens"):
            self.ask(url, lambda chat: complete(chat, QUESTION, Sampling(max_output_tokens=1_000_000)))

    def test_tokens_are_counted_with_the_chat_template(self, url: str) -> None:
        async def counted() -> tuple[int, int]:
            counter = ServerTokenCounter(base_url=url, model="chat")
            try:
                return await counter.count(QUESTION[1:]), await counter.count(QUESTION)
            finally:
                await counter.aclose()

        one, two = asyncio.run(counted())
        # A template may add a system message where none is given, so `two` need not be above `one`.
        words = [len(message.content.split()) for message in QUESTION]
        assert one > words[1]
        assert two > sum(words)

    def test_a_whole_answer_is_forwarded_byte_for_byte(self, url: str) -> None:
        body = {"model": "chat", "messages": [{"role": "user", "content": "hi"}], "max_tokens": 2}

        status, kind, content = self.ask(url, lambda chat: forwarded(chat, json.dumps(body).encode()))

        assert status == 200
        assert kind.startswith("application/json")
        assert json.loads(content)["choices"][0]["finish_reason"] == "length"

    def test_a_stream_is_forwarded_to_its_last_event(self, url: str) -> None:
        body = {
            "model": "chat",
            "messages": [{"role": "user", "content": "hi"}],
            "max_tokens": 2,
            "stream": True,
        }

        status, kind, content = self.ask(url, lambda chat: forwarded(chat, json.dumps(body).encode()))

        assert status == 200
        assert kind.startswith("text/event-stream")
        assert content.endswith(b"data: [DONE]\n\n")

    def test_a_refusal_is_forwarded_with_its_status(self, url: str) -> None:
        status, _, content = self.ask(
            url, lambda chat: forwarded(chat, b'{"model": "chat", "messages": "hi"}')
        )

        assert status == 400
        assert b"messages" in content


async def pieces_of(
    chat: OpenAIChat, messages: Sequence[Message], sampling: Sampling
) -> list[TextDelta | Completion]:
    return [piece async for piece in chat.stream(messages, sampling)]


async def forwarded(chat: OpenAIChat, body: bytes) -> tuple[int, str, bytes]:
    async with chat.forward(body) as reply:
        content = b"".join([chunk async for chunk in reply.chunks()])
        return reply.status, reply.headers["content-type"], content


class ToolServerContract(ChatServerContract):
    """Also for servers that are started to parse tool calls."""

    @pytest.mark.parametrize("choice", ["required", "look_up"])
    def test_a_tool_that_must_be_called_is_called(self, url: str, choice: str) -> None:
        sampling = Sampling(max_output_tokens=60, tools=(LOOK_UP,), tool_choice=choice)
        completion = self.ask(url, lambda chat: complete(chat, QUESTION, sampling))

        call, *others = completion.tool_calls
        assert (call.name, completion.finish_reason) == ("look_up", "tool_calls")
        assert json.loads(call.arguments).keys() == {"word"}
        assert all(one.id and one.name == "look_up" for one in (call, *others))

    def test_tools_take_tokens(self, url: str) -> None:
        async def counted() -> tuple[int, int]:
            counter = ServerTokenCounter(base_url=url, model="chat")
            try:
                return await counter.count(QUESTION), await counter.count(QUESTION, (LOOK_UP,))
            finally:
                await counter.aclose()

        without, with_tools = asyncio.run(counted())
        assert with_tools > without


class TestTheFakeServer(ToolServerContract):
    @pytest.fixture
    def url(self) -> Iterator[str]:
        with running_model_server() as server:
            yield server.url

    def test_calls_come_together_from_their_pieces_in_the_order_of_their_indices(self, url: str) -> None:
        calls = (
            ToolCall(id="call_a", name="look_up", arguments='{"word": "honey and wax"}'),
            ToolCall(id="call_b", name="look_up", arguments='{"word": "bee"}'),
        )
        with running_model_server() as server:
            server.tool_calls = calls
            completion = self.ask(
                server.url, lambda chat: complete(chat, QUESTION, Sampling(tools=(LOOK_UP,)))
            )

        assert (completion.tool_calls, completion.text) == (calls, "")

    def test_a_server_without_a_tool_parser_says_which_flag_it_lacks(self) -> None:
        with running_model_server() as server:
            server.parses_tools = False
            with pytest.raises(ModelError, match="--tool-call-parser"):
                self.ask(server.url, lambda chat: complete(chat, QUESTION, Sampling(tools=(LOOK_UP,))))


if REAL_URL is not None:

    @pytest.mark.journey
    @pytest.mark.timeout(900)
    class TestTheRealServer(ToolServerContract if REAL_PARSES_TOOLS else ChatServerContract):  # type: ignore[misc]
        @pytest.fixture
        def url(self) -> str:
            assert REAL_URL is not None
            return REAL_URL
