"""Passages that both sides of a trial are shown: searched once, or given in a file."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

from surefoot.answering import Retriever
from surefoot.errors import SettingsError
from surefoot.records import EVERYBODY, Passage, RankedPassage, Reach, digest_bytes

_FORM = 'a JSON list such as [{"source": "keys.md", "text": "Keys last 90 days."}], or any other text'
_MOST_BYTES = 1_000_000


class SharedRetriever:
    """Searches for each question once, whoever asks; a search that failed is tried again."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever
        self._searches: dict[tuple[str, int, str], asyncio.Task[tuple[RankedPassage, ...]]] = {}

    async def search(
        self, question: str, *, limit: int, reach: Reach = EVERYBODY
    ) -> tuple[RankedPassage, ...]:
        """What the retriever behind it finds."""
        key = (question, limit, repr(reach))
        if key not in self._searches:
            self._searches[key] = asyncio.create_task(
                self._retriever.search(question, limit=limit, reach=reach)
            )
        try:
            return await asyncio.shield(self._searches[key])
        except Exception:
            self._searches.pop(key, None)
            raise


class GivenPassages:
    """Finds the same passages whatever the question is."""

    def __init__(self, passages: tuple[Passage, ...]) -> None:
        self._passages = passages

    async def search(
        self, question: str, *, limit: int, reach: Reach = EVERYBODY
    ) -> tuple[RankedPassage, ...]:
        """The passages in the order they were given; all of them, as somebody chose them."""
        return tuple(
            RankedPassage(passage=passage, score=1.0, similarity=None, lexical_score=None)
            for passage in self._passages
        )


def read_passages(file: Path) -> tuple[Passage, ...]:
    """The passages in a file: those of a JSON list, or any other text as one passage. SettingsError."""
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}", remedy="name a file") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not text in UTF-8", remedy=f"write {_FORM}") from error
    if len(content) > _MOST_BYTES:
        raise SettingsError(f"{file} is larger than {_MOST_BYTES:,} bytes", remedy="give fewer passages")
    if file.suffix != ".json" and text.strip():
        return (_passage(text.strip(), file.name),)
    return tuple(_passage(*fields) for fields in _fields(text, file))


def _fields(text: str, file: Path) -> list[tuple[str, str]]:
    try:
        value = json.loads(text) if text.strip() else None
    except ValueError as error:
        raise SettingsError(f"{file} is not JSON: {error}", remedy=f"write {_FORM}") from error
    if not isinstance(value, list) or not value:
        raise SettingsError(f"{file} holds no passages", remedy=f"write {_FORM}")
    return [_field(one, number, file) for number, one in enumerate(value, start=1)]


def _field(value: object, number: int, file: Path) -> tuple[str, str]:
    match value:
        case {"source": str(source), "text": str(text), **more} if not more and source and text:
            return text, source
    known = f"it has {', '.join(map(repr, value))}" if isinstance(value, Mapping) else f"it is {value!r}"
    raise SettingsError(
        f"{file}: passage {number} is no object of a 'source' and a 'text': {known}",
        remedy=f"write {_FORM}",
    )


def _passage(text: str, source: str) -> Passage:
    return Passage(
        id=digest_bytes(f"{source}\n{text}".encode()), source=source, start=0, end=len(text), text=text
    )
