"""A TOML file is taken key by key, and what is wrong is named with its place and what to write."""

from collections.abc import Callable
from pathlib import Path

import pytest

from surefoot.errors import NotFoundError, SettingsError
from surefoot.tables import Table, read_table, read_toml

SHA = "0123456789abcdef" * 4


def written(folder: Path, text: str) -> Path:
    file = folder / "trial.toml"
    file.write_text(text, encoding="utf-8")
    return file


def table_of(folder: Path, text: str) -> Table:
    return read_table(written(folder, f"schema = 1\n{text}\n"))


def refusal_of(take: Callable[[], object]) -> SettingsError:
    with pytest.raises(SettingsError) as refused:
        take()
    return refused.value


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("", "schema is None", "write schema = 1"),
        ("schema = 2", "schema is 2", "write schema = 1"),
        ("schema = true", "schema is True", "write schema = 1"),
        ("schema = ", "Invalid value", "mend it"),
    ],
)
def test_a_file_that_does_not_say_its_schema_is_refused(
    tmp_path: Path, text: str, message: str, remedy: str
) -> None:
    file = written(tmp_path, text)

    refusal = refusal_of(lambda: read_toml(file))

    assert str(file) in refusal.message
    assert message in refusal.message
    assert remedy in refusal.remedy


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "trial.toml"
    file.write_bytes(b"\xff")

    assert "cannot be read" in refusal_of(lambda: read_toml(file)).message


def test_a_folder_in_a_file_s_place_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in refusal_of(lambda: read_toml(tmp_path)).message


def test_a_file_that_is_not_there_offers_those_that_are(tmp_path: Path) -> None:
    written(tmp_path, "schema = 1")

    with pytest.raises(NotFoundError, match="there is no 'other'") as refused:
        read_table(tmp_path / "other.toml")

    assert "trial" in refused.value.remedy


def test_every_kind_of_value_is_taken(tmp_path: Path) -> None:
    table = table_of(
        tmp_path,
        f"a = 'x'\nb = ['y', 'z']\nc = 3\nd = 2\ne = '{SHA}'\n"
        "[f]\ng = 1\n[[h]]\ni = 1\n[[h]]\n[j.one]\n[j.two]",
    )

    assert table.text("a", one_of=("w", "x")) == "x"
    assert table.texts("b") == ("y", "z")
    assert table.integer("c", least=0) == 3
    assert table.number("d", least=0, most=2) == 2.0
    assert table.digest("e") == SHA
    assert table.table("f").integer("g", least=1, most=1) == 1
    assert [below.has("i") for below in table.tables("h")] == [True, False]
    assert list(table.tables_by_name("j")) == ["one", "two"]
    table.refuse_others()


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    table = table_of(tmp_path, "")

    assert table.text("a", "x") == "x"
    assert table.texts("b", ()) == ()
    assert table.integer("c", 0, least=0, most=9) == 0
    assert table.number("d", 0.5, least=0, most=1) == 0.5
    assert table.table("e").text("f", "y") == "y"


@pytest.mark.parametrize(
    ("text", "take", "message", "remedy"),
    [
        ("", lambda table: table.text("a"), "a is missing", "add a as a text"),
        ("a = 1", lambda table: table.text("a"), "a is 1", "give a as a text"),
        ("a = ' '", lambda table: table.text("a"), "a is ' '", "not empty"),
        ("a = 'x'", lambda table: table.text("a", one_of=("y", "z")), "a is 'x'", "one of 'y', 'z'"),
        ("a = 'x'", lambda table: table.texts("a"), "a is 'x'", "a list of texts"),
        ("a = ['']", lambda table: table.texts("a"), "a is ['']", "a list of texts"),
        ("a = 'x'", lambda table: table.digest("a"), "a is 'x'", "64 lower-case hex digits"),
        (f"a = '{SHA.upper()}'", lambda table: table.digest("a"), "a is '0123", "64 lower-case"),
        ("a = true", lambda table: table.integer("a", least=0), "a is True", "a whole number from 0"),
        ("a = 1.0", lambda table: table.integer("a", least=0), "a is 1.0", "a whole number from 0"),
        ("a = -1", lambda table: table.integer("a", least=0), "a is -1", "a whole number from 0"),
        ("a = 1", lambda table: table.integer("a", least=-1, most=0), "a is 1", "from -1 to 0"),
        ("a = nan", lambda table: table.number("a", least=0, most=1), "a is nan", "a number from 0 to 1"),
        ("a = inf", lambda table: table.number("a", least=0, most=1), "a is inf", "a number from 0 to 1"),
        ("a = 1", lambda table: table.table("a"), "a is 1", "a table, [a]"),
        ("a = []", lambda table: table.tables("a"), "a is []", "begun with [[a]]"),
        ("a = {}", lambda table: table.tables("a"), "a is {}", "begun with [[a]]"),
        ("", lambda table: table.tables_by_name("a"), "a is missing", "[a.<name>]"),
        ("a = {x = 1}", lambda table: table.tables_by_name("a"), "a.x is 1", "a table, [a.x]"),
        ("[[a]]\n[[a]]", lambda table: table.tables("a")[1].text("b"), "a[1].b is missing", "add b"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place_and_what_to_write(
    tmp_path: Path, text: str, take: Callable[[Table], object], message: str, remedy: str
) -> None:
    table = table_of(tmp_path, text)

    refusal = refusal_of(lambda: take(table))

    assert refusal.message.startswith(str(tmp_path / "trial.toml"))
    assert message in refusal.message
    assert remedy in refusal.remedy


def test_a_key_nobody_takes_is_refused_and_the_known_ones_named(tmp_path: Path) -> None:
    table = table_of(tmp_path, "[dense]\nwieght = 1")
    dense = table.table("dense")
    dense.integer("weight", 1, least=0)
    dense.has("candidates")

    refusal = refusal_of(dense.refuse_others)

    assert "there is no key 'dense.wieght'" in refusal.message
    assert refusal.remedy == "remove it, or use one of: candidates, weight"


def test_a_missing_key_points_at_the_one_it_may_have_been_meant_as(tmp_path: Path) -> None:
    table = table_of(tmp_path, "modle = 'chat'")

    assert "is 'modle' meant to be it?" in refusal_of(lambda: table.text("model")).remedy
