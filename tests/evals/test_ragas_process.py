"""Ragas's worker as a process: what it prints, how it dies, what it may reach. A stand-in plays ragas."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from numpy.typing import NDArray
from tests.fakes.embedder import HashedWords, hashed_words

from surefoot.errors import EvaluationError, ModelError
from surefoot.evals import ragas_process
from surefoot.evals.ragas_process import Asked, JudgeAddress, RagasProcess, running_process
from surefoot.records import Score, Scored, Unscored

STAND_IN = Path(__file__).parents[1] / "fakes" / "ragas_stand_in.py"
NOWHERE = JudgeAddress(base_url="http://127.0.0.1:9/v1", model="judge", api_key="hidden-judge-key")


class BrokenEmbedder:
    async def embed(self, texts: Sequence[str]) -> NDArray[object]:  # type: ignore[type-var]
        raise ModelError("the embedder is away", remedy="start it")


@asynccontextmanager
async def stand_in(
    *, judge: JudgeAddress | None = None, seconds: float = 60, script: Path = STAND_IN
) -> AsyncIterator[RagasProcess]:
    async with running_process(
        Path(sys.executable), script=script, embedder=HashedWords(), judge=judge, timeout_seconds=seconds
    ) as process:
        yield process


def asking(what: str) -> Asked:
    return Asked(metric="ragas_answer_relevancy", arguments={"user_input": what})


async def only(what: str, *, judge: JudgeAddress | None = None, seconds: float = 60) -> Score:
    async with stand_in(judge=judge, seconds=seconds) as process:
        return await process.score(asking(what))


def reason(score: Score) -> str:
    assert isinstance(score, Unscored), score
    return score.reason


async def pid_of(process: RagasProcess) -> int:
    return int(reason(await process.score(asking("folder"))).split()[-1])


def test_what_a_vendor_prints_or_reads_never_reaches_the_protocol() -> None:
    # It prints a reply with 0.99 to the request's own number, then reads standard input to its end.
    assert asyncio.run(only("print")) == Scored(value=0.0)


def test_what_is_no_number_is_unscored() -> None:
    assert "nan, which is no number" in reason(asyncio.run(only("value nan")))
    assert "inf, which is no number" in reason(asyncio.run(only("value inf")))


def test_a_fault_of_one_request_is_its_own() -> None:
    async def run() -> list[Score]:
        async with stand_in() as process:
            return await asyncio.gather(
                *(process.score(asking(what)) for what in ("value 0.5", "value ?", "folly", "value 0.25"))
            )

    first, second, third, fourth = asyncio.run(run())
    assert (first, fourth) == (Scored(value=0.5), Scored(value=0.25))
    assert "could not convert" in reason(second) and "KeyError" in reason(third)


def test_texts_that_the_judge_makes_up_are_embedded_here() -> None:
    expected = float(hashed_words(["who keeps keys"]).sum())
    assert asyncio.run(only("vector who keeps keys")) == Scored(value=expected)


def test_an_embedder_that_fails_fails_its_request_alone() -> None:
    async def run() -> Score:
        async with running_process(
            Path(sys.executable), script=STAND_IN, embedder=BrokenEmbedder(), judge=None, timeout_seconds=60
        ) as process:
            with pytest.raises(ModelError, match="the embedder is away"):
                await process.score(asking("vector text"))
            return await process.score(asking("value 1"))

    assert asyncio.run(run()) == Scored(value=1.0)


def test_a_long_text_goes_through() -> None:
    assert asyncio.run(only("length " + "x" * 2_000_000)) == Scored(value=2_000_000.0)


def test_a_score_that_takes_too_long_is_unscored_and_the_others_go_on() -> None:
    async def run() -> tuple[Score, Score]:
        async with stand_in(seconds=0.3) as process:
            slow = asyncio.create_task(process.score(asking("hang")))
            return await slow, await process.score(asking("value 1"))

    slow, other = asyncio.run(run())
    assert reason(slow) == "it was not scored within 0.3 s"
    assert other == Scored(value=1.0)


def test_a_score_that_is_given_up_is_called_off_in_the_worker() -> None:
    async def run() -> Score:
        async with stand_in() as process:
            given_up = asyncio.create_task(process.score(asking("hang here")))
            assert await process.score(asking("value 1")) == Scored(value=1.0)  # the first has arrived
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up
            return await process.score(asking("called-off here"))

    assert asyncio.run(run()) == Scored(value=1.0)


def test_a_worker_that_is_killed_leaves_its_scores_unscored_and_is_started_once_more() -> None:
    async def run() -> None:
        async with stand_in() as process:
            before = await pid_of(process)
            waiting = [asyncio.create_task(process.score(asking("hang"))) for _ in range(3)]
            assert await process.score(asking("value 1")) == Scored(value=1.0)  # the three have arrived
            os.kill(before, signal.SIGKILL)
            for score in await asyncio.gather(*waiting):
                assert reason(score) == "ragas's worker died before it gave this score: signal 9"
            assert await process.score(asking("value 0.5")) == Scored(value=0.5)
            assert await pid_of(process) != before

    asyncio.run(run())


def test_a_worker_that_dies_twice_is_not_started_again() -> None:
    async def run() -> None:
        async with stand_in() as process:
            for _ in range(2):
                assert "died before" in reason(await process.score(asking("die")))
            for _ in range(2):
                with pytest.raises(EvaluationError, match=r"died 2 times \(signal 9\)"):
                    await process.score(asking("value 1"))

    asyncio.run(run())


def test_a_worker_that_is_stuck_is_killed_and_started_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ragas_process, "GRACE_SECONDS", 1.0)

    async def run() -> tuple[Score, Score]:
        async with stand_in(seconds=1.0) as process:
            return await process.score(asking("block")), await process.score(asking("value 1"))

    stuck, after = asyncio.run(run())
    assert reason(stuck) == "ragas's worker was stuck for 2 s"
    assert after == Scored(value=1.0)


def test_a_worker_that_writes_what_is_no_reply_is_ended() -> None:
    assert "what it wrote is no reply" in reason(asyncio.run(only("babble")))


def test_it_sees_none_of_this_processes_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-somebody")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    seen = set(reason(asyncio.run(only("environment"))).split()[1:])
    assert {"HOME", "RAGAS_DO_NOT_TRACK", "LANGSMITH_TRACING"} <= seen
    assert not {"OPENAI_API_KEY", "HTTPS_PROXY", "PATH", "SUREFOOT_RAGAS_JUDGE_KEY"} & seen


def test_the_judges_key_is_in_no_reason_and_in_no_error(tmp_path: Path) -> None:
    assert reason(asyncio.run(only("key", judge=NOWHERE))) == "RuntimeError: refused the key ***"
    assert "hidden-judge-key" not in repr(NOWHERE)
    script = tmp_path / "telltale.py"
    script.write_text("import os\nraise SystemExit('key: ' + os.environ['SUREFOOT_RAGAS_JUDGE_KEY'])\n")

    async def run() -> None:
        async with stand_in(judge=NOWHERE, script=script):
            pass

    with pytest.raises(EvaluationError, match="exit code 1") as caught:
        asyncio.run(run())
    assert "hidden-judge-key" not in caught.value.message


def test_it_reaches_its_judge_and_nothing_else() -> None:
    async def run() -> None:
        arrived: list[int] = []

        def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            arrived.append(writer.get_extra_info("sockname")[1])
            writer.close()

        judge, other = [await asyncio.start_server(serve, "127.0.0.1", 0) for _ in range(2)]
        port, other_port = (server.sockets[0].getsockname()[1] for server in (judge, other))
        address = JudgeAddress(base_url=f"http://localhost:{port}/v1", model="judge")
        async with judge, other, stand_in(judge=address) as process:
            assert await process.score(asking(f"connect localhost:{port}")) == Scored(value=1.0)
            for elsewhere in (f"localhost:{other_port}", f"127.0.0.1:{other_port}", "example.org:443"):
                refused = await process.score(asking(f"connect {elsewhere}"))
                assert "may reach its judge alone" in reason(refused)
            assert "subprocess.Popen is refused" in reason(await process.score(asking("run")))
        assert arrived == [port]

    asyncio.run(run())


def test_without_a_judge_it_reaches_nothing() -> None:
    assert "may reach its judge alone" in reason(asyncio.run(only("connect 127.0.0.1:9")))


def test_a_script_that_cannot_be_loaded_is_said_with_its_last_words(tmp_path: Path) -> None:
    script = tmp_path / "broken.py"
    script.write_text("import a_package_that_is_not_there\n")

    async def run() -> None:
        async with stand_in(script=script):
            pass

    with pytest.raises(
        EvaluationError, match=r"did not start \(exit code 1\).*No module named 'a_package"
    ) as caught:
        asyncio.run(run())
    assert "surefoot eval prepare" in caught.value.remedy


def test_an_environment_that_is_not_there_is_said(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_process(
            tmp_path / "python", script=STAND_IN, embedder=HashedWords(), judge=None, timeout_seconds=1
        ):
            pass

    with pytest.raises(EvaluationError, match=r"python' cannot be run: No such file") as caught:
        asyncio.run(run())
    assert "surefoot eval prepare" in caught.value.remedy


def test_afterwards_neither_the_process_nor_its_folder_is_left() -> None:
    async def run() -> list[str]:
        async with stand_in() as process:
            return reason(await process.score(asking("folder"))).split()

    _, folder, pid = asyncio.run(run())
    assert not Path(folder).exists() and not psutil.pid_exists(int(pid))


def test_a_worker_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = f"""
        import asyncio, sys
        from pathlib import Path
        sys.path[:0] = {sys.path!r}
        from tests.evals.test_ragas_process import asking, pid_of, stand_in

        async def run():
            async with stand_in() as process:
                print(await pid_of(process), flush=True)
                await process.score(asking("hang"))

        asyncio.run(run())
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    # Who is killed tidies nothing away: its folder goes where the test's own goes.
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    worker.wait(timeout=30)
