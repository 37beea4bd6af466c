"""Source code cut by its syntax, by tree-sitter: a section for each definition, named by where it stands."""

from collections.abc import Iterator

import tree_sitter_bash
import tree_sitter_c
import tree_sitter_go
import tree_sitter_java
import tree_sitter_javascript
import tree_sitter_python
import tree_sitter_rust
import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

from surefoot.retrieval.plain_files import decoded
from surefoot.retrieval.ports import ReadText
from surefoot.retrieval.spans import Section, count_words

GRAMMARS = {
    "bash": tree_sitter_bash.language,
    "c": tree_sitter_c.language,
    "go": tree_sitter_go.language,
    "java": tree_sitter_java.language,
    "javascript": tree_sitter_javascript.language,
    "python": tree_sitter_python.language,
    "rust": tree_sitter_rust.language,
    "typescript": tree_sitter_typescript.language_typescript,
}
LANGUAGES = {
    ".sh": "bash",
    ".bash": "bash",
    ".c": "c",
    ".h": "c",
    ".go": "go",
    ".java": "java",
    ".js": "javascript",
    ".mjs": "javascript",
    ".jsx": "javascript",
    ".py": "python",
    ".pyi": "python",
    ".rs": "rust",
    ".ts": "typescript",
}
# What has a name and holds more definitions: its parts are sections of their own.
OUTER = frozenset(
    """class_definition class_declaration class_body block declaration_list impl_item mod_item trait_item
    interface_declaration export_statement decorated_definition""".split()
)
NAMES = ("name", "declarator", "type")


def read_code(content: bytes, ending: str) -> ReadText:
    """Source code as it is; `ending` is that of its file, such as `.py`."""
    return ReadText(text=decoded(content), structure="code", language=LANGUAGES[ending])


def code_sections(text: str, language: str) -> tuple[Section, ...]:
    """Sections that cover the text without a gap, each with the names of the definitions around it."""
    encoded = text.encode()
    tree = Parser(Language(GRAMMARS[language]())).parse(encoded)
    cuts: dict[int, tuple[str, ...]] = {0: ()}
    for node, path in _definitions(tree.root_node, ()):
        cuts[node.start_byte] = path
        cuts.setdefault(node.end_byte, path[:-1])
    places = sorted(cuts)
    # Byte offsets to character offsets: the grammar counts bytes.
    letters = {at: len(encoded[:at].decode(errors="ignore")) for at in [*places, len(encoded)]}
    ends = [*places[1:], len(encoded)]
    return tuple(
        Section(
            start=letters[start],
            end=letters[end],
            words=count_words(text[letters[start] : letters[end]]),
            headings=cuts[start],
        )
        for start, end in zip(places, ends, strict=True)
        if text[letters[start] : letters[end]].strip()
    )


def _definitions(node: Node, path: tuple[str, ...]) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Named definitions from the outside in, each with its path of names, without walking into functions."""
    for child in node.named_children:
        name = _name(child) if _is_definition(child) else None
        here = (*path, name) if name else path
        if name:
            yield child, here
        if child.type in OUTER:
            yield from _definitions(child, here)


def _is_definition(node: Node) -> bool:
    return node.type.endswith(("_definition", "_declaration", "_item", "_spec")) and "import" not in node.type


def _name(node: Node) -> str | None:
    """The definition's own name; that of the thing it wraps for a decorated or exported one."""
    for field in NAMES:
        named = node.child_by_field_name(field)
        while named is not None and named.child_by_field_name("declarator") is not None:
            named = named.child_by_field_name("declarator")
        if named is not None and named.text is not None and len(named.text) <= 100:
            return " ".join(named.text.decode(errors="replace").split())
    return None
