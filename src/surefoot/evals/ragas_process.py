"""The worker as this process sees it: started, asked, and started once more when it dies.

This process never imports ragas. The worker is another Python with an environment of its own: it sees none of
this one's variables, works in a folder that is thrown away, and is killed when it does not end by itself.
"""

import asyncio
import os
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

from surefoot.errors import EvaluationError
from surefoot.evals.fault_words import sound
from surefoot.evals.secluded_worker import KEY_VARIABLE, MOST_LINE_BYTES
from surefoot.evals.worker_life import WorkerDiedError, WorkerLife
from surefoot.records import Score, Scored, Unscored

SHELL = Path(__file__).with_name("secluded_worker.py")
MOST_STARTS = 2
READY_WITHIN_SECONDS = 180.0
# The worker keeps each request's time itself; one that is silent for so long after is stuck.
GRACE_SECONDS = 10.0
# All that the worker sees of this process's environment: where the certificates of a private judge are.
PASSED_ON = ("SSL_CERT_FILE", "SSL_CERT_DIR")
REMEDY = "run `surefoot eval prepare`, and the same command again"


class Floats(Protocol):
    """An array of numbers, such as numpy's."""

    def tolist(self) -> list[list[float]]:
        """Its rows."""
        ...


class Embeds(Protocol):
    """The part of an embedder that is used here: `surefoot.retrieval.Embedder` has it."""

    async def embed(self, texts: Sequence[str]) -> Floats:
        """A row for each text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeAddress:
    """A model that judges, behind an OpenAI-compatible API. `base_url` ends in /v1."""

    base_url: str
    model: str
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeUse:
    """What was asked of a judge: calls, and tokens as its server counted them."""

    calls: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A score to be computed: ragas's arguments, and the texts whose vectors it is sure to need."""

    metric: str
    arguments: Mapping[str, str | Sequence[str]]
    texts: tuple[str, ...] = ()


class RagasProcess:
    """Scores through the worker that `python` runs `script` in. `use` is the judge's, by metric."""

    def __init__(
        self,
        python: Path,
        *,
        script: Path,
        embedder: Embeds,
        judge: JudgeAddress | None,
        timeout_seconds: float,
        folder: str,
    ) -> None:
        self.use: dict[str, JudgeUse] = defaultdict(JudgeUse)
        self._command = (str(python), "-I", "-X", "utf8", str(SHELL), str(script))
        self._embedder = embedder
        self._judge = judge
        self._seconds = timeout_seconds
        self._folder = folder
        self._numbers = count(1)
        self._starting = asyncio.Lock()
        self._starts = 0
        self._life: WorkerLife | None = None

    async def start(self) -> str:
        """Ragas's version. Raises EvaluationError when its worker cannot be started."""
        return await (await self._alive()).version

    async def close(self) -> None:
        """End the worker."""
        if self._life is not None:
            await self._life.close()

    async def score(self, asked: Asked) -> Score:
        """The score, or why there is none: within the time of a request and a little more, come what may.

        Raises EvaluationError when the worker died and is not started any more, and what the embedder raises.
        """
        vectors = await self._vectors(asked.texts)
        life = await self._alive()
        line = {"metric": asked.metric, "args": asked.arguments, "vectors": vectors}
        try:
            async with asyncio.timeout(self._seconds + GRACE_SECONDS) as limit:
                reply = await self._reply(life, line)
        except WorkerDiedError as died:
            return Unscored(reason=f"ragas's worker died before it gave this score: {died}")
        except TimeoutError:
            if not limit.expired():
                raise
            await life.kill()
            return Unscored(reason=f"ragas's worker was stuck for {self._seconds + GRACE_SECONDS:g} s")
        self._count(asked.metric, reply)
        return _score(reply)

    async def _reply(self, life: WorkerLife, line: Mapping[str, object]) -> Mapping[str, object]:
        number = next(self._numbers)
        async with life.conversation(number) as replies:
            await life.send({"id": number, **line})
            while True:
                reply = await replies.get()
                if reply is None:
                    raise WorkerDiedError(life.end)
                needed = reply.get("need_vectors")
                if not isinstance(needed, list):
                    return reply
                vectors = await self._vectors([str(text) for text in needed])
                await life.send({"id": number, "vectors": vectors})

    async def _vectors(self, texts: Sequence[str]) -> dict[str, list[float]]:
        rows = (await self._embedder.embed(texts)).tolist() if texts else []
        return dict(zip(texts, rows, strict=True))

    async def _alive(self) -> WorkerLife:
        async with self._starting:
            if self._life is None or self._life.over:
                if self._life is not None and self._starts >= MOST_STARTS:
                    raise EvaluationError(
                        f"ragas's worker died {self._starts} times ({self._life.end}); the last it said: "
                        f"{self._without_key(self._life.last_words())}",
                        remedy="leave the case out that it dies of, or report what it said",
                    )
                self._starts += 1
                self._life = await self._begin()
            return self._life

    async def _begin(self) -> WorkerLife:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment(),
                cwd=self._folder,
                start_new_session=True,
                limit=MOST_LINE_BYTES,
            )
        except OSError as error:
            raise EvaluationError(
                f"ragas's Python {self._command[0]!r} cannot be run: {error.strerror}", remedy=REMEDY
            ) from error
        life = WorkerLife(process)
        try:
            await self._await_ready(life)
        except BaseException:
            await life.close()
            raise
        return life

    async def _await_ready(self, life: WorkerLife) -> None:
        judge = self._judge and {"url": self._judge.base_url, "model": self._judge.model}
        with suppress(WorkerDiedError):
            await life.send({"judge": judge, "timeout_seconds": self._seconds})
        done, _ = await asyncio.wait([life.version], timeout=READY_WITHIN_SECONDS)
        if not done or life.version.cancelled():
            why = life.end if done else f"it was not ready within {READY_WITHIN_SECONDS:g} s"
            said = self._without_key(life.last_words())
            raise EvaluationError(
                f"ragas's worker did not start ({why}); the last it said: {said}", remedy=REMEDY
            )

    def _environment(self) -> dict[str, str]:
        passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        key = {KEY_VARIABLE: self._judge.api_key} if self._judge and self._judge.api_key else {}
        return {"HOME": self._folder, "TMPDIR": self._folder, "LANG": "C.UTF-8", **passed_on, **key}

    def _without_key(self, words: str) -> str:
        key = self._judge.api_key if self._judge else None
        return words.replace(key, "***") if key else words

    def _count(self, metric: str, reply: Mapping[str, object]) -> None:
        before = self.use[metric]
        self.use[metric] = JudgeUse(
            calls=before.calls + _number(reply, "calls"),
            prompt_tokens=before.prompt_tokens + _number(reply, "prompt_tokens"),
            output_tokens=before.output_tokens + _number(reply, "output_tokens"),
        )


def _number(reply: Mapping[str, object], name: str) -> int:
    value = reply.get(name)
    return value if isinstance(value, int) else 0


def _score(reply: Mapping[str, object]) -> Score:
    value, error = reply.get("value"), reply.get("error")
    if isinstance(value, float | int):
        return Scored(value=float(value))
    return Unscored(reason=sound(str(error["message"])) if isinstance(error, dict) else "it gave no reason")


@asynccontextmanager
async def running_process(
    python: Path,
    *,
    script: Path,
    embedder: Embeds,
    judge: JudgeAddress | None,
    timeout_seconds: float,
) -> AsyncIterator[RagasProcess]:
    """A worker that runs, ended and tidied away afterwards."""
    with tempfile.TemporaryDirectory(prefix="surefoot-ragas-", ignore_cleanup_errors=True) as folder:
        process = RagasProcess(
            python,
            script=script,
            embedder=embedder,
            judge=judge,
            timeout_seconds=timeout_seconds,
            folder=folder,
        )
        try:
            await process.start()
            yield process
        finally:
            await process.close()
