"""LlamaIndex's node parsers cut documents into passages whose spans are exact.

Only the parsers are used: files are read by our readers (the vendor's directory reader drops what it cannot
decode, in silence), a local function counts words, and neither the vendor's global Settings nor its
downloaded tokenizers are touched.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise

from llama_index.core.node_parser import MarkdownNodeParser, SentenceSplitter
from llama_index.core.schema import Document, MetadataMode

from surefoot.records import Passage, digest
from surefoot.retrieval.llama_index_parsers import named_windows
from surefoot.retrieval.ports import ParsedDocument, ReadText, Tokens
from surefoot.retrieval.recipes import Chunking
from surefoot.retrieval.spans import (
    Section,
    Window,
    count_words,
    headings_over,
    join_short_ends,
    join_small,
    lines_of,
    locate,
    overlap,
    sentences_of,
)
from surefoot.retrieval.token_windows import cut_by_tokens
from surefoot.retrieval.tree_sitter_code import code_sections

UNDERLINED = re.compile(r"^(\S[^\n]*)\n(={3,}|-{3,})[ \t]*$", re.MULTILINE)
HEADING = re.compile(r"(#+)\s([^\n]*)")
PATH_SEPARATOR = "\x1f"  # a heading may hold a slash, the vendor's own choice


class _UnhashedDocument(Document):
    """Keeps the parser from hashing the whole document once for each section."""

    @property
    def hash(self) -> str:
        return ""


class LlamaIndexDocuments:
    """Headings first, by LlamaIndex's Markdown parser; then sentences, by its sentence splitter.

    `tokens` are the embedder's, for recipes that cut by them.
    """

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens

    def parse(self, source: str, read: ReadText, chunking: Chunking) -> ParsedDocument:
        """Cut one document. Raises ValueError when the vendor changed more than white space."""
        passages = [
            _passage(source, read, window, headings_over(window, group))
            for group in _groups(read, chunking)
            for window in self._windows(read, group, chunking)
        ]
        return ParsedDocument(source=source, text=read.text, passages=tuple(passages))

    def _windows(self, read: ReadText, group: Sequence[Section], chunking: Chunking) -> tuple[Window, ...]:
        if chunking.splitter == "token":
            return cut_by_tokens(read.text, group, chunking, self._tokens, _pieces(read))
        return _windows(read, group, chunking)


def _groups(read: ReadText, chunking: Chunking) -> tuple[tuple[Section, ...], ...]:
    """Sections that are cut together: small ones with a neighbour, or all where headings do not cut."""
    sections = _sections(read)
    if chunking.splitter != "structure":
        return (sections,) if sections else ()
    return join_small(sections, chunking.minimum_words)


def _sections(read: ReadText) -> tuple[Section, ...]:
    if read.structure == "markdown":
        return _markdown_sections(read.text)
    if read.structure == "code":
        return code_sections(read.text, read.language)
    return _text_sections(read.text)


def _markdown_sections(text: str) -> tuple[Section, ...]:
    parser = MarkdownNodeParser(
        header_path_separator=PATH_SEPARATOR, include_prev_next_rel=False, include_metadata=True
    )
    nodes = parser.get_nodes_from_node(_UnhashedDocument(text=text))
    spans = locate(text, [node.get_content(metadata_mode=MetadataMode.NONE) for node in nodes])
    return tuple(
        Section(
            start=span.start,
            end=span.end,
            words=count_words(text[span.start : span.end]),
            headings=_headings(text, span, str(node.metadata["header_path"])),
        )
        for node, span in zip(nodes, spans, strict=True)
    )


def _text_sections(text: str) -> tuple[Section, ...]:
    """Plain text has headings where a line is underlined with = (a title) or with - (a heading below it)."""
    marks = list(UNDERLINED.finditer(text))
    starts = [0, *(mark.start() for mark in marks), len(text)]
    pieces = [text[start:end] for start, end in pairwise(starts)]
    paths: list[tuple[str, ...]] = [()]
    title: tuple[str, ...] = ()
    for mark in marks:
        title = (mark[1].strip(),) if mark[2].startswith("=") else title
        paths.append(title if mark[2].startswith("=") else (*title, mark[1].strip()))
    return tuple(
        Section(start=span.start, end=span.end, words=count_words(text[span.start : span.end]), headings=path)
        for piece, start, path in zip(pieces, starts, paths, strict=False)
        for span in locate(piece, [piece], start)
    )


def _headings(text: str, span: Window, path_above: str) -> tuple[str, ...]:
    own = HEADING.match(text, span.start) if span.start == 0 or text[span.start - 1] == "\n" else None
    path = [*path_above.split(PATH_SEPARATOR), own.group(2) if own else ""]
    cleaned = (" ".join(heading.rstrip("# \t").split()) for heading in path)
    return tuple(heading for heading in cleaned if heading)


def _windows(read: ReadText, group: Sequence[Section], chunking: Chunking) -> tuple[Window, ...]:
    text = read.text
    if chunking.library:
        return named_windows(chunking.splitter, chunking.options, text)
    start, end = group[0].start, group[-1].end
    splitter = SentenceSplitter(
        chunk_size=chunking.limit_words,
        chunk_overlap=0,
        paragraph_separator="\n\n",
        tokenizer=_counted,
        chunking_tokenizer_fn=_pieces(read),
        include_metadata=False,
        include_prev_next_rel=False,
    )
    windows = locate(text[start:end], splitter.split_text(text[start:end]), start)
    windows = join_short_ends(windows, text, chunking.limit_words, chunking.minimum_words)
    return overlap(windows, text, chunking.overlap_words)


def _pieces(read: ReadText) -> Callable[[str], list[str]]:
    return lines_of if read.structure == "code" else sentences_of


def _counted(text: str) -> list[str]:
    """As many entries as it has words, at least one: the splitter repeats what counts for nothing.

    It asks for tokens, and looks at nothing but how many there are.
    """
    return [""] * (count_words(text) or len(text.split()))


def _passage(source: str, read: ReadText, window: Window, headings: tuple[str, ...]) -> Passage:
    cut = read.text[window.start : window.end]
    identity = digest({"source": source, "start": window.start, "end": window.end, "text": cut})
    return Passage(
        id=identity[:32],
        source=source,
        start=window.start,
        end=window.end,
        text=cut,
        headings=headings,
        page=bisect_right(read.pages, window.start) or None,
        metadata=read.metadata,
    )
