"""Surefoot as others have it: a wheel in an environment of its own, off this repository."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An environment with the wheel in it."""

    folder: Path

    @property
    def surefoot(self) -> Path:
        """The console script."""
        return self.folder / "bin" / "surefoot"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """What a shell would have in which this environment is active."""
        kept = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        return {**kept, "PATH": f"{self.folder / 'bin'}:{kept['PATH']}", **(more or {})}


def build_wheel(folder: Path) -> Path:
    """The wheel of the working tree, built without the network."""
    _run(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"),
        *("--disable-pip-version-check", "--wheel-dir", str(folder), str(REPOSITORY)),
    )
    (wheel,) = folder.glob("surefoot-*.whl")
    return wheel


def empty_environment(folder: Path) -> Installed:
    """A virtual environment without a single package."""
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
    return Installed(folder=folder)


def install_command(wheel: Path, into: Installed) -> tuple[str, ...]:
    """Pip's command that installs the wheel alone; its dependencies are lent."""
    return (
        *(sys.executable, "-m", "pip", "--python", str(into.python), "install", "--quiet", "--no-index"),
        *("--no-deps", "--disable-pip-version-check", str(wheel)),
    )


def install(wheel: Path, into: Installed) -> None:
    """Put the wheel into an environment."""
    _run(*install_command(wheel, into))


def lend_everything(to: Installed) -> None:
    """Let an environment import what this one has installed, but for what is editable: surefoot itself."""
    folders = {str(Path(path)) for path in sys.path if path.endswith("site-packages")}
    _packages_of(to).joinpath("lent.pth").write_text("\n".join(sorted(folders)) + "\n")


def lend_dependencies(to: Installed, extras: Iterable[str] = ()) -> None:
    """Let an environment import what surefoot depends on with these extras, and nothing else of this one."""
    target = _packages_of(to)
    for name in _closure(extras):
        for file in distribution(name).files or ():
            first = file.parts[0]
            if first != ".." and not (target / first).exists():
                (target / first).symlink_to(Path(str(distribution(name).locate_file(first))))


def _closure(extras: Iterable[str]) -> set[str]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    wanted = list(project["dependencies"])
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    found: set[str] = set()
    while wanted:
        requirement = wanted.pop()
        name = re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0]
        if name in found or "extra ==" in requirement:
            continue
        try:
            wanted += distribution(name).requires or []
        except PackageNotFoundError:
            continue  # for another platform or Python
        found.add(name)
    return found


def _packages_of(environment: Installed) -> Path:
    (folder,) = environment.folder.glob("lib/python*/site-packages")
    return folder


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
