"""The processes of a sandbox, seen from outside: who they are, what they take, and their end."""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

Measure = Callable[[psutil.Process], int]
Find = Callable[[], list[psutil.Process]]
GONE = (psutil.NoSuchProcess, psutil.AccessDenied)


def tree(pid: int) -> list[psutil.Process]:
    """A process and all that came of it, the dead left out."""
    try:
        root = psutil.Process(pid)
        found = [root, *root.children(recursive=True)]
    except GONE:
        return []
    return [process for process in found if _alive(process)]


def stopped(pid: int) -> bool:
    """Whether somebody has stopped a process, which then answers nobody."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_STOPPED
    except GONE:
        return False


def by_ancestor(ancestors: set[int], everyone: list[psutil.Process]) -> dict[int | None, list[psutil.Process]]:
    """Those of `everyone` that each of the `ancestors` is, or that came of it; under None, those of nobody's."""
    parents = {each.pid: _of(each, lambda process: process.ppid()) for each in everyone}
    found: dict[int | None, list[psutil.Process]] = {None: [], **{pid: [] for pid in ancestors}}
    for each in everyone:
        pid = each.pid
        # No longer than there are processes: of numbers that were given again meanwhile a circle may seem to come.
        for _ in everyone:
            if pid in ancestors or pid not in parents:
                break
            pid = parents[pid]
        found[pid if pid in ancestors else None].append(each)
    return found


def _alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except GONE:
        return False


def tasks(processes: Iterable[psutil.Process]) -> int:
    """How many threads they have together, of which each process has at least one."""
    return sum(_of(process, lambda each: each.num_threads()) for process in processes)


def resident(processes: Iterable[psutil.Process], shared: int) -> int:
    """Bytes of memory that they hold together, beyond the `shared` that each has from where it was forked."""
    return sum(max(0, _of(process, lambda each: each.memory_info().rss) - shared) for process in processes)


def _of(process: psutil.Process, measure: Measure) -> int:
    try:
        return measure(process)
    except GONE:
        return 0


def kill(processes: Iterable[psutil.Process]) -> None:
    """Stop them all first, so that none starts another meanwhile; then kill them."""
    processes = list(processes)
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for process in processes:
            with contextlib.suppress(*GONE):
                process.send_signal(number)


def kill_until_none(find: Find, tries: int = 100) -> bool:
    """Kill what `find` finds until it finds nothing; whether it came to that."""
    for _ in range(tries):
        left = find()
        if not left:
            return True
        kill(left)
        time.sleep(0.005)
    return False


def disk_usage(folder: Path) -> int:
    """Bytes of the files below a folder."""
    total = 0
    for place, _, files in os.walk(folder):
        for file in files:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, file)).st_blocks * 512
    return total


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as possible."""
    shutil.rmtree(folder, ignore_errors=True)
