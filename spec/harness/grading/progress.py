"""The progress of a class: a live display on a terminal, elsewhere a line for each submission that is done."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from .notes import note
from .records import Record
from .text import format_points, one_line


class ProgressObserver:
    """Counts submissions by state; a subclass shows the counts."""

    def __init__(self) -> None:
        self.total = self.previous = self.graded = self.failed = 0
        self.running: dict[str, None] = {}
        self.planned_at = time.monotonic()

    def plan(self, total: int, previous: int) -> None:
        """There are `total` submissions, `previous` of them graded by earlier runs."""
        self.total, self.previous = total, previous
        self.planned_at = time.monotonic()

    def started(self, name: str) -> None:
        """The run of a submission starts."""
        self.running[name] = None

    def finished(self, record: Record) -> None:
        """A submission is graded, or the grader failed on it."""
        self.running.pop(record.submission, None)
        if record.status == "graded":
            self.graded += 1
        else:
            self.failed += 1

    @property
    def done(self) -> int:
        """How many submissions are done, those of earlier runs included."""
        return self.previous + self.graded + self.failed

    def time_left(self, now: float) -> float | None:
        """Seconds until all are done at the pace of this run; None while there is no pace yet."""
        finished = self.graded + self.failed
        return (now - self.planned_at) / finished * (self.total - self.done) if finished else None

    def summary(self) -> str:
        """All counts in one line."""
        seconds = self.time_left(time.monotonic())
        time_left = "time left unknown" if seconds is None else f"{timedelta(seconds=round(seconds))} left"
        return f"{self.done} of {self.total} done, {len(self.running)} running, {self.failed} failed, {time_left}"


def _result(record: Record) -> str:
    """The result of one submission in one line."""
    name = one_line(record.submission, 60)
    if record.status == "grader-error" or record.grade is None or record.grade.points is None:
        return f"{name}: grader error, no points lost: {one_line(record.problem, 160)}"
    remark = f" ({one_line(said, 160)})" if (said := note(record)) else ""
    return f"{name}: {format_points(record.grade.points)} of {format_points(record.grade.of)}{remark}"


def say(text: str) -> None:
    """Print a line. Grading goes on where nobody can read it any more: a pipe that was closed, a log on a full disk."""
    try:
        print(text, flush=True)
    except OSError:
        # What is still in the buffer is written at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Lines(ProgressObserver):
    """Prints a line for each submission that is done."""

    def plan(self, total: int, previous: int) -> None:
        """Print how many there are, and how many need no run."""
        super().plan(total, previous)
        say(f"submissions: {total}; already graded: {previous}")

    def finished(self, record: Record) -> None:
        """Print the result and the progress."""
        super().finished(record)
        say(f"{_result(record)} · {self.summary()}")


class LiveDisplay(ProgressObserver):
    """A bar with the counts, the time left and the runs under way; results scroll above it."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        columns = (
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=console, refresh_per_second=4)
        self.task = self.progress.add_task("")

    def plan(self, total: int, previous: int) -> None:
        """Draw the bar."""
        super().plan(total, previous)
        self._update()

    def started(self, name: str) -> None:
        """Show it as running."""
        super().started(name)
        self._update()

    def finished(self, record: Record) -> None:
        """Print the result above the bar."""
        super().finished(record)
        self.progress.console.print(escape(_result(record)), highlight=False)
        self._update()

    def _update(self) -> None:
        description = " · ".join(
            filter(None, (self.summary(), ", ".join(one_line(name, 20) for name in list(self.running)[:4])))
        )
        self.progress.update(self.task, total=self.total, completed=self.done, description=escape(description))


@contextmanager
def observing() -> Iterator[ProgressObserver]:
    """The observer that suits standard output."""
    if not sys.stdout.isatty():
        yield Lines()
        return
    display = LiveDisplay(Console())
    with display.progress:
        yield display
