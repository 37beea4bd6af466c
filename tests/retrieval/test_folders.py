import os
import stat
from pathlib import Path

import pytest

from surefoot.retrieval.folders import owned_folder, publish, remove_abandoned, settle


def test_an_owned_folder_is_gone_at_the_end_whatever_happened_in_it(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), owned_folder(tmp_path, ".work-") as folder:
        (folder / "file").write_text("x")
        raise RuntimeError

    assert list(tmp_path.iterdir()) == []


def test_a_living_owner_s_folder_is_not_abandoned(tmp_path: Path) -> None:
    with owned_folder(tmp_path, ".work-") as folder:
        assert remove_abandoned(tmp_path, ".work-") == 0
        assert folder.is_dir()


def test_a_dead_owner_s_folder_and_lock_are_removed(tmp_path: Path) -> None:
    child = os.fork()
    if child == 0:
        with owned_folder(tmp_path, ".work-"):
            os._exit(0)  # as a kill would: nothing is tidied up
    os.waitpid(child, 0)
    (tmp_path / ".work-lock-alone.lock").touch()
    assert len(list(tmp_path.iterdir())) == 3

    assert remove_abandoned(tmp_path, ".work-") == 2
    assert list(tmp_path.iterdir()) == []


def test_a_settled_folder_is_read_only_and_published_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "inner" / "file").write_text(name)
        settle(tmp_path / name)

    assert publish(tmp_path / "one", tmp_path / "final")
    assert not publish(tmp_path / "two", tmp_path / "final")

    file = tmp_path / "final" / "inner" / "file"
    assert file.read_text() == "one"
    assert stat.S_IMODE(file.stat().st_mode) == 0o444
