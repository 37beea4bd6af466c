from pathlib import Path

import pytest
from tests.retrieval.fixtures import PROJECT

from surefoot.errors import SettingsError
from surefoot.retrieval import corpus_of_folder, load_corpus
from surefoot.retrieval.corpora import DEFAULT_INCLUDE
from surefoot.retrieval.origins import Pages, Repository


def written(root: Path, text: str) -> Path:
    (root / "papers").mkdir(exist_ok=True)
    path = root / "library.toml"
    path.write_text(text)
    return path


def test_the_shipped_corpora_name_folders_that_are_there() -> None:
    for name in ("handbook", "docs"):
        corpus = load_corpus(PROJECT / f"serving/corpora/{name}.toml", PROJECT, PROJECT / ".surefoot")
        assert corpus.name == name
        assert all(source.path.is_dir() for source in corpus.sources)


def test_markdown_text_and_html_are_included_unless_said_otherwise(tmp_path: Path) -> None:
    text = 'schema = 1\n[[sources]]\npath = "papers"\n[[sources]]\npath = "papers"\ninclude = ["*.md"]\n'

    first, second = load_corpus(written(tmp_path, text), tmp_path, tmp_path / "brought").sources

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
        load_corpus(written(tmp_path, text), tmp_path, tmp_path / "brought")

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


def test_a_repository_is_read_from_where_it_is_brought_to(tmp_path: Path) -> None:
    text = (
        'schema = 1\n[[sources]]\ngit = "https://example.org/team/handbook.git"\nref = "v2"\npath = "docs"\n'
    )

    (source,) = load_corpus(written(tmp_path, text), tmp_path, tmp_path / "brought").sources

    assert source.origin == Repository(address="https://example.org/team/handbook.git", ref="v2")
    assert source.path.is_relative_to(tmp_path / "brought") and source.path.parts[-2:] == ("tree", "docs")
    assert source.name == "https://example.org/team/handbook.git at v2"
    assert source.place[-3:] == ("team", "handbook", "docs")


def test_pages_are_named_in_the_source_or_in_a_list(tmp_path: Path) -> None:
    (tmp_path / "pages.txt").write_text(
        "# Ours\n\nhttps://example.org/b#part\nhttps://example.org/c  # new\n"
    )
    text = 'schema = 1\n[[sources]]\nurls = ["https://example.org/a"]\nurl_list = "pages.txt"\n'

    (source,) = load_corpus(written(tmp_path, text), tmp_path, tmp_path / "brought").sources

    assert source.origin == Pages(urls=tuple(f"https://example.org/{name}" for name in "abc"))


def test_a_source_has_a_time(tmp_path: Path) -> None:
    text = 'schema = 1\n[[sources]]\npath = "papers"\ntime = "2026-01-31"\nmetadata = {team = "docs"}\n'

    (source,) = load_corpus(written(tmp_path, text), tmp_path, tmp_path / "brought").sources

    assert source.metadata == {"team": "docs", "time": "2026-01-31"}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('git = "ext::sh -c true"', "'ext::sh -c true' is not the address of a Git repository"),
        ('git = "--upload-pack=x"', "'--upload-pack=x' is not the address"),
        ('git = "https://me:hunter2@example.org/x.git"', "holds a user or a password"),
        ('git = "https://example.org/x.git"\nref = "--x"', "'--x' is no branch"),
        ('git = "https://example.org/x.git"\npath = "../.."', "'../..' leaves its repository"),
        ('git = "https://example.org/x.git"\nurls = ["https://example.org"]', "has pages and 'git'"),
        ('urls = ["ftp://example.org/a"]', "'ftp://example.org/a' is not the address of a page"),
        ('urls = ["https://"]', "'https://' is not the address of a page"),
        ('urls = ["https://example.org:99999/"]', "is not the address of a page"),
        ('urls = ["https://me:hunter2@example.org/"]', "holds a user or a password"),
        (
            'urls = ["https://example.org/a", "https://example.org/a#b"]',
            "'https://example.org/a' is named twice",
        ),
        ('urls = ["https://example.org/a"]\n[[sources]]\nurls = ["https://example.org/a"]', "is named twice"),
        ("urls = []", "a source names no page"),
        ('url_list = "../pages.txt"', "the list '../pages.txt' leaves the project"),
        ('url_list = "no.txt"', "the list 'no.txt' cannot be read"),
        ('path = "papers"\ntime = "yesterday"', "the time 'yesterday' of a source"),
        ('path = "papers"\nmetadata = {time = "31.1.26"}', "the time '31.1.26' of a source"),
    ],
)
def test_a_wrong_origin_is_refused_and_no_secret_is_repeated(
    tmp_path: Path, lines: str, message: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_corpus(written(tmp_path, f"schema = 1\n[[sources]]\n{lines}\n"), tmp_path, tmp_path / "brought")

    assert message in refusal.value.message
    assert "hunter2" not in refusal.value.message + refusal.value.remedy
