"""What the commands share: where the project is, how errors end, and how progress is shown."""

import asyncio
import io
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

from rich.console import Console
from rich.text import Text

from surefoot.errors import SettingsError, SurefootError


class Terminal(Console):
    """A console whose reader may leave early, as `head` does: that is the end, and no error."""

    def on_broken_pipe(self) -> NoReturn:
        """Leave quietly; what is still to be written goes nowhere."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


# A pipe has no width: a table is written wide there, so that nothing a program looks for is cut off.
PIPE_COLUMNS = 240

out = Terminal(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPE_COLUMNS)
err = Console(stderr=True, highlight=False, soft_wrap=True)

# The extra that brings each module which the base install leaves out.
EXTRAS = {
    **dict.fromkeys(("bm25s", "bs4", "chromadb", "llama_index", "numpy"), "retrieval"),
    **dict.fromkeys(("onnx", "onnxruntime", "pyarrow", "safetensors", "tokenizers"), "retrieval"),
    **dict.fromkeys(("fastapi", "orjson", "prometheus_client", "sqlalchemy", "uvicorn", "uvloop"), "serve"),
    **dict.fromkeys(("cryptography", "scipy", "statsmodels"), "evals"),
    **dict.fromkeys(("langchain_core", "langgraph", "langsmith"), "langchain"),
    "psutil": "local",
    "promptlayer": "promptlayer",
}

T = TypeVar("T")


def print_as_utf8() -> None:
    """Write files and pipes in UTF-8 whatever the locale, and escape what a terminal cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def project_top() -> Path:
    """The project's top: this folder, or the nearest one above it that has `serving/apps/`."""
    here = Path.cwd()
    serving = os.environ.get("SUREFOOT_FOLDERS_SERVING", "serving")
    for folder in (here, *here.parents):
        if (folder / serving / "apps").is_dir():
            return folder
    return here


def run(
    work: Coroutine[None, None, T], *, new_event_loop: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> T:
    """Run a command's work; an error surefoot raised ends it with its words and its exit code."""
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(work)
    except SurefootError as error:
        fail(error)
    except ExceptionGroup as several:  # steps that ran at once; the first that failed stopped the others
        ours = [error for error in _all_of(several) if isinstance(error, SurefootError)]
        if len(ours) < len([*_all_of(several)]):
            raise
        fail(ours[0])
    except ModuleNotFoundError:
        work.close()  # it may not have begun, and Python would complain of that beside the reason
        raise
    except KeyboardInterrupt:
        err.print("stopped; nothing is half-made, run it again to go on")
        sys.exit(130)


def _all_of(several: ExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in several.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _all_of(error)
        else:
            yield error


def missing_extra(missing: ModuleNotFoundError) -> SurefootError:
    """What to install for a module that an extra brings; anything else missing is a fault of ours."""
    module = (missing.name or "").partition(".")[0]
    if module not in EXTRAS:
        raise missing
    return SettingsError(
        f"this command needs {module}, which is not installed",
        remedy=f"pip install 'surefoot[{EXTRAS[module]}]'; 'surefoot[rag]' brings all that answering and "
        "proving take",
    )


def fail(error: SurefootError) -> NoReturn:
    """Print what was wrong and what to do next, and leave with the error's exit code."""
    from surefoot.reports.printable import printable

    err.print(Text.assemble(("error: ", "bold red"), printable(str(error))))
    err.print(Text.assemble(("to mend it: ", "bold"), printable(error.remedy)))
    for note in getattr(error, "__notes__", []):
        err.print(Text(printable(note)))
    sys.exit(error.exit_code)


def quiet() -> bool:
    """Whether progress should be plain lines: no terminal, or CI."""
    return not err.is_terminal or bool(os.environ.get("CI"))
