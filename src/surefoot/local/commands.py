"""Running another program to its end, line by line."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from surefoot.errors import ProcessError

KEPT_LINES = 40
LONGEST_LINE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a program ended: its exit code, and the last lines it wrote to either output."""

    code: int
    tail: tuple[str, ...]


async def run_command(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    each_line: Callable[[str], None] = lambda line: None,
    held: int | None = None,
) -> Finished:
    """Run the command with exactly this environment, handing on each line as it is written.

    `held` is a file descriptor the program keeps open, such as a lock's. A cancelled run takes the program
    and all its children with it. Raises ProcessError when the program cannot be started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            limit=LONGEST_LINE_BYTES,
            pass_fds=() if held is None else (held,),
        )
    except OSError as error:
        raise ProcessError(
            f"cannot run {command[0]!r}: {error.strerror}", remedy="install it, or mend the path"
        ) from error
    tail: deque[str] = deque(maxlen=KEPT_LINES)
    try:
        assert process.stdout is not None  # noqa: S101  # asked for with PIPE above
        async for raw in process.stdout:
            line = raw.decode("utf-8", "replace").rstrip()
            tail.append(line)
            each_line(line)
        code = await process.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    return Finished(code=code, tail=tuple(tail))
