"""How much later the first token comes through `/v1/answers` than from vLLM asked directly.

    make up && .venv/bin/python -m tests.benchmarks.first_token

Each round asks a question through the service, then sends vLLM the very messages that the service sent. The
direct requests carry a `cache_salt`, one for the whole run: they cannot find what the service's requests left
in vLLM's prompt cache, but share the cached instructions among themselves, just as the service's do. The
first round, which finds neither cached, is left out. Prints the median ratio with a bootstrap interval.
Seconds are this machine's; the ratio is what travels.
"""

import argparse
import asyncio
import json
import random
import statistics
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

import aiohttp

QUESTIONS = (
    "How long is an enrolment code valid?",
    "Which port does an agent use for enrolment?",
    "How many exclusion patterns may a set contain?",
    "How long is the old vault key readable after rotation?",
    "What happens when the vault is 97 percent full?",
)


async def through_service(session: aiohttp.ClientSession, url: str, question: str) -> tuple[float, str]:
    """Seconds until the first delta, and the id of the trace."""
    began = time.perf_counter()
    async with session.post(f"{url}/v1/answers", json={"question": question, "stream": True}) as reply:
        reply.raise_for_status()
        first, name, answer = 0.0, "", ""
        async for line in reply.content:
            if line.startswith(b"event: "):
                name = line[7:].decode().strip()
                if name == "delta" and not first:
                    first = time.perf_counter() - began
            elif line.startswith(b"data: ") and name == "answer":
                answer = json.loads(line[6:])["id"]
    return first, answer


async def directly(session: aiohttp.ClientSession, url: str, body: dict[str, object]) -> float:
    """Seconds until vLLM's first piece of text."""
    began = time.perf_counter()
    async with session.post(f"{url}/v1/chat/completions", json=body) as reply:
        reply.raise_for_status()
        async for line in reply.content:
            if line.startswith(b"data: {"):
                choices = json.loads(line[6:])["choices"]
                if choices and choices[0]["delta"].get("content"):
                    return time.perf_counter() - began
    raise RuntimeError("vLLM sent no text")


async def messages_of(trace_id: str, state: Path) -> object:
    """What the service sent to the model for that answer."""
    from surefoot.traces.sqlalchemy_store import TraceStore

    async with TraceStore(state / "traces.sqlite", create=False) as store:
        trace = await store.find(trace_id)
    from surefoot.records import Answer

    assert isinstance(trace.outcome, Answer)
    return [{"role": message.role, "content": message.content} for message in trace.outcome.messages]


def interval(ratios: Sequence[float]) -> tuple[float, float]:
    """The 95% bootstrap interval of the median."""
    draws = random.Random(0)
    medians = sorted(statistics.median(draws.choices(ratios, k=len(ratios))) for _ in range(2000))
    return medians[50], medians[1949]


async def main(service: str, model_url: str, model: str, state: Path, rounds: int) -> None:
    """Run the rounds and print them."""
    ratios: list[float] = []
    salt = uuid.uuid4().hex
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        for number in range(rounds + 1):
            question = f"{QUESTIONS[number % len(QUESTIONS)]} (asked as number {uuid.uuid4().hex[:6]})"
            served, trace_id = await through_service(session, service, question)
            await asyncio.sleep(1)  # the trace is flushed every 0.25 s, and outside what is measured
            messages = await messages_of(trace_id, state)
            body: dict[str, object] = {"model": model, "messages": messages, "stream": True, "temperature": 0}
            direct = await directly(session, model_url, {**body, "max_tokens": 200, "cache_salt": salt})
            print(f"round {number}: service {served:.2f} s, vLLM {direct:.2f} s, ratio {served / direct:.3f}")
            if number:
                ratios.append(served / direct)
    low, high = interval(ratios)
    print(f"median ratio {statistics.median(ratios):.3f} (95% {low:.3f} to {high:.3f}, {rounds} rounds)")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--service", default="http://127.0.0.1:8000")
    options.add_argument("--model-url", default="http://127.0.0.1:8001")
    options.add_argument("--model", default="chat")
    options.add_argument("--state", type=Path, default=Path(".surefoot"))
    options.add_argument("--rounds", type=int, default=10)
    chosen = options.parse_args()
    asyncio.run(main(chosen.service, chosen.model_url, chosen.model, chosen.state, chosen.rounds))
