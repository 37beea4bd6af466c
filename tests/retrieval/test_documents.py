import asyncio
import os
from pathlib import Path

import pytest
from tests.retrieval.fixtures import build, write_documents

from surefoot.errors import SnapshotError
from surefoot.retrieval import Corpus, Source
from surefoot.retrieval.documents import LARGEST_BYTES, read_bytes, scan_corpus
from surefoot.retrieval.readers import FileReaders


def test_what_cannot_be_read_is_reported_with_its_reason_and_stops_nothing(tmp_path: Path) -> None:
    outside = tmp_path / "secret.md"
    outside.write_text("secret")
    docs = tmp_path / "docs"
    corpus = write_documents(
        docs,
        {
            "good.md": "# Good",
            "latin.txt": "caf\u00e9".encode("latin-1"),
            "picture.md": b"\x89PNG\x00\x00",
            "empty.md": b" \n",
            "huge.txt": b"a" * (LARGEST_BYTES + 1),
            "real/inner.md": "# Inner",
        },
    )
    (docs / "escape.md").symlink_to(outside)
    (docs / "nothing.md").symlink_to(docs / "gone.md")
    (docs / "again.md").symlink_to(docs / "good.md")
    (docs / "linked.md").symlink_to(docs / "real")
    os.mkfifo(docs / "pipe.md")

    scan = scan_corpus(corpus)

    taken = ["again.md", "empty.md", "latin.txt", "picture.md", "real/inner.md"]
    assert [document.source for document in scan.documents] == taken
    assert {report.source: report.reason for report in scan.skipped} == {
        "good.md": "it is the same file as 'again.md'",
        "huge.txt": "it has 10,000,001 bytes, more than 10,000,000",
        "escape.md": "it is a link that leaves the source folder",
        "nothing.md": "it is a link to nothing",
        "linked.md": "it is a linked folder",
        "pipe.md": "it is not a regular file",
    }
    report = asyncio.run(build(corpus, tmp_path / "out"))
    reasons = {one.source: one.reason for one in report.documents if one.outcome == "skipped"}
    assert reasons == {
        **{one.source: one.reason for one in scan.skipped},
        "latin.txt": "it is not UTF-8: byte 3 is 0xe9",
        "picture.md": "it is not text: it holds NUL bytes",
        "empty.md": "it is empty",
    }
    assert sum(one.passages for one in report.documents) == 2


def test_hidden_and_unmatched_files_are_left_out_and_counted(tmp_path: Path) -> None:
    corpus = write_documents(
        tmp_path,
        {"a.md": "a", "B.TXT": "b", ".hidden.md": "h", ".git/x.md": "x", "code.py": "p", "data.bin": "c"},
    )

    scan = scan_corpus(corpus)

    assert [document.source for document in scan.documents] == ["B.TXT", "a.md"]
    assert (scan.hidden, scan.unmatched) == (2, 2)


def test_patterns_choose_by_folder_and_by_name(tmp_path: Path) -> None:
    write_documents(tmp_path, {"a.md": "a", "one/b.md": "b", "one/two/c.md": "c", "old/d.md": "d"})
    cases = {
        ("*.md",): ["a.md"],
        ("*/*.md",): ["old/d.md", "one/b.md"],
        ("one/**/*.md",): ["one/b.md", "one/two/c.md"],
        ("**/?.md",): ["a.md", "one/b.md", "one/two/c.md"],
    }
    for include, expected in cases.items():
        source = Source(path=tmp_path, include=include, exclude=("old/**",) if "**/?.md" in include else ())
        scan = scan_corpus(Corpus(name="notes", sources=(source,)))
        assert [document.source for document in scan.documents] == expected


def test_clashing_names_get_as_much_of_their_folder_as_tells_them_apart(tmp_path: Path) -> None:
    for folder in ("x/docs", "y/docs", "z"):
        write_documents(tmp_path / folder, {"index.md": folder} if folder != "z" else {"other.md": "z"})
    sources = tuple(Source(path=tmp_path / folder) for folder in ("x/docs", "y/docs", "z"))

    scan = scan_corpus(Corpus(name="notes", sources=sources))

    assert [document.source for document in scan.documents] == [
        "other.md",
        "x/docs/index.md",
        "y/docs/index.md",
    ]


def test_a_corpus_without_a_readable_document_says_what_was_there(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path / "docs", {"a.bin": "x", ".b.md": "x", "c.md": ""})

    with pytest.raises(SnapshotError) as refusal:
        asyncio.run(build(corpus, tmp_path / "out"))

    assert "1 files match no pattern, 1 are hidden; 1 skipped: it is empty" in refusal.value.message
    assert "**/*.md" in refusal.value.remedy


def test_a_source_that_is_gone_is_named(tmp_path: Path) -> None:
    corpus = Corpus(name="notes", sources=(Source(path=tmp_path / "gone"),))

    with pytest.raises(SnapshotError, match="gone"):
        scan_corpus(corpus)


def test_a_byte_order_mark_is_not_text(tmp_path: Path) -> None:
    corpus = write_documents(tmp_path, {"a.md": b"\xef\xbb\xbf# Title"})

    assert FileReaders().read(read_bytes(scan_corpus(corpus).documents[0]), "a.md").text == "# Title"


def test_a_document_that_changes_during_a_build_is_noticed(tmp_path: Path) -> None:
    document = scan_corpus(write_documents(tmp_path, {"a.md": "before"})).documents[0]
    for change in (lambda: document.path.write_text("after"), document.path.unlink):
        change()
        with pytest.raises(SnapshotError, match="changed while"):
            read_bytes(document)
