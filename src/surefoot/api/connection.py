"""Stop working for a client that has left, or that no longer reads."""

import asyncio
from collections.abc import Coroutine

from starlette.types import Message, Receive, Send

from surefoot.api.errors import ClientLeft


async def while_connected(receive: Receive, work: Coroutine[None, None, None]) -> None:
    """Run `work` to its end, or cancel it at once when the client leaves, and raise ClientLeft.

    All of `work` runs in one task, so cancelling reaches whatever it awaits, such as the connection to
    the model. The request's body must have been read: from then on `receive` only tells of leaving.
    Raises what `work` raises.
    """
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft("the client closed its connection before the answer was whole")
        working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


def to_a_reader(send: Send, *, idle_seconds: float) -> Send:
    """`send`, which raises ClientLeft when the client takes nothing for so long.

    A server waits in `send` while what it sent before is still unread, and holds a place all the while.
    """

    async def send_in_time(message: Message) -> None:
        try:
            async with asyncio.timeout(idle_seconds):
                await send(message)
        except TimeoutError as error:
            raise ClientLeft(f"the client read nothing for {idle_seconds:g} seconds") from error

    return send_in_time


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
