import pytest
from hypothesis import given
from hypothesis import strategies as st

from surefoot.retrieval.analysis import index_words, stem


@pytest.mark.parametrize(
    "forms",
    [
        ["restore", "restores", "restored", "restoring"],
        ["copy", "copies", "copied", "copying"],
        ["stop", "stops", "stopped", "stopping"],
        ["cache", "caches", "cached", "caching"],
        ["size", "sizes"],
        ["box", "boxes"],
        ["pass", "passes", "passed"],
    ],
)
def test_forms_of_a_word_meet(forms: list[str]) -> None:
    assert len({stem(form) for form in forms}) == 1


@pytest.mark.parametrize(("one", "other"), [("status", "state"), ("string", "strong"), ("bus", "bu")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_names_and_numbers_are_kept_whole_and_in_parts() -> None:
    assert index_words("Set `vault.toml` to 3.2", "english") == [
        "set",
        "vault.toml",
        "vault",
        "toml",
        "3.2",
        "3",
        "2",
    ]


def test_capitals_accents_and_common_words_do_not_matter() -> None:
    assert index_words("The Café's MENU", "english") == index_words("cafe menu", "english")


def test_the_plain_analyser_keeps_common_words_and_endings() -> None:
    assert index_words("The stopped files", "plain") == ["the", "stopped", "files"]


def test_scripts_without_spaces_are_indexed_by_letter() -> None:
    assert index_words("備份 한국", "english") == ["備", "份", "한", "국"]


@given(st.text())
def test_any_text_gives_words_without_white_space(text: str) -> None:
    for analyser in ("english", "plain"):
        assert all(
            word and not any(letter.isspace() for letter in word) for word in index_words(text, analyser)
        )
