"""How fast documents are taken in and searched, beside LlamaIndex with Chroma, Haystack and txtai.

    make up
    SUREFOOT_BENCHMARK_DATA=path .venv/bin/python -m tests.benchmarks.speed --write

`make up` brings the embedder. Every contender runs as a process of its own, in turns, over the same documents
with the same embedder; those that are not this project's get environments of their own in the user's cache,
at pinned versions. What was measured is kept in `.surefoot/benchmarks/speed`, and a run that was stopped goes
on there; `--fresh` begins anew. With `--write` `docs/reference/retrieval-speed.md`, its plot and its `.json`
are written anew.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.speed.embedders import compared
from tests.benchmarks.speed.environments import CONTENDERS, python_of, version_of
from tests.benchmarks.speed.texts import Material
from tests.benchmarks.speed.written import Measured, printed, write

from surefoot.local.weights import weights_folder
from surefoot.records import Json
from surefoot.wiring.project import open_project

FOLDER = Path(".surefoot/benchmarks/speed").absolute()
SCRIPTS = Path(__file__).parent / "contenders"
ROUNDS = 3
STUBBED, SMALL, WHOLE = 3_000, 500, 100
HYBRID = "txtai_faiss, words too"
# Where many passages are built slowly, `--all` asks for them too.
SEARCHED = {
    10_000: ("ours", "llama_index_chroma", "haystack_memory", "txtai_faiss", HYBRID),
    100_000: ("ours", "txtai_faiss", HYBRID),
}
LONGEST_SECONDS = 1_800


def main(*, writing: bool, fresh: bool, every: bool) -> None:
    """Measure what is not measured yet, print, and write what the page shows."""
    data = os.environ.get("SUREFOOT_BENCHMARK_DATA")
    if data is None or not (Path(data) / "chroma_chunking").is_dir():
        print(f"skipped: SUREFOOT_BENCHMARK_DATA is {data!r}, and has no chroma_chunking")
        return
    if fresh:
        shutil.rmtree(FOLDER, ignore_errors=True)
    material, embedder = Material(Path(data)), embedder_folder()
    names = (*CONTENDERS, HYBRID)
    done = Measured(
        versions={name: version_of(name) for name in CONTENDERS},
        stubbed=rounds(
            names, {"documents": str(material.documents(STUBBED, FOLDER / "documents"))}, "stubbed"
        ),
        whole=rounds(
            CONTENDERS,
            {"documents": str(material.documents(WHOLE, FOLDER / "few")), "embedder": str(embedder)},
            "whole",
        ),
        searched={
            passages: {
                name: once(
                    name,
                    f"search-{passages}",
                    {
                        "passages": str(material.given(passages, FOLDER / f"{passages}.jsonl")),
                        "queries": material.queries,
                        "embedder": str(embedder),
                    },
                )
                for name in (names if every else asked)
            }
            for passages, asked in SEARCHED.items()
        },
        small=once(
            "ours", "small", {"documents": str(material.documents(SMALL, FOLDER / "small-documents"))}
        ),
        embedders=kept("embedders", lambda: compared(embedder, material.paragraphs, Path(data), FOLDER)),
    )
    print(printed(done))
    if writing:
        write(done)


def embedder_folder() -> Path:
    """Where this machine has the embedder, as `make up` brought it."""
    project = open_project(Path.cwd())
    spec = project.models.named("embedder")
    folder = weights_folder(spec, cache=project.settings.folders.cache, expanded=False)
    if not folder.is_dir():
        raise SystemExit("the embedder is not here: run `surefoot model fetch embedder`")
    return folder


def rounds(names: tuple[str, ...], job: dict[str, Json], what: str) -> dict[str, list[dict[str, Json]]]:
    """Each contender in turn, that many times."""
    found: dict[str, list[dict[str, Json]]] = {name: [] for name in names}
    for number in range(1, ROUNDS + 1):
        for name in names:
            found[name].append(once(name, f"{what}-{number}", job))
    return found


def once(name: str, what: str, job: dict[str, Json]) -> dict[str, Json]:
    """One process of one contender, in a folder of its own that goes afterwards."""

    def measure() -> dict[str, Json]:
        contender, _, words = name.partition(",")
        work = FOLDER / f"work-{os.getpid()}"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        file = FOLDER / f"job-{os.getpid()}.json"
        file.write_text(json.dumps({**job, "work": str(work), "words": bool(words)}), encoding="utf-8")
        try:
            ended = subprocess.run(
                [python_of(contender), str(SCRIPTS / f"{contender}.py"), str(file)],
                capture_output=True,
                text=True,
                timeout=LONGEST_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return {"failed": f"more than {LONGEST_SECONDS} s"}
        finally:
            shutil.rmtree(work, ignore_errors=True)
        if ended.returncode:
            sys.stderr.write(ended.stderr[-3000:])
            raise SystemExit(f"{name} failed at {what}; its last words are above")
        said: dict[str, Json] = json.loads(ended.stdout.splitlines()[-1])
        return said

    return kept(f"{what} {name}", measure)


def kept(name: str, measure: Callable[[], dict[str, Json]]) -> dict[str, Json]:
    """What was measured under that name, now or by an earlier run."""
    file = FOLDER / "measured" / f"{name}.json"
    if not file.is_file():
        print(f"measuring: {name}", flush=True)
        found = measure()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found), encoding="utf-8")
    read: dict[str, Json] = json.loads(file.read_bytes())
    return read


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--write", action="store_true", help="write the results into docs/reference")
    options.add_argument("--fresh", action="store_true", help="measure everything anew")
    options.add_argument("--all", action="store_true", help="all contenders at every size, an hour more")
    given = options.parse_args()
    main(writing=given.write, fresh=given.fresh, every=given.all)
