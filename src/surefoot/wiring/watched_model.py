"""The model as apps and plain chat ask it: only while its watch says that the right weights answer."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from surefoot.answering import ChatModel
from surefoot.api.service import PlainModel, PlainReply
from surefoot.errors import ModelError
from surefoot.models import ModelWatch
from surefoot.records import Completion, Message, Sampling, TextDelta


class WatchedModel:
    """A chat model that is asked only while the watch says that the right weights answer."""

    def __init__(self, model: ChatModel, watch: ModelWatch) -> None:
        self._model = model
        self._watch = watch

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        """The model's stream; ModelError with the watch's reason while the model is not ready."""
        _refuse_unready(self._watch)
        try:
            async with aclosing(self._model.stream(messages, sampling)) as parts:
                async for part in parts:
                    yield part
        except ModelError as error:
            self._watch.report(error)
            raise


class WatchedPlainModel:
    """The same for plain chat, whose bytes pass through."""

    def __init__(self, model: PlainModel, watch: ModelWatch) -> None:
        self._model = model
        self._watch = watch

    @asynccontextmanager
    async def forward(self, body: bytes) -> AsyncIterator[PlainReply]:
        """The model's reply; ModelError with the watch's reason while the model is not ready."""
        _refuse_unready(self._watch)
        try:
            async with self._model.forward(body) as reply:
                yield reply
        except ModelError as error:
            self._watch.report(error)
            raise


def _refuse_unready(watch: ModelWatch) -> None:
    state = watch.state
    if not state.ready:
        raise state.kind(state.reason, remedy=state.remedy)
