"""Progress of long steps: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rich import progress as bars
from rich.text import Text

from surefoot.cli.console import err, quiet

if TYPE_CHECKING:
    from surefoot.local import Notice, Progress, Report

SECONDS_BETWEEN_LINES = 5.0


class Steps:
    """Named steps, several at once if need be, each with how far it is.

    On a terminal each step is a bar with the time left. Elsewhere a step is a line when it starts and ends,
    and one every few seconds between. Where they do not stay, the bars are gone once all is done.
    """

    def __init__(self, *, stay: bool = True) -> None:
        self._quiet = quiet()
        self._bars = bars.Progress(
            bars.TextColumn("{task.description}"),
            bars.BarColumn(bar_width=24),
            bars.TextColumn("{task.fields[detail]}"),
            bars.TimeElapsedColumn(),
            bars.TimeRemainingColumn(compact=True),
            console=err,
            transient=not stay,
        )
        self._ids: dict[str, bars.TaskID] = {}
        self._started: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def __enter__(self) -> Self:
        if not self._quiet:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._quiet:
            self._bars.stop()

    def at(self, step: str, detail: str = "", *, done: float = 0, total: float | None = None) -> None:
        """The step is `done` of `total`; without a total it only says that it goes on."""
        now = time.monotonic()
        started = self._started.setdefault(step, now)
        if self._quiet:
            if now - self._told.get(step, -1e9) >= SECONDS_BETWEEN_LINES:
                self._told[step] = now
                share = f" {done / total:.0%}" if total else ""
                err.print(f"{step}{share} {detail}".rstrip() + f"  ({now - started:.0f} s)", markup=False)
            return
        if step not in self._ids:
            self._ids[step] = self._bars.add_task(step, total=total, detail=detail)
        self._bars.update(self._ids[step], completed=done, total=total, detail=detail)

    def ended(self, step: str, detail: str) -> None:
        """The step is over, and this is what came of it."""
        now = time.monotonic()
        seconds = now - self._started.setdefault(step, now)
        if self._quiet:
            err.print(f"{step}: {detail}  ({seconds:.0f} s)", markup=False)
            return
        self.at(step, detail, done=1, total=1)


class TimeLeft:
    """How long a stage has still to go, at the rate since it was first heard of."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun: dict[str, tuple[float, int]] = {}

    def words(self, stage: str, done: int, total: int) -> str:
        """The stage with how far it is, and the time left where there is a rate to tell it by."""
        now = self._clock()
        since, first = self._begun.setdefault(stage, (now, done))
        if not total:
            return stage
        said = f"{stage} {done} of {total}"
        if first < done < total:
            left = (now - since) / (done - first) * (total - done)
            said += f", {timedelta(seconds=round(left))} left"
        return said


def reporter(steps: Steps) -> "Report":
    """What the room `local` tells of its steps, shown as steps."""
    from surefoot.local import Notice
    from surefoot.local.space import human

    def show(said: "Progress | Notice") -> None:
        if isinstance(said, Notice):
            err.print(Text(said.text))
            return
        if said.unit == "bytes":
            detail = f"{human(said.done)} of {human(said.total)}"
        elif said.unit == "seconds":
            detail = ""
        else:
            detail = f"{said.done} of {said.total} {said.unit}"
        if said.failed:
            detail += f", {said.failed} failed"
        if said.seconds_left is not None and said.done < said.total:
            detail += f", {timedelta(seconds=round(said.seconds_left))} left"
        total = None if said.unit == "seconds" else said.total
        steps.at(said.step, detail, done=said.done, total=total)

    return show
