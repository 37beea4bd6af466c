"""What passages weigh: bytes on the disk, seconds to build and memory, and what that makes of many more.

    python -m tests.benchmarks.sizes --write

For each of three sizes a process of its own writes the parts of a snapshot over made-up passages, with random
vectors of 384 numbers in place of an embedder's, and another one opens it as a service does. A line through
the three sizes, by least squares, is drawn on to larger ones; how far the sizes lie off it is told. With
`--write`, the table goes into `docs/how-to/outgrow-one-machine.md`.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import Path
from string import ascii_lowercase

import numpy

from surefoot.records import Passage
from surefoot.retrieval.bm25s_lexical import Bm25sLexical
from surefoot.retrieval.chroma_vectors import ChromaVectors
from surefoot.retrieval.passages_file import ParquetPassages
from surefoot.retrieval.ports import ParsedDocument
from surefoot.retrieval.recipes import LexicalLeg
from surefoot.retrieval.snapshots import CHROMA, DOCUMENTS, PASSAGES, VECTORS, WORDS

PAGE = Path("docs/how-to/outgrow-one-machine.md")
BEGIN, END = "<!-- sizes: begin -->\n", "<!-- sizes: end -->\n"
COMMAND = "python -m tests.benchmarks.sizes --write"
SIZES = (1_000, 10_000, 50_000)
DRAWN_TO = (1_000_000, 100_000_000)
DIMENSIONS = 384
WORDS_OF_PASSAGE = 100
PASSAGES_OF_DOCUMENT = 20
VOCABULARY = 50_000
MEMORY = 64e9
LEG = LexicalLeg()

Measures = dict[str, float]


def made_up(count: int) -> tuple[list[Passage], list[ParsedDocument]]:
    """Documents of passages whose words are as unequally common as those of a language (Zipf's law)."""
    random = numpy.random.default_rng(count)
    ranks = (random.zipf(1.1, (count, WORDS_OF_PASSAGE)) - 1) % VOCABULARY
    letters = numpy.asarray(list(ascii_lowercase))
    words = ["".join(random.choice(letters, size)) for size in random.integers(2, 11, VOCABULARY)]
    passages: list[Passage] = []
    documents: list[ParsedDocument] = []
    for first in range(0, count, PASSAGES_OF_DOCUMENT):
        source, text = f"document-{first:09}.md", ""
        own: list[Passage] = []
        for row in ranks[first : first + PASSAGES_OF_DOCUMENT]:
            said = " ".join(words[rank] for rank in row)
            start = len(text)
            text += said + "\n"
            own.append(
                Passage(
                    id=f"{first + len(own):032x}",
                    source=source,
                    start=start,
                    end=start + len(said),
                    text=said,
                    headings=("A title", "A heading"),
                )
            )
        passages += own
        documents.append(ParsedDocument(source=source, text=text, passages=tuple(own)))
    return passages, documents


def build(count: int, folder: Path) -> Measures:
    """Seconds for each part, and the memory that it took at most."""
    passages, documents = made_up(count)
    random = numpy.random.default_rng(1)
    vectors = random.normal(size=(count, DIMENSIONS)).astype(numpy.float32)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    files = ParquetPassages()
    (folder / WORDS).mkdir()
    (folder / CHROMA).mkdir()
    seconds: Measures = {}

    def timed(name: str, write: Callable[[], None]) -> None:
        began = time.perf_counter()
        write()
        seconds[f"seconds: {name}"] = time.perf_counter() - began

    def texts() -> None:
        files.write_passages(folder / PASSAGES, passages)
        files.write_documents(folder / DOCUMENTS, documents)

    timed("passages and documents", texts)
    timed("vectors", lambda: numpy.save(folder / VECTORS, vectors, allow_pickle=False))
    timed("words", lambda: Bm25sLexical().write(folder / WORDS, [one.text for one in passages], LEG))
    ids = [one.id for one in passages]
    timed("Chroma", lambda: ChromaVectors().write(folder / CHROMA, ids, vectors, lambda done, total: None))
    return {
        "bytes: passages": _bytes(folder / PASSAGES),
        "bytes: documents": _bytes(folder / DOCUMENTS),
        "bytes: vectors": _bytes(folder / VECTORS),
        "bytes: words": _bytes(folder / WORDS),
        "bytes: Chroma": _bytes(folder / CHROMA),
        **seconds,
        "memory: to build": _most_memory(),
    }


def opened(count: int, folder: Path) -> Measures:
    """The memory of a process that has opened the snapshot and searched it."""
    passages = ParquetPassages().read_passages(folder / PASSAGES)
    words = Bm25sLexical().open(folder / WORDS, LEG)
    words.search(passages[count // 2].text, 40)
    vectors = ChromaVectors().open(folder / CHROMA)
    vectors.search(numpy.load(folder / VECTORS, mmap_mode="r")[0], 40)
    vectors.close()
    return {"memory: to search": _most_memory()}


STEPS: Mapping[str, Callable[[int, Path], Measures]] = {"build": build, "opened": opened}


def measured(count: int) -> Measures:
    """All measures of one size, each step in a process of its own."""
    found: Measures = {}
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            command = [sys.executable, "-m", "tests.benchmarks.sizes", "--step", step, str(count), folder]
            ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found |= json.loads(ran.stdout)
    return found


def table(sizes: Sequence[int], found: Sequence[Measures]) -> str:
    """What was measured, the line through it, and the line drawn on, in Markdown."""
    names = list(found[0])
    head = [f"{size:,}" for size in sizes] + ["each more", "off the line"]
    head += [f"drawn to {_short(count)}" for count in DRAWN_TO]
    lines = [f"| passages | {' | '.join(head)} |", "|---|" + "---|" * len(head)]
    for name in names:
        values = numpy.asarray([one[name] for one in found])
        slope, rest = numpy.polyfit(sizes, values, 1)
        off = numpy.abs(values - (slope * numpy.asarray(sizes) + rest)).max() / values.max()
        unit = name.partition(":")[0]
        cells = [_said(unit, value) for value in values]
        cells += [_said(unit, slope), f"{off:.0%}"]
        cells += [_said(unit, slope * count + rest) for count in DRAWN_TO]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def shares(sizes: Sequence[int], found: Sequence[Measures]) -> str:
    """How many passages fit into the memory of one process, by the same lines."""
    most = {}
    for step in ("to build", "to search"):
        slope, rest = numpy.polyfit(sizes, [one[f"memory: {step}"] for one in found], 1)
        most[step] = int((MEMORY - rest) / slope)
    fewest = min(most.values())
    return (
        f"By these lines a process with {MEMORY / 1e9:.0f} GB builds {most['to build'] / 1e6:.1f} million "
        f"passages and searches {most['to search'] / 1e6:.1f} million; 100 million are then "
        f"{ceil(1e8 / fewest)} snapshots."
    )


def _said(unit: str, value: float) -> str:
    """Three digits with a unit that suits: bytes by thousands, seconds up to days."""
    if unit == "seconds":
        for name, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
            if value >= size or name == "µs":
                return f"{value / size:.3g} {name}"
    for name, size in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:.3g} B"


def _short(count: int) -> str:
    return f"{count // 1_000_000} million"


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def _most_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(*, writing: bool) -> None:
    """Measure, print, and write what the page shows."""
    found = []
    for size in SIZES:
        found.append(measured(size))
        print(size, {name: round(value, 3) for name, value in found[-1].items()}, file=sys.stderr)
    said = f"{table(SIZES, found)}\n\n{shares(SIZES, found)}\n"
    print(said)
    if writing:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        cores = len(os.sched_getaffinity(0))
        told = (
            f"`{COMMAND}`, on {cores} cores, passages of {WORDS_OF_PASSAGE} words, {DIMENSIONS} dimensions:\n"
        )
        PAGE.write_text(f"{before}{BEGIN}{told}\n{said}{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="write the table into the page")
    options.add_argument("--step", nargs=3, metavar=("STEP", "COUNT", "FOLDER"), help="one step, as JSON")
    given = options.parse_args()
    if given.step:
        step, count, folder = given.step
        print(json.dumps(STEPS[step](int(count), Path(folder))))
    else:
        main(writing=given.write)
