"""Whether the model server may be asked now: verified at start, and after each reconnect."""

import asyncio
import logging
from dataclasses import dataclass, replace

from surefoot.errors import ModelError, ModelUnreachableError
from surefoot.models.fingerprint import PinnedFingerprint
from surefoot.models.identity import TAKEN_THRESHOLD, Expectation, ServedModel, check_name, verify

_log = logging.getLogger("surefoot.models")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether the model may be asked; when not, why not and what to do. `kind` is the error to raise then."""

    ready: bool
    reason: str
    remedy: str
    kind: type[ModelError] = ModelUnreachableError


READY = Readiness(ready=True, reason="the pinned model answers", remedy="nothing to do")
UNCHECKED = Readiness(
    ready=False, reason="the model has not been checked yet", remedy="wait for the check to end"
)
ENDED = Readiness(
    ready=False, reason="nothing watches the model any more", remedy="restart the service, and see its log"
)


class ModelWatch:
    """Holds the model's readiness; `run` it as a task.

    A cheap probe (the server's list of names) runs every `probe_every_seconds`. When it fails, or a request
    reports that the server cannot be reached, the model is not ready until it was verified in full again:
    a server that was away may have come back with other weights. A mismatch is checked again each period.
    `probe_limit_seconds` is long, because a server that is only busy is not away. Every change is logged.
    """

    def __init__(
        self,
        model: ServedModel,
        expected: Expectation,
        *,
        probe_every_seconds: float,
        probe_limit_seconds: float = 10.0,
    ) -> None:
        self._model = model
        self._expected = expected
        self._probe_every_seconds = probe_every_seconds
        self._probe_limit_seconds = probe_limit_seconds
        self._state = UNCHECKED
        self._doubts = 0
        self._wake = asyncio.Event()

    @property
    def state(self) -> Readiness:
        """What `/readyz` says of the model now."""
        return self._state

    def report(self, error: ModelError) -> None:
        """Tell of a request that failed. One that could not reach the server casts doubt on the weights."""
        if isinstance(error, ModelUnreachableError):
            self._doubt(error)
            self._wake.set()

    async def run(self) -> None:
        """Watch until cancelled. Whatever ends it leaves the model not ready."""
        try:
            while True:
                await self._look()
                await self._pause()
        finally:
            self._state = ENDED

    async def _look(self) -> None:
        try:
            if self._state.ready:
                await self._probe()
            else:
                await self._verify()
        except ModelError as error:
            self._doubt(error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the watch: it is logged
            words = f"the check of the model failed: {type(error).__name__}: {error}"
            self._doubt(ModelError(words, remedy="see the service's log"), fault=error)

    async def _probe(self) -> None:
        """The server is to answer within the limit, so that one that hangs is noticed."""
        try:
            async with asyncio.timeout(self._probe_limit_seconds):
                await check_name(self._model, self._expected)
        except TimeoutError:
            raise ModelUnreachableError(
                f"the model server did not list its models within {self._probe_limit_seconds:g} s",
                remedy="see whether the model server hangs, and its log",
            ) from None

    async def _verify(self) -> None:
        doubts = self._doubts
        taken = await verify(self._model, self._expected)
        if self._expected.pinned is None:
            pinned = PinnedFingerprint(fingerprint=taken, threshold=TAKEN_THRESHOLD)
            self._expected = replace(self._expected, pinned=pinned)
        if doubts == self._doubts:
            self._become(READY)
        else:
            self._wake.set()  # the server went away while it was being checked

    def _doubt(self, error: ModelError, *, fault: Exception | None = None) -> None:
        self._doubts += 1
        state = Readiness(ready=False, reason=error.message, remedy=error.remedy, kind=type(error))
        self._become(state, fault=fault)

    def _become(self, state: Readiness, *, fault: Exception | None = None) -> None:
        """Change the state; the log tells of each change once, and of a fault with its traceback."""
        if state == self._state:
            return
        self._state = state
        if state.ready:
            _log.info("the model is ready: %s", state.reason)
        else:
            _log.warning(
                "the model is not ready: %s; to mend it: %s", state.reason, state.remedy, exc_info=fault
            )

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(self._probe_every_seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()
