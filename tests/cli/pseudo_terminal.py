"""A command at a terminal of a given size, and what its reader sees there."""

import fcntl
import os
import pty
import re
import selectors
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

LONGEST_SECONDS = 60.0
_STEP = re.compile(r"\x1b\[(\??\d*(?:;\d+)*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n])", re.DOTALL)


def screen(written: str, *, columns: int) -> list[str]:
    """The lines that are left of what was written: of its sequences those that Rich's live views use.

    Any other sequence is an error: nothing else may reach a reader's terminal.
    """
    lines, row, column = [""], 0, 0
    at = 0
    while at < len(written):
        step = _STEP.match(written, at)
        assert step is not None, f"the terminal was sent {written[at : at + 20]!r}"
        at = step.end()
        number, letter, back, down, character = step.groups()
        if back:
            column = 0
        elif down:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif character:
            if column == columns:
                row, column = row + 1, 0
                lines += [""] * (row + 1 - len(lines))
            line = lines[row].ljust(column)
            lines[row], column = line[:column] + character + line[column + 1 :], column + 1
        elif letter == "A":
            row = max(row - int(number or 1), 0)
        elif letter == "K":
            assert number == "2"
            lines[row] = ""
        else:
            assert letter == "m" or number == "?25", f"the terminal was sent {step[0]!r}"
    return [line.rstrip() for line in lines]


class PseudoTerminal:
    """A running command; `written` is all it wrote, `columns` how wide its terminal is."""

    def __init__(self, process: "subprocess.Popen[bytes]", line: int, columns: int) -> None:
        self.process = process
        self.columns = columns
        self.written = ""
        self._line = line
        self._bytes = b""

    @property
    def screen(self) -> list[str]:
        """The lines that a reader sees now, those that scrolled away too."""
        return screen(self.written, columns=self.columns)

    def until(self, holds: Callable[[list[str]], bool]) -> list[str]:
        """Read until the screen is so; the screen then."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while not holds(self.screen):
            assert time.monotonic() < deadline, self.written
            assert self._read(1.0) or self.process.poll() is None, self.written
        return self.screen

    def interrupt(self) -> None:
        """Send what Ctrl-C sends."""
        self.process.send_signal(signal.SIGINT)

    def ended(self) -> int:
        """Read to the end: the exit code."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while self.process.poll() is None or self._read(0.0):
            assert time.monotonic() < deadline, self.written
            self._read(0.1)
        return self.process.returncode

    def _read(self, seconds: float) -> bool:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._line, selectors.EVENT_READ)
            if not waiting.select(seconds):
                return False
        try:
            self._bytes += os.read(self._line, 65536)
        except OSError:  # Linux's way to say that nobody writes any more
            return False
        # Half a character at the end is read with its other half.
        self.written = self._bytes.decode(errors="ignore").replace("\r\n", "\n\r")
        return True


@contextmanager
def at_terminal(
    command: Sequence[str], *, cwd: Path, environment: dict[str, str], columns: int, rows: int = 40
) -> Iterator[PseudoTerminal]:
    """The command with a terminal of its own for output and errors."""
    line, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {**environment, "TERM": "xterm-256color"}
    for name in ("COLUMNS", "LINES", "NO_COLOR", "CI"):
        environment.pop(name, None)
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdin=end, stdout=end, stderr=end)
    os.close(end)
    try:
        yield PseudoTerminal(process, line, columns)
    finally:
        process.kill()
        process.wait()
        os.close(line)
