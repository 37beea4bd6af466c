"""Run by test_killed_runs: runs over a real socket, each of which kills itself with SIGKILL at a given step.

Arguments: the folder of kept responses, and the model server's address. Each line on standard input is the
number of the step to die at, 0 for none; the answer is a line of JSON: the steps of a run that came to its
end and its responses, or null for one that was killed. A step is a file opened, made, renamed or removed,
a connection, or a piece of an answer. The children are forked, so the vendors are imported once.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from pathlib import Path

from tests.evals.asking import FINGERPRINT, app_with, some_cases

from surefoot.evals.kept_responses import KeptResponses
from surefoot.evals.running import ask_cases
from surefoot.models.openai_chat import OpenAIChat
from surefoot.records import Completion, Message, Responded, Sampling, TextDelta

CASES = some_cases(16)
CONCURRENCY = 4
_STEPS = frozenset({"open", "os.mkdir", "os.rename", "os.remove", "os.chmod", "socket.connect"})


class Steps:
    """Counts steps, and ends the process for good at one of them."""

    def __init__(self, last: int) -> None:
        self.taken = 0
        self._last = last

    def take(self) -> None:
        self.taken += 1
        if self.taken == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in _STEPS:
            self.take()


class SteppingModel:
    """The model at the address; each piece of an answer is a step."""

    def __init__(self, model: OpenAIChat, steps: Steps) -> None:
        self._model = model
        self._steps = steps

    async def stream(
        self, messages: Sequence[Message], sampling: Sampling
    ) -> AsyncGenerator[TextDelta | Completion, None]:
        async with aclosing(self._model.stream(messages, sampling)) as parts:
            async for part in parts:
                self._steps.take()
                yield part


async def run(folder: Path, address: str, steps: Steps) -> list[dict[str, str]]:
    async with OpenAIChat(base_url=address, model="chat") as model:
        responses = await ask_cases(
            app_with(SteppingModel(model, steps)),
            CASES,
            kept=KeptResponses(folder),
            model_fingerprint=FINGERPRINT,
            concurrency=CONCURRENCY,
        )
    return [
        {"case": response.case, "text": response.text if isinstance(response, Responded) else response.kind}
        for response in responses
    ]


def run_in_child(folder: Path, address: str, last: int) -> str:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        steps = Steps(last)
        sys.addaudithook(steps.hear)
        responses = asyncio.run(run(folder, address, steps))
        os.write(writing, json.dumps({"steps": steps.taken, "responses": responses}).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said = stream.read()
    _, status = os.waitpid(child, 0)
    if not said and not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
        sys.exit(f"the run at step {last} ended with the status {status}")
    return said or "null"


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(run_in_child(Path(sys.argv[1]), sys.argv[2], int(line)) + "\n")
        sys.stdout.flush()
