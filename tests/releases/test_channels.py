"""A channel names a release and its proof, in a file that is read strictly and replaced in one step."""

from pathlib import Path

import pytest

from surefoot.errors import NotFoundError, SettingsError
from surefoot.releases import Pointer, read_channel
from surefoot.releases.channels import channel_file, write_channel

POINTER = Pointer(release="a" * 64, receipt="b" * 64)


def test_a_channel_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_channel(tmp_path, "answers") is None

    file = write_channel(tmp_path, "answers", POINTER)

    assert file == tmp_path / "channels" / "answers" / "production.toml"
    assert read_channel(tmp_path, "answers") == POINTER
    assert [path.name for path in file.parent.iterdir()] == ["production.toml"]


@pytest.mark.parametrize("app", ["../answers", "", "a/b", "A", "answers\n", "x" * 65])
def test_a_name_that_would_leave_the_folder_is_no_app(tmp_path: Path, app: str) -> None:
    with pytest.raises(NotFoundError, match="is not the name of an app"):
        read_channel(tmp_path, app)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("schema = 1", "schema = 2", "schema is 2"),
        ("a" * 64, "a" * 63, "release is"),
        ("a" * 64, "../" * 21 + "a", "release is"),
        ("receipt", "reciept", "receipt is missing"),
        ("schema = 1", 'schema = 1\nweight = "0.5"', "no key 'weight'"),
        ("schema = 1", "schema", "cannot be read"),
    ],
)
def test_a_wrong_pointer_says_what_is_wrong(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    file = write_channel(tmp_path, "answers", POINTER)
    file.write_text(file.read_text().replace(old, new))

    with pytest.raises(SettingsError, match=complaint) as refused:
        read_channel(tmp_path, "answers")

    assert refused.value.remedy


def test_a_pointer_that_is_a_dangling_link_is_not_taken_for_none(tmp_path: Path) -> None:
    file = channel_file(tmp_path, "answers")
    file.parent.mkdir(parents=True)
    file.symlink_to(tmp_path / "nowhere")

    with pytest.raises(SettingsError, match="not a regular file"):
        read_channel(tmp_path, "answers")
