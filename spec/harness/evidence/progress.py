"""What each worker is doing right now, told to the terminal while it lasts.

A worker keeps one small status file in the run's directory; the process that owns the terminal reads them all every few
seconds, so that a long training is never silent.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from .. import files

COLLECTED = "collected.json"
"""The file that says, once it is there, which tests the workers collected."""

_status_file: Path | None = None
_under_way: list[str] = []


def report_to(directory: Path | None, worker: str) -> None:
    """From now on, `doing` writes this worker's status below `directory`; nowhere where that is None."""
    global _status_file
    _status_file = directory / f"status-{worker}" if directory else None


@contextmanager
def doing(what: str, replicates: int) -> Iterator[None]:
    """Say that `what` is under way, for as long as the block lasts."""
    _under_way.append(f"{what}, {replicates} replicates")
    _tell()
    try:
        yield
    finally:
        _under_way.pop()
        _tell()


def _tell() -> None:
    if _status_file is not None:
        files.write(_status_file, f"{time.time()}\n{_under_way[-1]}" if _under_way else "")


class Heartbeat(threading.Thread):
    """Prints what the workers are doing every few seconds, until stopped.

    It begins once claims are collected, or at once where the user asked for claims.
    """

    def __init__(self, directory: Path, terminal: IO[str], at_once: bool, every: float = 4.0) -> None:
        super().__init__(daemon=True, name="claims-heartbeat")
        self.at_once = at_once
        self.directory = directory
        self.terminal = terminal
        self.every = every
        self.began = time.time()
        self._stopped = threading.Event()

    def run(self) -> None:
        """Print until stopped."""
        while not self._stopped.wait(self.every):
            collected = (self.directory / COLLECTED).exists()
            under_way = [line for file in sorted(self.directory.glob("status-*")) if (line := _status(file))]
            if collected or self.at_once:
                otherwise = "tests without training" if collected else "collecting"
                self.terminal.write(f"\n[{time.time() - self.began:4.0f} s] {' · '.join(under_way) or otherwise} ")
                self.terminal.flush()

    def stop(self) -> None:
        """Stop printing."""
        self._stopped.set()
        self.join()


def _status(file: Path) -> str:
    since, _, what = file.read_text().partition("\n")
    return f"{what} ({time.time() - float(since):.0f} s)" if what else ""
