"""Run an app's own code: from the bytes that a release pins, and never from files that stand elsewhere.

The modules of one code digest are made once in a process, under a name of their own, so that two releases
with different code live side by side. They import each other relatively: `from .steps import rewrite`.
"""

import sys
import threading
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from surefoot.errors import SettingsError
from surefoot.releases import AppCode

_PREFIX = "surefoot_app_"
_PACKAGE = "/__init__.py"
_one_at_a_time = threading.Lock()


def load_entry(code: AppCode) -> object:
    """What the entry point names. SettingsError, with file and line, for code that cannot be run."""
    module_name = _module_name(code, code.file)
    with _one_at_a_time:
        if not any(
            isinstance(finder, _PinnedCode) and finder.digest == code.digest for finder in sys.meta_path
        ):
            sys.meta_path.append(_PinnedCode(code))
        try:
            module = import_module(module_name)
        except Exception as fault:
            for name in [name for name in sys.modules if name.startswith(_package_name(code))]:
                del sys.modules[name]
            raise SettingsError(
                f"{place_of(fault, code)}: {words_of(fault)}", remedy=_remedy(fault, code)
            ) from fault
    found: object = getattr(module, code.attribute, None)
    if found is None:
        there = ", ".join(sorted(name for name in vars(module) if not name.startswith("_"))) or "nothing"
        raise SettingsError(
            f"{code.top / code.file} has no {code.attribute!r}, which the app's entry point names",
            remedy=f"write `def {code.attribute}(parts)` there, or name what is there: {there}",
        )
    return found


def place_of(fault: BaseException, code: AppCode) -> str:
    """File and line of the app's code where it went wrong: the innermost one that is the app's own."""
    if isinstance(fault, SyntaxError) and fault.filename is not None:
        return f"{fault.filename}:{fault.lineno or 1}"
    ours = [
        f"{frame.filename}:{frame.lineno}"
        for frame in traceback.extract_tb(fault.__traceback__)
        if frame.filename.startswith(f"{code.top}/")
    ]
    return ours[-1] if ours else str(code.top / code.file)


def words_of(fault: BaseException) -> str:
    """The kind of a fault, and the first line of what it says."""
    said = fault.msg if isinstance(fault, SyntaxError) else str(fault)
    return f"{type(fault).__name__}: {(said.splitlines() or [''])[0]}".rstrip(": ")


def _remedy(fault: Exception, code: AppCode) -> str:
    if not isinstance(fault, ModuleNotFoundError) or fault.name is None:
        return "mend it there; the app's code runs as it is pinned, with these libraries"
    module = fault.name.partition(".")[0]
    if module in ("langchain_core", "langgraph"):
        return "pip install 'surefoot[langchain]'"
    if module == code.file.partition("/")[0]:
        return "import the app's own files relatively, as in `from .steps import rewrite`"
    return f"install what brings {module!r}, where the app is proven and where it is served"


def _package_name(code: AppCode) -> str:
    return f"{_PREFIX}{code.digest[:16]}"


def _module_name(code: AppCode, file: str) -> str:
    """The module of a file: the app's folder is the package."""
    within = file.partition("/")[2].removesuffix(".py").removesuffix("__init__").rstrip("/")
    return ".".join([_package_name(code), *filter(None, within.split("/"))])


class _PinnedCode(MetaPathFinder, Loader):
    """Finds and runs the modules of one app's code, from its bytes."""

    def __init__(self, code: AppCode) -> None:
        self.digest = code.digest
        self._top = code.top
        self._files = {_module_name(code, file): file for file in code.files}
        self._content = code.files
        self._packages = {name.rpartition(".")[0] for name in self._files}
        self._packages |= {name for name, file in self._files.items() if file.endswith(_PACKAGE)}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module of this code; None for every other."""
        if fullname not in self._files and fullname not in self._packages:
            return None
        file = self._files.get(fullname)
        origin = None if file is None else str(self._top / file)
        return ModuleSpec(fullname, self, origin=origin, is_package=fullname in self._packages)

    def exec_module(self, module: ModuleType) -> None:
        """Run the file's bytes; a folder without `__init__.py` is an empty package."""
        file = self._files.get(module.__name__)
        if file is not None:
            place = str(self._top / file)
            module.__file__ = place
            exec(compile(self._content[file], place, "exec", dont_inherit=True), vars(module))  # noqa: S102
