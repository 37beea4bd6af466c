from pathlib import Path

import pytest
from tests.reports.examples.gates import failing, passing
from tests.reports.examples.hostile import TRICKS, hostile

from surefoot.reports import writing
from surefoot.reports.gate_report import GateReport
from surefoot.reports.writing import write_reports


def test_every_form_is_written_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "gate" / ("90" * 32)
    files = write_reports(failing(), folder)
    assert [file.name for file in files] == [
        "report.txt",
        "report.md",
        "report.xml",
        "report.json",
        "report.html",
    ]
    assert sorted(folder.iterdir()) == sorted(files)
    assert all(b"FAIL" in file.read_bytes() or b"F A I L" in file.read_bytes() for file in files)


def test_writing_again_replaces_what_was_there(tmp_path: Path) -> None:
    before = [file.read_bytes() for file in write_reports(failing(), tmp_path)]
    files = write_reports(passing(), tmp_path)
    assert len(list(tmp_path.iterdir())) == len(files) == 5
    assert all(file.read_bytes() != old for file, old in zip(files, before, strict=True))


def test_a_form_that_cannot_be_made_leaves_all_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = write_reports(failing(), tmp_path)
    before = [file.read_bytes() for file in files]

    def breaks(report: GateReport) -> bytes:
        raise ValueError("no page")

    monkeypatch.setattr(writing, "gate_html", breaks)
    with pytest.raises(ValueError, match="no page"):
        write_reports(passing(), tmp_path)
    assert [file.read_bytes() for file in files] == before


@pytest.mark.parametrize("trick", TRICKS)
def test_every_form_is_utf_8_whatever_the_text(trick: str, tmp_path: Path) -> None:
    for file in write_reports(hostile(trick), tmp_path):
        assert file.read_text(encoding="utf-8")
