"""Run by test_parallel_builds: a build in two processes that never come back.

Arguments: a folder with documents, one for the snapshots, and a pipe into which each of these processes
writes its number.
"""

import asyncio
import signal
import sys
from pathlib import Path

import pytest
from tests.retrieval.deadly_reading import StuckReader
from tests.retrieval.fixtures import build_with

from surefoot.retrieval import Corpus, Source, cutting

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins without it
    documents, out, told = sys.argv[1:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "SECONDS_TO_START", 1e-9)
        notes = Corpus(name="notes", sources=(Source(path=Path(documents)),))
        asyncio.run(build_with(StuckReader(told), notes, Path(out), 2))
