# mypy: disable-error-code="import-not-found"
"""txtai's own way: its embeddings database over Faiss, with the texts in SQLite. It cuts nothing itself."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ["HF_HUB_OFFLINE"] = "1"

from embedding import Job, Shared, asked, latencies, tell, timed
from txtai import Embeddings

WORDS, OVERLAP = 130, 20


def cut(folder: str) -> Iterator[str]:
    """Pieces of as many words as the others', by the cheapest means there is."""
    for file in sorted(Path(folder).iterdir()):
        words = file.read_text(encoding="utf-8").split()
        for at in range(0, len(words), WORDS - OVERLAP):
            yield " ".join(words[at : at + WORDS])


def main(job: Job) -> None:
    """Do it, and tell."""
    shared = Shared(job)

    def transform(texts: list[str]) -> object:  # it takes plain functions alone
        return shared(texts)

    settings = {"method": "external", "transform": transform, "content": True, "backend": "faiss"}
    database = Embeddings({**settings, "hybrid": True} if job.words else settings)
    with timed() as building:
        database.index(enumerate(cut(job.documents) if job.documents else job.texts))
        database.save(str(Path(job.work) / "index"))
    if job.documents:
        tell(passages=database.count(), seconds=building.seconds)
        return
    taken = latencies(lambda query: len(database.search(query, job.shown)), job.queries, job.shown)
    tell(passages=database.count(), seconds=building.seconds, latencies=taken)


if __name__ == "__main__":
    main(asked())
