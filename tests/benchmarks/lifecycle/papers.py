"""A folder of small documents that say things, what they say now, and what a set of passages gets wrong."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from surefoot.records import Passage

FIRST_PAPERS = 8
ENDINGS = (".md", ".txt")
LETTERS = "bcdfghjklmnpqrstvwxz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One thing that a document says: "The word of `thing` is `word`"."""

    source: str
    thing: str
    word: str

    @property
    def sentence(self) -> str:
        return f"The word of {self.thing} is {self.word}."

    @property
    def question(self) -> str:
        """Its own word alone: others are in every document, and would only rank them against one another."""
        return f"{self.thing}?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Counts of what is wrong with passages, against the documents that they are of."""

    lost: int = 0
    stale: int = 0
    doubled: int = 0

    def __add__(self, other: "Wrong") -> "Wrong":
        return Wrong(
            lost=self.lost + other.lost,
            stale=self.stale + other.stale,
            doubled=self.doubled + other.doubled,
        )


class Papers:
    """The documents, changed at random. Every thing and every word is new, so nothing old can be mistaken."""

    def __init__(self, folder: Path, chance: Random) -> None:
        self._folder, self._chance = folder, chance
        self.gone: list[Said] = []
        folder.mkdir(parents=True, exist_ok=True)
        for _ in range(FIRST_PAPERS):
            self.add()

    def change(self) -> str:
        """Add, edit, delete or rename one document; says which."""
        names = self._names()
        kind = self._chance.choice(("add", "edit", "edit", "delete", "rename"))
        if kind == "add" or (kind == "delete" and len(names) < FIRST_PAPERS // 2):
            return self.add()
        name = self._chance.choice(names)
        return {"edit": self._edit, "delete": self._delete, "rename": self._rename}[kind](name)

    def add(self) -> str:
        """Write a new document."""
        name = f"{self._new()}{self._chance.choice(ENDINGS)}"
        some = [f"# About {name}"]
        for _ in range(self._chance.randint(1, 12)):
            said = Said(source=name, thing=self._new(), word=self._new())
            some.append(f"{said.sentence} It is known since the year {self._chance.randint(1000, 1999)}.")
        self._write(name, "\n\n".join(some) + "\n")
        return f"add {name}"

    def texts(self) -> dict[str, str]:
        """Every document as it is now, by its name."""
        return {name: (self._folder / name).read_text() for name in self._names()}

    def _edit(self, name: str) -> str:
        said = self._chance.choice([*says(name, self.texts()[name])])
        other = Said(source=name, thing=said.thing, word=self._new())
        self._write(name, self.texts()[name].replace(said.sentence, other.sentence))
        self.gone.append(said)
        return f"edit {name}"

    def _delete(self, name: str) -> str:
        self.gone += says(name, self.texts()[name])
        (self._folder / name).unlink()
        return f"delete {name}"

    def _rename(self, name: str) -> str:
        self.gone += says(name, self.texts()[name])
        other = f"{self._new()}{Path(name).suffix}"
        (self._folder / name).rename(self._folder / other)
        return f"rename {name} to {other}"

    def _names(self) -> list[str]:
        return sorted(path.name for path in self._folder.iterdir())

    def _new(self) -> str:
        return "".join(self._chance.choices(LETTERS, k=9))

    def _write(self, name: str, text: str) -> None:
        (self._folder / name).write_text(text)


def says(source: str, text: str) -> Iterator[Said]:
    """What a document says."""
    for line in text.splitlines():
        words = line.split()
        if line.startswith("The word of "):
            yield Said(source=source, thing=words[3], word=words[5].rstrip("."))


def wrong_with(passages: Sequence[Passage], texts: dict[str, str]) -> Wrong:
    """What is wrong with all passages of an index of these documents.

    Lost: a thing that no passage of its document says. Stale: a passage that is not that span of a document
    that is there. Doubled: a passage beyond the first with the same id, or with the same span.
    """
    shown = Counter((one.source, one.start, one.end) for one in passages)
    ids = Counter(one.id for one in passages)
    return Wrong(
        lost=sum(
            not any(one.source == said.source and said.sentence in one.text for one in passages)
            for source, text in texts.items()
            for said in says(source, text)
        ),
        stale=stale(passages, texts),
        doubled=sum(
            max(times - 1 for times in (shown[one.source, one.start, one.end], ids[one.id])) > 0
            for one in passages
        ),
    )


def stale(passages: Sequence[Passage], texts: dict[str, str]) -> int:
    """How many passages are no span of their document as it is."""
    return sum(texts.get(one.source, "")[one.start : one.end] != one.text for one in passages)
