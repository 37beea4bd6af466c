from pathlib import Path

import pytest
from tests.retrieval.fixtures import PROJECT

from surefoot.errors import SettingsError
from surefoot.retrieval import corpus_of_folder, load_corpus
from surefoot.retrieval.corpora import DEFAULT_INCLUDE


def written(root: Path, text: str) -> Path:
    (root / "papers").mkdir(exist_ok=True)
    path = root / "library.toml"
    path.write_text(text)
    return path


def test_the_shipped_corpora_name_folders_that_are_there() -> None:
    for name in ("handbook", "docs"):
        corpus = load_corpus(PROJECT / f"serving/corpora/{name}.toml", PROJECT)
        assert corpus.name == name
        assert all(source.path.is_dir() for source in corpus.sources)


def test_markdown_text_and_html_are_included_unless_said_otherwise(tmp_path: Path) -> None:
    text = 'schema = 1\n[[sources]]\npath = "papers"\n[[sources]]\npath = "papers"\ninclude = ["*.md"]\n'

    first, second = load_corpus(written(tmp_path, text), tmp_path).sources

    assert (first.path, first.include, first.exclude) == (tmp_path / "papers", DEFAULT_INCLUDE, ())
    assert second.include == ("*.md",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema = 1\n", "sources is missing"),
        ("schema = 1\nsources = 3\n", "sources is 3"),
        ('schema = 1\n[[sources]]\npath = ""\n', "path is ''"),
        ('schema = 1\n[[sources]]\npath = "papers"\ninclude = "*.md"\n', "include is '*.md'"),
        ('schema = 1\n[[sources]]\npath = "papers"\nexcludes = []\n', "no key 'sources[0].excludes'"),
        ('schema = 1\n[[sources]]\npath = "../elsewhere"\n', "'../elsewhere' leaves the project"),
        ('schema = 1\n[[sources]]\npath = "/etc"\n', "'/etc' leaves the project"),
        ('schema = 1\n[[sources]]\npath = "nothing"\n', "'nothing' is not a folder"),
    ],
)
def test_a_wrong_corpus_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_corpus(written(tmp_path, text), tmp_path)

    assert message in refusal.value.message
    assert refusal.value.remedy


def test_two_folders_of_one_name_are_two_corpora(tmp_path: Path) -> None:
    for parent in ("a", "b"):
        (tmp_path / parent / "My Docs").mkdir(parents=True)

    first, second = (corpus_of_folder(tmp_path / parent / "My Docs") for parent in ("a", "b"))

    assert first.name.startswith("my-docs-")
    assert first.name != second.name


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere"):
        corpus_of_folder(tmp_path / "nowhere")
