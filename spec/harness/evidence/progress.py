"""Reports what this process is computing."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..run_directory import RunDirectory

_directory: RunDirectory | None = None
_worker = ""
_under_way: list[str] = []


def report_to(directory: RunDirectory | None, worker: str) -> None:
    """From now on, `doing` writes this worker's status to the run's directory; nowhere where that is None."""
    global _directory, _worker
    _directory, _worker = directory, worker


@contextmanager
def doing(what: str, replicates: int) -> Iterator[None]:
    """Say that `what` is under way, for as long as the block lasts."""
    _under_way.append(f"{what}, {replicates} replicates")
    _report()
    try:
        yield
    finally:
        _under_way.pop()
        _report()


def _report() -> None:
    if _directory is not None:
        _directory.write_status(_worker, f"{time.time()}\n{_under_way[-1]}" if _under_way else "")
