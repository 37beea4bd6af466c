"""A reader of LlamaIndex's that a recipe names for files of an ending."""

import inspect
import tempfile
from itertools import accumulate
from pathlib import Path, PurePath

from llama_index.core.readers.base import BaseReader

from surefoot.retrieval.llama_index_classes import made
from surefoot.retrieval.plain_files import decoded
from surefoot.retrieval.ports import ReadText
from surefoot.retrieval.recipes import Named

BETWEEN = "\n\n"
# What readers call the file that they are to read, where they do not take it first.
_FILE = ("file", "input_file", "file_path", "path")


def read_by_named(content: bytes, name: str, named: Named) -> ReadText:
    """All that the reader makes of the file, a page for each document of its where there are several.

    ValueError with the reason where it makes nothing of it; SettingsError for a reader that is not there or
    takes no such options.
    """
    reader = made(named, BaseReader, {})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / PurePath(name).name
        file.write_bytes(content)
        try:
            documents = reader.load_data(**{_parameter(reader): file})
        except Exception as problem:
            raise ValueError(f"{named.what} cannot read it: {problem}"[:200]) from problem
    texts = [text for document in documents if (text := document.text.strip())]
    if not texts:
        raise ValueError("it has no readable text")
    whole = decoded(BETWEEN.join(texts).encode(errors="replace"))
    starts = (0, *accumulate(len(text) + len(BETWEEN) for text in texts[:-1]))
    same = whole == BETWEEN.join(texts)  # line ends that were made plain moved what follows
    return ReadText(text=whole, structure="text", pages=starts if same and len(texts) > 1 else ())


def _parameter(reader: BaseReader) -> str:
    """By which name the reader takes the file."""
    taken = list(inspect.signature(reader.load_data).parameters)
    return next((name for name in _FILE if name in taken), taken[0] if taken else _FILE[0])
