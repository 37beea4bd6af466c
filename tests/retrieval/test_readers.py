"""Files of every kind become the text a person reads, or a reason."""

import io
import zipfile

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.retrieval.pdf_files import Put, column, grid, pdf

from surefoot.retrieval.llama_index_documents import LlamaIndexDocuments
from surefoot.retrieval.ports import ReadText
from surefoot.retrieval.readers import READERS, FileReaders
from surefoot.retrieval.recipes import Chunking
from surefoot.retrieval.tree_sitter_code import LANGUAGES

RST = """
=======
Manual
=======

Vaults keep *three* copies. See `Keys`_.

Keys
----

.. _inner:

- Rotate them
- Keep the old one

1. First
2. Second

term
    What it means.

::

    vault = open()

.. list-table::

   * - Part
     - Days
   * - Key
     - 90

.. include:: /etc/passwd
.. raw:: html

   <script>alert(1)</script>

.. comment nobody reads

# not a heading
"""
READ_RST = """# Manual

Vaults keep three copies. See Keys.

## Keys

- Rotate them
- Keep the old one

1. First
2. Second

term: What it means.

```
vault = open()
```

Part | Days
Key | 90

\\# not a heading"""
CODE = '''"""What it does."""

import os

LIMIT = 3


class Vault:
    """Keeps keys."""

    def open(self, name):
        # a comment with ümlauts
        return os.path.join(name, "key")

    def close(self):
        return None


def rotate(vault):
    return vault.open("a")
'''


def read(name: str, content: bytes | str) -> ReadText:
    return FileReaders().read(content.encode() if isinstance(content, str) else content, name)


def word_file() -> bytes:
    document = docx.Document()
    document.core_properties.title = "The manual"
    document.add_heading("Manual", 1)
    document.add_paragraph("Vaults keep three copies.")
    document.add_heading("Keys", 2)
    document.add_paragraph("Rotate them", style="List Bullet")
    document.add_paragraph("Keep the old one", style="List Bullet")
    table = document.add_table(rows=2, cols=3)
    for at, text in enumerate(("Part", "Days", "Note", "Key", "90", "")):
        table.cell(at // 3, at % 3).text = text
    table.cell(1, 1).merge(table.cell(1, 2))
    document.add_paragraph("# no heading")
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def test_restructured_text_is_read_as_it_means_and_reaches_no_file() -> None:
    assert read("a.rst", RST).text == READ_RST


def test_a_word_document_is_read_in_its_order() -> None:
    found = read("a.docx", word_file())

    assert found.text == (
        "# Manual\n\nVaults keep three copies.\n\n## Keys\n\n- Rotate them\n- Keep the old one\n\n"
        "Part | Days | Note\nKey | 90\n\n\\# no heading"
    )
    assert found.metadata == {"title": "The manual"}


def test_each_row_of_a_table_names_its_columns() -> None:
    found = read("a.csv", 'name;days;note\nkey;90;"first line\nsecond"\n;;\nlog;7;\n')

    assert found.text == "name: key\ndays: 90\nnote: first line second\n\nname: log\ndays: 7"
    assert read("a.tsv", "name\tdays\nkey\t90\t?\n").text == "name: key\ndays: 90\ncolumn 3: ?"
    assert read("a.csv", "only,names").text == "only, names"


def test_each_record_of_json_lines_is_a_paragraph() -> None:
    found = read(
        "a.jsonl", '{"name": "key", "life": {"days": 90, "old": null}, "tags": ["a", 2]}\n\n"free"\n'
    )

    assert found.text == "name: key\nlife.days: 90\ntags: a, 2\n\nfree"
    assert read("a.ndjson", '[{"a": 1}, {"b": true}]').text == "1.a: 1\n2.b: true"


def test_code_is_cut_at_its_definitions_and_named_by_where_it_stands() -> None:
    found = read("vault.py", CODE)
    cut = LlamaIndexDocuments().parse(
        "vault.py", found, Chunking(limit_words=20, minimum_words=0, overlap_words=0)
    )

    assert found.text == CODE
    named = {passage.headings: passage.text for passage in cut.passages}
    assert named["Vault", "open"].startswith("def open(self, name):")
    assert named["Vault", "close"] == "def close(self):\n        return None"
    assert named["rotate",].startswith("def rotate(vault):")
    assert any("LIMIT = 3" in text for path, text in named.items() if path == ())


@pytest.mark.parametrize(
    ("ending", "code", "name"),
    [
        (".js", "function rotate(vault) { return 1 }", "rotate"),
        (".ts", "interface Vault { open(): string }", "Vault"),
        (".go", "package a\n\nfunc Rotate(v int) int { return v }", "Rotate"),
        (".java", "class Vault { int open() { return 1; } }", "Vault"),
        (".rs", "fn rotate(v: u8) -> u8 { v }", "rotate"),
        (".c", "int rotate(int v) { return v; }", "rotate"),
        (".sh", "rotate() {\n  echo 1\n}", "rotate"),
    ],
)
def test_every_language_names_its_definitions(ending: str, code: str, name: str) -> None:
    cut = LlamaIndexDocuments().parse(
        "a", read(f"a{ending}", code), Chunking(minimum_words=0, overlap_words=0)
    )

    assert any(name in passage.headings for passage in cut.passages)


def test_columns_of_a_page_are_read_one_after_the_other() -> None:
    page = [
        Put(text="A title over both columns", left=150, top=40, size=18),
        *column(["the left column", "goes on here and is hyphen-", "ated at its end"], 60, 90),
        *column(["the right column", "is read after it", "and not across"], 330, 90),
        Put(text="A last line below both of them, as wide as the page is and more", left=60, top=180),
    ]

    assert read("a.pdf", pdf(page)).text == (
        "# A title over both columns\n\n"
        "the left column goes on here and is hyphenated at its end\n\n"
        "the right column is read after it and not across\n\n"
        "A last line below both of them, as wide as the page is and more"
    )


def test_a_ruled_table_is_read_by_rows_in_its_place_and_once() -> None:
    page = [
        *column(["before the table"], 60, 60),
        *grid([["Part", "Days"], ["Key", "90"], ["Log file", "7"]], 60, 100),
        *column(["after the table"], 60, 200),
    ]

    assert read("a.pdf", pdf(page)).text == (
        "before the table\n\nPart | Days\nKey | 90\nLog file | 7\n\nafter the table"
    )


def test_words_that_are_set_tightly_stay_apart_and_items_of_a_list_stand_below_one_another() -> None:
    page = [
        Put(text="Tightly", left=60, top=60, size=8),
        Put(text="set", left=60 + 7 * 4.8 + 2, top=60, size=8),  # Courier has 0.6 of its size to a letter
        *column(["1. one", "2. two is long", "and goes on"], 60, 90),
    ]

    assert read("a.pdf", pdf(page)).text == "Tightly set\n\n1. one\n2. two is long and goes on"


def test_passages_of_a_pdf_know_their_page() -> None:
    words = " ".join(["word"] * 12)
    pages = [column([f"page {number}", *[words] * 5], 60, 60) for number in (1, 2, 3)]
    read_pages = read("a.pdf", pdf(*pages[:1], [], *pages[1:]))
    cut = LlamaIndexDocuments().parse(
        "a.pdf", read_pages, Chunking(limit_words=60, minimum_words=0, overlap_words=0)
    )

    assert {passage.page for passage in cut.passages} == {1, 3, 4}, "an empty page counts"
    assert cut.passages[0].text.startswith("page 1 ") and cut.passages[0].page == 1
    assert all(read_pages.text[one.start : one.end] == one.text for one in cut.passages)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b"\x89PNG\0", "it is not text: it holds NUL bytes"),
        ("a.txt", "caf\u00e9".encode("latin-1"), "it is not UTF-8: byte 3 is 0xe9"),
        ("a.csv", b" \n", "it is empty"),
        ("a.jsonl", b'{"a": 1}\n{"a": ', "its line 2 is not JSON"),
        ("a.jsonl", b"[" * 100_000, "its line 1 is not JSON"),
        ("a.rst", b".. nothing but a comment", "it has no readable text"),
        ("a.docx", b"PK\x03\x04 broken", "it is not a ZIP package"),
        ("a.docx", b"plain words", "it is not a ZIP package"),
        ("a.pdf", b"plain words", "it is no PDF that can be read"),
        ("a.pdf", pdf([]), "it has no text: pages that are pictures are not read"),
    ],
)
def test_what_cannot_be_read_gives_its_reason(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(name, content)


def test_a_package_that_unpacks_to_far_more_is_refused_before_it_is_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b" " * 250_000_000)

    with pytest.raises(ValueError, match="it unpacks to 250,000,000 bytes"):
        read("a.docx", bomb.getvalue())


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([*READERS, *LANGUAGES, ".txt"]), st.integers(0, 300))
def test_no_bytes_give_anything_but_text_or_a_reason(noise: bytes, ending: str, at: int) -> None:
    whole = {".pdf": PDF, ".docx": WORD}.get(ending, RST.encode())
    for content in (noise, whole[: at * 7] + noise + whole[at * 7 + len(noise) :]):
        try:
            found = read(f"a{ending}", content)
        except ValueError as reason:
            assert str(reason).startswith(("it ", "its "))
            continue
        for passage in LlamaIndexDocuments().parse("a", found, Chunking()).passages:
            assert found.text[passage.start : passage.end] == passage.text


PDF = pdf([*column(["some words", "and more"], 60, 60), *grid([["a", "b"], ["c", "d"]], 60, 100)])
WORD = word_file()
