"""How far a class is: a live display where there is a terminal, a line for each submission elsewhere."""

import contextlib
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from .records import Record
from .text import one_line, points


class Count:
    """How many submissions are in which state, and how long the rest may take."""

    def __init__(self) -> None:
        self.total = self.before = 0
        self.running: dict[str, float] = {}
        self.graded = self.failed = 0
        self.began_at = time.monotonic()

    @property
    def done(self) -> int:
        """How many are done, those of earlier runs included."""
        return self.before + self.graded + self.failed

    def time_left(self, now: float) -> float | None:
        """Seconds until all are done at the pace so far; None as long as there is no pace."""
        finished = self.graded + self.failed
        if not finished:
            return None
        return (now - self.began_at) / finished * (self.total - self.done)

    def plan(self, total: int, done: int) -> None:
        """So many submissions in all, so many of them done before."""
        self.total, self.before = total, done
        self.began_at = time.monotonic()

    def began(self, name: str) -> None:
        """A run begins."""
        self.running[name] = time.monotonic()

    def ended(self, record: Record) -> None:
        """A submission is done."""
        self.running.pop(record.submission, None)
        if record.status == "graded":
            self.graded += 1
        else:
            self.failed += 1

    def line(self) -> str:
        """All of it in one line."""
        left = self.time_left(time.monotonic())
        rest = "time left unknown" if left is None else f"{timedelta(seconds=round(left))} left"
        return f"{self.done} of {self.total} done, {len(self.running)} running, {self.failed} failed, {rest}"


def result(record: Record) -> str:
    """What came of a submission, in one line."""
    name = one_line(record.submission, 60)
    if record.status == "grader-error" or record.grade is None or record.grade.points is None:
        return f"{name}: grader error, not charged: {one_line(record.problem, 160)}"
    note = f" ({one_line(record.problem, 160)})" if record.problem else ""
    return f"{name}: {points(record.grade.points)} of {points(record.grade.of)}{note}"


class Lines:
    """A plain line for each submission that is done."""

    def __init__(self) -> None:
        self.count = Count()

    def plan(self, total: int, done: int) -> None:
        """Say how many there are, and how many need no run."""
        self.count.plan(total, done)
        print(f"submissions: {total}; graded before: {done}", flush=True)

    def began(self, name: str) -> None:
        """Say nothing: logs are long enough."""
        self.count.began(name)

    def done(self, record: Record) -> None:
        """Say what came of it, and how far the class is."""
        self.count.ended(record)
        print(f"{result(record)} · {self.count.line()}", flush=True)


class Live:
    """A bar with what is done, running and failed, the time left, and the results scrolling above it."""

    def __init__(self, console: Console) -> None:
        self.count = Count()
        columns = (
            SpinnerColumn(),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        self.progress = Progress(*columns, console=console, refresh_per_second=4)
        self.task = self.progress.add_task("")

    def plan(self, total: int, done: int) -> None:
        """Draw the bar."""
        self.count.plan(total, done)
        self._update()

    def began(self, name: str) -> None:
        """Count it as running."""
        self.count.began(name)
        self._update()

    def done(self, record: Record) -> None:
        """Let the result scroll by."""
        self.count.ended(record)
        self.progress.console.print(escape(result(record)), highlight=False)
        self._update()

    def _update(self) -> None:
        under_way = ", ".join(one_line(name, 20) for name in list(self.count.running)[:4])
        said = f"{self.count.line()}{f' · {under_way}' if under_way else ''}"
        self.progress.update(self.task, total=self.count.total, completed=self.count.done, description=escape(said))


@contextlib.contextmanager
def showing() -> Iterator[Lines | Live]:
    """The display that suits standard output."""
    if not sys.stdout.isatty():
        yield Lines()
        return
    live = Live(Console())
    with live.progress:
        yield live
