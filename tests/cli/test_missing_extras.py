"""A base install that lacks an extra says which one to install."""

import subprocess
import sys
import tomllib
from pathlib import Path

from surefoot.cli.console import EXTRAS

TOP = Path(__file__).parents[2]


def test_a_command_without_its_extra_prints_the_line_that_installs_it(tmp_path: Path) -> None:
    # A module set to None is one that cannot be imported.
    without = "import sys; sys.modules['sqlalchemy'] = None; from surefoot.cli import main; main()"

    done = subprocess.run(
        [sys.executable, "-c", without, "trace", "list"], cwd=TOP, capture_output=True, text=True
    )

    assert done.returncode == 2
    assert "pip install 'surefoot[serve]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_lacks_it_before_anything_ran_says_that_and_no_more(tmp_path: Path) -> None:
    without = (
        "import sys; sys.argv = ['surefoot', 'serve']; sys.modules['uvloop'] = None; "
        "sys.modules['uvicorn'] = None; from surefoot.cli import main; main()"
    )

    done = subprocess.run([sys.executable, "-c", without], cwd=TOP, capture_output=True, text=True)

    assert done.returncode == 2 and "pip install 'surefoot[serve]'" in done.stderr
    assert "never awaited" not in done.stderr and "Warning" not in done.stderr


def test_every_extra_that_is_named_exists() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]

    assert set(EXTRAS.values()) <= set(project["optional-dependencies"])
