"""Kept responses: what is read equals what was written, and damage is as good as absence."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from tests.evals.examples import passage_of, responded
from tests.evals.recorded import RESPONDED

from surefoot.evals.kept_responses import KeptResponses
from surefoot.records import Responded

KEY = "ab" * 32
RESPONSE = responded(passages=[passage_of("a.md", "It is kept for thirty days.")])


def kept_file(folder: Path) -> Path:
    KeptResponses(folder).put(KEY, RESPONSE)
    (file,) = (path for path in folder.rglob("*") if path.is_file())
    return file


def test_what_was_put_is_got_and_nothing_else(tmp_path: Path) -> None:
    kept = KeptResponses(tmp_path)
    assert kept.get(KEY) is None

    kept.put(KEY, RESPONSE)

    assert kept.get(KEY) == RESPONSE
    assert kept.get("ba" * 32) is None
    assert kept.damaged == 0


@settings(deadline=None, max_examples=60)
@given(RESPONDED)
def test_any_response_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, response: Responded
) -> None:
    kept = KeptResponses(tmp_path_factory.getbasetemp() / "kept")

    kept.put(KEY, response)

    assert kept.get(KEY) == response


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: b"\xff" + content,
        lambda content: b"[]",
        lambda content: b"[" * 100_000,
        lambda content: content.replace(b"Thirty", b"Twenty"),
        lambda content: content.replace(b'"schema":1', b'"schema":2'),
        lambda content: content.replace(KEY.encode(), b"cd" * 32),
        lambda content: json.dumps({"schema": 1, "key": KEY}).encode(),
    ],
)
def test_a_damaged_file_is_as_good_as_absent_is_reported_and_can_be_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: "object"
) -> None:
    assert callable(damage)
    file = kept_file(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    kept = KeptResponses(tmp_path)

    with caplog.at_level(logging.WARNING):
        assert kept.get(KEY) is None

    assert kept.damaged == 1
    assert str(file) in caplog.text
    other = replace(RESPONSE, text="Another.")
    kept.put(KEY, other)
    assert kept.get(KEY) == other


def test_a_file_under_another_name_is_not_taken_for_it(tmp_path: Path) -> None:
    file = kept_file(tmp_path)
    other = KEY[:-2] + "cd"
    file.rename(file.with_name(f"{other}.json"))

    assert KeptResponses(tmp_path).get(other) is None


def test_a_folder_in_the_place_of_a_file_is_passed_over(tmp_path: Path) -> None:
    file = kept_file(tmp_path)
    file.unlink()
    file.mkdir()

    assert KeptResponses(tmp_path).get(KEY) is None
