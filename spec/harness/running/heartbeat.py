"""Prints what the workers are doing every few seconds, in a log more rarely, so that long trainings show progress."""

import os
import sys
import threading
import time
from typing import IO

import pytest

from ..evidence import progress
from ..run_directory import RunDirectory
from .run import RUN, asks_for_claims

HEARTBEAT = pytest.StashKey["Heartbeat"]()
SECONDS, MOST_SECONDS = 4.0, 60.0
"""Between two lines where somebody watches. Nobody watches a log: there each wait is twice the last, up to a minute."""


class Heartbeat(threading.Thread):
    """Prints until stopped.

    It begins once claims are collected, or at once where the user asked for claims.
    """

    def __init__(self, directory: RunDirectory, terminal: IO[str], at_once: bool) -> None:
        """`terminal` is closed in the end."""
        super().__init__(daemon=True, name="claims-heartbeat")
        self.directory = directory
        self.terminal = terminal
        self.at_once = at_once
        self.interval = SECONDS
        self.watched = terminal.isatty()
        self.began = time.time()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Print until stopped."""
        while not self._stopped.wait(self.interval):
            if not self.watched:
                self.interval = min(2 * self.interval, MOST_SECONDS)
            if self.directory.is_collected or self.at_once:
                under_way = " · ".join(self.under_way())
                otherwise = "tests without training" if self.directory.is_collected else "collecting"
                self.terminal.write(f"\n[{time.time() - self.began:4.0f} s] {under_way or otherwise} ")
                self.terminal.flush()

    def under_way(self) -> list[str]:
        """What each worker is doing, and how much of its limit a call has taken that lasts."""
        statuses, calls = self.directory.statuses(), self.directory.calls()
        lines = []
        for worker in sorted(statuses.keys() | calls.keys()):
            since, _, what = statuses.get(worker, "").partition("\n")
            doing = [f"{what} ({time.time() - float(since):.0f} s)"] if what else []
            lines.append(", ".join([*doing, *filter(None, [calls.get(worker)])]))
        return lines

    def stop(self) -> None:
        """Stop printing."""
        self._stopped.set()
        self.join()
        self.terminal.close()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to report progress; where the terminal is, also to print it."""
    config = session.config
    run = config.stash[RUN]
    progress.report_to(run.directory, run.worker)
    elsewhere = config.option.markexpr and not asks_for_claims(config)  # such as the selfcheck
    quiet = config.option.usepdb or config.option.collectonly or elsewhere
    if run.owns_terminal and not quiet and (out := _copy_of_stdout()):
        config.stash[HEARTBEAT] = Heartbeat(run.directory, out, asks_for_claims(config))
        config.stash[HEARTBEAT].start()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop it before anything else is printed."""
    if heartbeat := session.config.stash.get(HEARTBEAT, None):
        heartbeat.stop()


def _copy_of_stdout() -> IO[str] | None:
    """Tests are run with standard output captured; this copy of it is not."""
    try:
        return os.fdopen(os.dup(sys.__stdout__.fileno()), "w") if sys.__stdout__ else None
    except (OSError, ValueError):
        return None
