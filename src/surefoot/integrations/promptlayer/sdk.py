"""PromptLayer's own library: publishing, and logging requests. The one file that imports it.

Its faults are answered here. Its synchronous calls have no time-out, so publishing runs in a thread that
nobody waits for beyond the deadline, not even at the end of the process. `publish` hands errors back as if
they were results. `log_request` hides which error came: that is found among the causes. Its tracing is off.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping

from promptlayer import AsyncPromptLayer, PromptLayer

from surefoot.errors import IntegrationError
from surefoot.integrations.promptlayer.answers import not_done, said_no, too_slow, went_wrong
from surefoot.integrations.promptlayer.ports import LoggedRequest, Publication

# Requests speak OpenAI's form to whatever server answers; the model's own identity is in the metadata.
PROVIDER = "openai"


class PromptLayerSdk:
    """Publishes prompts and logs requests, each call within `deadline_seconds`."""

    def __init__(self, *, url: str, api_key: str, deadline_seconds: float) -> None:
        self._key = api_key
        self._deadline_seconds = deadline_seconds
        base_url = url.rstrip("/")
        self._sync = PromptLayer(api_key=api_key, base_url=base_url, enable_tracing=False)
        self._async = AsyncPromptLayer(api_key=api_key, base_url=base_url, enable_tracing=False)

    async def publish(self, publication: Publication) -> int:
        """Make a new version; its number, as PromptLayer says it."""
        what = f"publish the prompt {publication.name!r}"
        body = {
            "prompt_name": publication.name,
            "prompt_template": dict(publication.template),
            "metadata": dict(publication.metadata),
            "commit_message": publication.commit_message,
            "tags": [],
        }
        try:
            async with asyncio.timeout(self._deadline_seconds):
                said = await _in_a_thread(lambda: self._sync.templates.publish(body))
        except TimeoutError:
            raise too_slow(what, self._deadline_seconds) from None
        except Exception as error:  # noqa: BLE001 - the library raises its own, requests' and json's
            raise self._meaning(what, error) from None
        number = said.get("version_number") if isinstance(said, Mapping) else None
        if not isinstance(said, Mapping) or not isinstance(number, int):
            words = json.dumps(said, default=str)[:300]
            raise not_done(what, f"its answer names no version: {words}", self._key)
        if said.get("prompt_name") != publication.name:
            raise not_done(what, f"it speaks of the prompt {said.get('prompt_name')!r}", self._key)
        return number

    async def log(self, request: LoggedRequest, *, prompt_version: int | None) -> int:
        """Log a request; the id that PromptLayer gives it."""
        linked = {} if prompt_version is None else {"prompt_name": request.prompt_name}
        said = await self._called(
            "log a request",
            lambda: self._async.log_request(
                provider=PROVIDER,
                model=request.model,
                input=dict(request.input),
                output=dict(request.output),
                request_start_time=request.started_at,
                request_end_time=request.ended_at,
                tags=list(request.tags),
                metadata=dict(request.metadata),
                prompt_version_number=prompt_version,
                prompt_input_variables=dict(request.variables),
                input_tokens=request.input_tokens,
                output_tokens=request.output_tokens,
                function_name="chat.completions",
                status=request.status,
                error_type=request.error_type,
                error_message=request.error_message,
                **linked,
            ),
        )
        number = said.get("id") if isinstance(said, Mapping) else None
        if not isinstance(number, int):
            words = json.dumps(said, default=str)[:300]
            raise not_done("log a request", f"its answer has no id: {words}", self._key)
        return number

    async def _called(self, what: str, call: Callable[[], object]) -> object:
        try:
            async with asyncio.timeout(self._deadline_seconds):
                result: object = await call()  # type: ignore[misc]  # the library has no types
                return result
        except TimeoutError:
            raise too_slow(what, self._deadline_seconds) from None
        except Exception as error:  # noqa: BLE001 - the library raises its own, httpx's and json's
            raise self._meaning(what, error) from None

    def _meaning(self, what: str, error: BaseException) -> IntegrationError:
        """What an exception of the library stands for: the answer it hides, else its innermost words."""
        cause: BaseException | None = error
        innermost = error
        while cause is not None:
            response = getattr(cause, "response", None)
            status = getattr(response, "status_code", None)
            if isinstance(status, int):
                return said_no(what, status, _body(response), getattr(response, "headers", {}), self._key)
            innermost, cause = cause, cause.__cause__
        if "timeout" in type(innermost).__name__.lower():
            return too_slow(what, self._deadline_seconds)
        return went_wrong(what, innermost, self._key)


def _body(response: object) -> bytes:
    content = getattr(response, "content", b"")
    return content if isinstance(content, bytes) else b""


async def _in_a_thread(call: Callable[[], object]) -> object:
    """The result of a call that may never end. A pool's thread would hold the process back at its end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[object] = loop.create_future()

    def settle(result: object, error: Exception | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def work() -> None:
        result: object = None
        failure: Exception | None = None
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - handed on to whoever waits
            failure = error
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=work, daemon=True, name="publishing to PromptLayer").start()
    return await future
