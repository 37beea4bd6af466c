"""What a GGUF file says of itself: its metadata, and where each tensor is. No tensor is read here."""

import math
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from surefoot.errors import FetchError

Scalar: TypeAlias = int | float | bool | str
Metadata: TypeAlias = Mapping[str, Scalar | list[Scalar]]

VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32

# GGUF's numbers for types of values, as struct spells them. Source: ggml's docs/gguf.md.
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_TEXT, _ARRAY = 8, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTensor:
    """A tensor as the file holds it: `shape` ends with the columns, `start` is a byte offset in the file.

    `block_type` is GGML's number for how its rows are stored.
    """

    name: str
    shape: tuple[int, ...]
    block_type: int
    start: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GgufFile:
    """The header of a GGUF file."""

    metadata: Metadata
    tensors: tuple[StoredTensor, ...]


def read_gguf(path: Path) -> GgufFile:
    """The header of the file at `path`. Raises FetchError unless it is a GGUF file of a known version."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _read(content)
    except (struct.error, ValueError, OverflowError) as error:
        raise FetchError(
            f"{path.name!r} is not a GGUF file that can be read: {error}",
            remedy=f"name a file of GGUF version {' or '.join(map(str, VERSIONS))} in models.toml",
        ) from error


def _read(content: mmap.mmap) -> GgufFile:
    if (magic := content[:4]) != b"GGUF":
        raise ValueError(f"it starts with {magic!r}")
    header = _Header(content, at=4)
    if (version := header.count("I")) not in VERSIONS:
        raise ValueError(f"its version is {version}")
    tensor_count, key_count = header.count("Q"), header.count("Q")
    metadata = {}
    for _ in range(key_count):
        key = header.text()
        metadata[key] = header.value(header.count("I"))
    table = [_entry(header) for _ in range(tensor_count)]
    alignment = int(str(metadata.get("general.alignment", DEFAULT_ALIGNMENT)))
    data = math.ceil(header.at / alignment) * alignment
    return GgufFile(
        metadata=metadata,
        tensors=tuple(
            StoredTensor(name=name, shape=shape, block_type=kind, start=data + offset)
            for name, shape, kind, offset in table
        ),
    )


def _entry(header: "_Header") -> tuple[str, tuple[int, ...], int, int]:
    """Name, shape (rows first), type of blocks, and offset in the data."""
    name = header.text()
    dimensions = [header.count("Q") for _ in range(header.count("I"))]
    return name, tuple(reversed(dimensions)), header.count("I"), header.count("Q")


class _Header:
    """Reads values one after the other, `at` being the next byte."""

    def __init__(self, content: mmap.mmap, *, at: int) -> None:
        self._content = content
        self.at = at

    def number(self, letter: str) -> int | float | bool:
        (value,) = struct.unpack_from("<" + letter, self._content, self.at)
        self.at += struct.calcsize("<" + letter)
        found: int | float | bool = value
        return found

    def count(self, letter: str) -> int:
        return int(self.number(letter))

    def text(self) -> str:
        length = self.count("Q")
        start, self.at = self.at, self.at + length
        if self.at > len(self._content):
            raise ValueError("it ends within its header")
        return self._content[start : self.at].decode("utf-8")

    def value(self, kind: int) -> Scalar | list[Scalar]:
        if kind != _ARRAY:
            return self.single(kind)
        element, length = self.count("I"), self.count("Q")
        return [self.single(element) for _ in range(length)]

    def single(self, kind: int) -> Scalar:
        if kind == _TEXT:
            return self.text()
        if kind not in _NUMBERS:
            raise ValueError(f"it holds a value of the unknown type {kind}")
        return self.number(_NUMBERS[kind])
