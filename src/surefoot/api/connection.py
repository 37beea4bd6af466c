"""Stop working for a client that has left."""

import asyncio
from collections.abc import Coroutine

from starlette.types import Receive

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


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
