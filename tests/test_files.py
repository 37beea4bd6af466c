"""A file is replaced whole or not at all."""

from pathlib import Path

import pytest

from surefoot.files import replace_file


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "file.json"
    replace_file(file, b"old")

    replace_file(file, b"new", mode=0o600)

    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_failed_replacement_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").touch()

    with pytest.raises(OSError):
        replace_file(tmp_path / "taken", b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
