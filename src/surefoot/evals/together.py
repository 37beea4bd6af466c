"""Work done several at once, where code of strangers may fail in any way it likes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def work_through(
    items: Iterable[Item], act: Callable[[Item], Awaitable[None]], *, concurrency: int
) -> None:
    """Act on every item, at most `concurrency` at once. What one raises stops the rest, and is raised."""
    left = iter(items)

    async def work() -> None:
        for item in left:
            await act(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def contained(awaitable: Awaitable[Result]) -> Result:
    """What it returns. Where it tries to end the process or the task, RuntimeError.

    Neither is harmless: exit code 0 means PASS, and a cancelled worker would leave its cases out in silence.
    A cancellation that comes from outside goes through.
    """
    try:
        return await awaitable
    except SystemExit as error:
        raise RuntimeError(f"it tried to end the process with {error.code!r}") from None
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise RuntimeError("it cancelled itself") from None
