"""A bounded number run, a bounded number wait, the rest are told when to come back."""

import asyncio

import pytest

from surefoot.answering import Admission
from surefoot.errors import OverloadError


def test_a_request_beyond_the_line_is_refused_at_once() -> None:
    async def story() -> None:
        admission = Admission(most_running=1, most_waiting=1)
        release = asyncio.Event()

        async def stay() -> None:
            async with admission.enter():
                await release.wait()

        first, second = asyncio.create_task(stay()), asyncio.create_task(stay())
        while (admission.running, admission.waiting) != (1, 1):
            await asyncio.sleep(0)
        with pytest.raises(OverloadError) as refused:
            async with admission.enter():
                pass

        assert refused.value.retry_after_seconds >= 1
        release.set()
        await asyncio.gather(first, second)
        assert (admission.running, admission.waiting) == (0, 0)

    asyncio.run(story())


def test_one_who_waits_gets_the_place_and_is_told_how_long_it_took() -> None:
    async def story() -> None:
        admission = Admission(most_running=1, most_waiting=1)
        async with admission.enter() as waited:
            assert waited < 1
            following = asyncio.create_task(admission.enter().__aenter__())
            while admission.waiting == 0:
                await asyncio.sleep(0)
        assert await following >= 0
        assert admission.running == 1

    asyncio.run(story())


def test_one_who_gives_up_waiting_leaves_the_line() -> None:
    async def story() -> None:
        admission = Admission(most_running=1, most_waiting=1)
        async with admission.enter():
            following = asyncio.create_task(admission.enter().__aenter__())
            while admission.waiting == 0:
                await asyncio.sleep(0)
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            assert admission.waiting == 0
        async with admission.enter():
            assert admission.running == 1

    asyncio.run(story())
