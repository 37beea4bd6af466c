"""What Parquet gives back is what it was given."""

from pathlib import Path

from surefoot.records import Passage
from surefoot.retrieval.passages_file import ParquetPassages


def test_passages_come_back_as_they_were_kept(tmp_path: Path) -> None:
    plain = Passage(id="1", source="a.md", start=0, end=2, text="hi")
    full = Passage(
        id="2",
        source="b.pdf",
        start=3,
        end=6,
        text="你好\n",
        headings=("Top", "Below"),
        page=4,
        metadata={"title": "Manual", "time": "2026-01-31"},
        access=("staff", "board"),
        suspicions=("orders",),
    )
    file = tmp_path / "passages.parquet"

    ParquetPassages().write_passages(file, [plain, full])

    assert ParquetPassages().read_passages(file) == (plain, full)
