"""Run by test_killed_builds: builds that stop for ever at a gate, each killed with SIGKILL when it is there.

Arguments: a folder that holds, for each gate, <gate>/docs and <gate>/out. The children are forked before any
vendor has started a thread, so the vendors are imported once.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy
from numpy.typing import NDArray
from tests.retrieval.fixtures import RECIPE, CountingWords, real_engine

from surefoot.retrieval import Corpus, Source
from surefoot.retrieval.bm25s_lexical import Bm25sLexical
from surefoot.retrieval.build import BuildProgress, build_snapshot
from surefoot.retrieval.recipes import LexicalLeg

GATES = ("embedding", "writing", "published")
Gate = Callable[[], None]


class GatedWords(CountingWords):
    """Stops at the gate when asked for a second batch."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate

    async def embed(self, texts: Sequence[str]) -> NDArray[numpy.float32]:
        if self.embedded:
            self._gate()
        return await super().embed(texts)


class GatedLexical(Bm25sLexical):
    """Stops at the gate when its files are written and Chroma's are not."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def write(self, folder: Path, texts: Sequence[str], leg: LexicalLeg) -> None:
        super().write(folder, texts, leg)
        self._gate()


def build_until(name: str, folder: Path, gate: Gate) -> None:
    """Build, and stop at the named gate."""
    corpus = Corpus(name="notes", sources=(Source(path=folder / "docs"),))
    engine = real_engine()
    if name == "writing":
        engine = replace(engine, words=GatedLexical(gate))

    def heard(progress: BuildProgress) -> None:
        if name == "published" and progress.stage == "index" and progress.done:
            gate()

    embedder = GatedWords(gate) if name == "embedding" else CountingWords()
    asyncio.run(build_snapshot(corpus, RECIPE, embedder, folder / "out", engine=engine, progress=heard))


def kill_at(name: str, folder: Path) -> None:
    """Fork a build and kill it once it says that it is at the gate."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:

        def stop_for_ever() -> None:
            os.write(writing, b".")
            while True:
                signal.pause()

        build_until(name, folder, stop_for_ever)
        os._exit(1)  # the gate was never reached
    os.close(writing)
    reached = os.read(reading, 1)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not reached or not os.WIFSIGNALED(status):
        sys.exit(f"the build was not killed at {name!r}")


if __name__ == "__main__":
    for gate_name in GATES:
        kill_at(gate_name, Path(sys.argv[1]) / gate_name)
