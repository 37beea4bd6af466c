import subprocess
import sys
from pathlib import Path

from tests.retrieval.fixtures import PROJECT, write_documents

HEAVY = ["chromadb", "llama_index", "bm25s", "pyarrow", "numpy", "bs4", "nltk"]


def test_building_and_searching_speak_to_nobody(tmp_path: Path) -> None:
    write_documents(
        tmp_path / "docs", {"a.md": "# Ports\n\nPort 7420.", "b.txt": "Port", "c.html": "<p>Port 7443</p>"}
    )

    driver = [sys.executable, "-W", "error", "-m", "tests.retrieval.offline"]
    ran = subprocess.run(
        [*driver, str(tmp_path / "docs"), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=PROJECT,
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_importing_the_room_loads_no_vendor() -> None:
    code = f"import sys, surefoot.retrieval; print([name for name in {HEAVY!r} if name in sys.modules])"

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert ran.stdout.strip() == "[]"
