"""Outside tools that a systems test needs: without one it skips, and under CI=true it fails."""

import os
import shutil

import pytest


def tool(*names: str, package: str) -> str:
    """The path of the first of these programs that is there; `package` is the Debian package that has it."""
    for name in names:
        if found := shutil.which(name):
            return found
    missing = f"{' or '.join(names)} is not installed; get it with: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing)
