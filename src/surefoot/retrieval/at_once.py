"""Work done by several at once that take from one heap."""

import asyncio
from collections.abc import Callable, Coroutine


async def at_the_same_time(work: Callable[[], Coroutine[None, None, None]], count: int) -> None:
    """Let `count` do the work. The first that fails ends the others, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(work())
    except BaseExceptionGroup as problems:
        raise problems.exceptions[0] from None
