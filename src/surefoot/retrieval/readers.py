"""Which reader reads which file, by its ending."""

from collections.abc import Callable, Mapping
from pathlib import PurePath

from surefoot.retrieval.beautifulsoup_html import read_html
from surefoot.retrieval.docutils_rst import read_rst
from surefoot.retrieval.pdfplumber_pdf import read_pdf
from surefoot.retrieval.plain_files import read_csv, read_json_lines, read_markdown, read_plain
from surefoot.retrieval.ports import ReadText
from surefoot.retrieval.python_docx import read_docx
from surefoot.retrieval.recipes import Named
from surefoot.retrieval.tree_sitter_code import LANGUAGES, read_code

Read = Callable[[bytes], ReadText]
ReadNamed = Callable[[bytes, str, Named], ReadText]
READERS: Mapping[str, Read] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".rst": read_rst,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".csv": read_csv,
    ".tsv": read_csv,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
}


class FileReaders:
    """Reads every kind of file that this project knows; what has another ending is read as plain text.

    `by_named` reads with a class of LlamaIndex's, which takes a second to load.
    """

    def __init__(self, by_named: ReadNamed | None = None) -> None:
        self._by_named = by_named

    def read(self, content: bytes, name: str, named: Named | None = None) -> ReadText:
        """The text of the file of that name, by a reader of LlamaIndex's where one is named.

        Raises ValueError with the reason when there is none.
        """
        if named is not None:
            if self._by_named is None:
                raise ValueError(f"nothing here reads with {named.what}")
            return self._by_named(content, name, named)
        ending = PurePath(name).suffix.lower()
        if ending in LANGUAGES:
            return read_code(content, ending)
        return READERS.get(ending, read_plain)(content)
