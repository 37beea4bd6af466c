"""What is taken in and searched: real paragraphs in new orders, as many as are wanted."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.retrieval.sets import SETS

SEED = 3
FEWEST_WORDS = 20
PARAGRAPHS = 30
WORDS_OF_A_PASSAGE = 113
WORDS_OF_A_GIVEN = 55
QUERIES = 200


class Material:
    """Paragraphs and questions of the set `chroma_chunking`."""

    def __init__(self, data: Path) -> None:
        questions = SETS["chroma_chunking"](data / "chroma_chunking")
        parts = [part for text in questions.documents.values() for part in text.split("\n\n")]
        self.paragraphs = [part for part in parts if len(part.split()) >= FEWEST_WORDS]
        self.queries = [one.text for one in questions.questions][:QUERIES]

    def documents(self, passages: int, folder: Path) -> Path:
        """Markdown files that make about so many passages of 130 words, 20 of them shared."""
        if not folder.is_dir():
            folder.mkdir(parents=True)
            for at, text in enumerate(self._documents(passages)):
                (folder / f"{at:05}.md").write_text(text, encoding="utf-8")
        return folder

    def _documents(self, passages: int) -> Iterator[str]:
        drawn, words = random.Random(SEED), 0
        while words < passages * WORDS_OF_A_PASSAGE:
            some = drawn.choices(self.paragraphs, k=PARAGRAPHS)
            words += sum(len(one.split()) for one in some)
            yield f"# Document {words}\n\n" + "\n\n".join(some) + "\n"

    def given(self, passages: int, file: Path) -> Path:
        """A file of exactly so many passages, each of 55 words and unlike the others."""
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            words = [word for one in self.paragraphs for word in one.split()]
            lines = (json.dumps(text) for text in _given(words, passages))
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file


def _given(words: Sequence[str], passages: int) -> Iterator[str]:
    drawn = random.Random(SEED)
    for at in range(passages):
        start = drawn.randrange(len(words) - WORDS_OF_A_GIVEN)
        plain = (word.strip(".!?|#*-") for word in words[start : start + WORDS_OF_A_GIVEN - 2])
        yield f"Number {at} " + " ".join(word for word in plain if word) + "."
