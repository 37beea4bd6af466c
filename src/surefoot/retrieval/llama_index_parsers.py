"""A node parser of LlamaIndex's that a recipe names, and the exact spans of what it makes of a text."""

from collections.abc import Mapping
from functools import lru_cache

from llama_index.core.node_parser import NodeParser
from llama_index.core.schema import Document, MetadataMode

from surefoot.retrieval.llama_index_classes import made
from surefoot.retrieval.recipes import Named, Option
from surefoot.retrieval.spans import LETTER, Window


def named_windows(splitter: str, options: Mapping[str, Option], text: str) -> tuple[Window, ...]:
    """Where the parser cuts the text. SettingsError for a parser that is not there or takes no such options.

    ValueError where a piece is not in the text as it stands, or a part of the text is in no piece: a
    passage is always an exact span of its document, and nothing is dropped in silence.
    """
    parser = _parser(splitter, tuple(sorted(options.items())))
    try:
        nodes = parser.get_nodes_from_documents([Document(text=text)])
    except Exception as problem:
        raise ValueError(f"{splitter} cannot cut it: {problem}"[:200]) from problem
    windows: list[Window] = []
    reached = 0
    for node in nodes:
        piece = node.get_content(metadata_mode=MetadataMode.NONE).strip()
        if not piece:
            continue
        ahead = LETTER.search(text, reached)
        following = ahead.start() if ahead else len(text)
        # A piece may share text with the one before it, and may stand in the document more than once: it
        # is taken where it goes furthest without a gap.
        start = text.rfind(piece, windows[-1].start if windows else 0, following + len(piece))
        if start < 0:
            raise ValueError(f"{splitter} changed or lost the text near {text[following:][:40]!r}")
        windows.append(Window(start=start, end=start + len(piece)))
        reached = max(reached, start + len(piece))
    if (lost := LETTER.search(text, reached)) is not None:
        raise ValueError(f"{splitter} lost the text from {text[lost.start() :][:40]!r} on")
    return tuple(dict.fromkeys(windows))


@lru_cache(maxsize=8)
def _parser(splitter: str, options: tuple[tuple[str, Option], ...]) -> NodeParser:
    named = Named(what=splitter, options=dict(options))
    return made(named, NodeParser, {"include_metadata": False, "include_prev_next_rel": False})  # type: ignore[type-abstract]
