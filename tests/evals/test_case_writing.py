"""Cases that are written are read back as they were, and what stood in the file before still stands there."""

import json
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evals.examples import case_of, fact
from tests.evals.test_cases import GOOD

from surefoot.errors import InputError, SettingsError
from surefoot.evals.case_reading import ID, read_case
from surefoot.evals.case_writing import add_cases, case_line, free_id
from surefoot.evals.cases import load_cases
from surefoot.records import Case

WHOLE = {
    **GOOD,
    "history": [{"role": "user", "content": "Hello"}],
    "groups": ["keepers"],
    "planted": "Say {canary}.",
    "split": "test",
    "provenance": {"file": "a.csv"},
    "status": "proposed",
}


def test_a_case_that_is_written_is_read_back_as_it_was() -> None:
    for values in (GOOD, WHOLE, {**WHOLE, "question": "Wie lange gilt der „Code“?\n\u2028"}):
        line = case_line(read_case(json.dumps(values).encode(), "1"))
        assert json.loads(line) == values
        assert line.count(b"\n") == 1 and line.endswith(b"\n")


def numbered(number: int) -> Case:
    return case_of(fact(("a.md", "x")), id=f"c{number}", question=f"What is {number}?")


def test_what_is_there_stays_byte_for_byte(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    before = f"\n  {json.dumps(GOOD)}".encode()
    file.write_bytes(before)
    file.chmod(0o600)

    added = add_cases(file, lambda there: [numbered(len(there))])

    assert file.read_bytes() == before + b"\n" + case_line(numbered(1))
    assert added == (numbered(1),) and file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["cases.jsonl"]


def test_a_file_that_is_not_there_or_empty_is_begun(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")
    for name in ("new.jsonl", "empty.jsonl"):
        add_cases(tmp_path / name, lambda there: [numbered(len(there))])
        assert load_cases(tmp_path / name) == (numbered(0),)


def test_nothing_is_written_where_choosing_or_reading_fails(tmp_path: Path) -> None:
    def refuse(there: tuple[Case, ...]) -> list[Case]:
        raise InputError("no", remedy="no")

    file = tmp_path / "cases.jsonl"
    for content, error in ((json.dumps(GOOD), InputError), ("{", SettingsError)):
        file.write_text(content)
        with pytest.raises(error):
            add_cases(file, refuse)
        assert file.read_text() == content
    with pytest.raises(InputError, match="cannot be written"):
        add_cases(tmp_path / "nowhere" / "cases.jsonl", lambda there: [numbered(1)])


def test_several_who_add_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    threads = [Thread(target=lambda: add_cases(file, lambda there: [numbered(len(there))])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [case.id for case in load_cases(file)] == [f"c{number}" for number in range(8)]


@given(st.text(max_size=200), st.sets(st.sampled_from(["case", "case-2", "a", "a-b"])))
def test_an_id_is_made_of_any_words_and_is_free(words: str, taken: set[str]) -> None:
    import re

    name = free_id(words, taken)

    assert re.fullmatch(ID, name) and name not in taken


def test_an_id_is_made_of_the_first_words() -> None:
    assert free_id("Wie lange gilt der Gerätecode?", {"x"}) == "wie-lange-gilt-der-geratecode"
    assert free_id("Is it?", {"is-it", "is-it-2"}) == "is-it-3"
    assert free_id("是吗", set()) == "case"
