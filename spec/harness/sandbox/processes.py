"""The processes of a sandbox as seen from outside: whose they are, what they take, and their end."""

import contextlib
import math
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

GONE = (psutil.NoSuchProcess, psutil.AccessDenied)
MEMORY_FIELDS = ("VmRSS:", "VmSwap:", "VmPTE:")
END_SECONDS = 0.05
"""How long to wait for processes that were killed, before looking which others are there."""
PER_NICENESS = 1.25
"""By this factor Linux gives less of a busy processor with every step of niceness."""


def tree(pid: int) -> list[psutil.Process]:
    """A process and its descendants, without those that have ended."""
    try:
        root = psutil.Process(pid)
        descendants = root.children(recursive=True)
    except GONE:
        return []
    return [process for process in (root, *descendants) if _measure(process, _is_alive)]


def found(pid: int) -> psutil.Process | None:
    """The process of that id, if there is one."""
    try:
        return psutil.Process(pid)
    except GONE:
        return None


def _is_alive(process: psutil.Process) -> bool:
    # Where the first thread has ended, and others have not, the system says the same as where all have.
    return process.status() != psutil.STATUS_ZOMBIE or len(threads(process)) > 1


def threads(process: psutil.Process) -> list[Path]:
    """Where to read about each thread of a process; the first is there as long as any, though it may have ended."""
    folder = f"/proc/{process.pid}/task"
    try:
        return [Path(folder, name) for name in os.listdir(folder)]
    except OSError:  # not on Linux, or gone
        return []


def is_stopped(pid: int) -> bool:
    """Whether the process was stopped by a signal, and so answers nobody."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_STOPPED
    except GONE:
        return False


def by_ancestor(ancestors: set[int], everyone: list[psutil.Process]) -> dict[int | None, list[psutil.Process]]:
    """The processes of `everyone` by the one of `ancestors` (process ids) that each is or descends from.

    Under None are those that descend from none of them.
    """
    parents = {process.pid: _measure(process, lambda process: process.ppid()) for process in everyone}
    families: dict[int | None, list[psutil.Process]] = {None: [], **{pid: [] for pid in ancestors}}
    for process in everyone:
        pid = process.pid
        # At most as many steps as there are processes: where an id was reused meanwhile, parents may form a circle.
        for _ in everyone:
            if pid in ancestors or pid not in parents:
                break
            pid = parents[pid]
        families[pid if pid in ancestors else None].append(process)
    return families


def tasks_of_user() -> int:
    """How many threads this user's processes have, in the sandbox and outside."""
    count = 0
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            folder = os.stat(f"/proc/{pid}/task")
            if folder.st_uid == os.getuid():
                count += folder.st_nlink - 2  # a link for each thread, besides the folder's own two
    return count


def tasks(processes: Iterable[psutil.Process]) -> int:
    """How many threads the processes have together, at least one each."""
    # psutil looks for a number in a text that the program's name is part of.
    return sum(len(threads(process)) or _measure(process, psutil.Process.num_threads) for process in processes)


def held(processes: Iterable[psutil.Process], shared: int) -> int:
    """Bytes of memory that the processes hold together, each without the `shared` bytes that its fork began with."""
    return sum(max(0, memory(process) - shared) for process in processes)


def memory(process: psutil.Process) -> int:
    """Bytes of memory that a process holds, with its page tables, and what of it was swapped."""
    for thread in threads(process):
        with contextlib.suppress(OSError):
            text = (thread / "status").read_text(errors="replace")
            fields = dict(line.split(":", 1) for line in text.split("\n") if line.startswith(MEMORY_FIELDS))
            # All threads have the same memory; of one that has ended nothing is said.
            if fields:
                return sum(int(field.split()[0]) * 1024 for field in fields.values())
    # Not on Linux, or gone.
    return _measure(process, lambda process: process.memory_info().rss)


def cpu_seconds(process: psutil.Process) -> tuple[float, float]:
    """Processor seconds of a process with all its threads, and of the children that it has waited for."""
    try:
        times = process.cpu_times()
    except GONE:
        return 0.0, 0.0
    return times.user + times.system, times.children_user + times.children_system


def wanting(process: psutil.Process) -> int:
    """How many of its threads run, wait for a processor, or wait for the disk."""
    states = []
    for thread in threads(process):
        with contextlib.suppress(OSError, IndexError):
            # The second field is the program's name in brackets, which may hold anything.
            states.append((thread / "stat").read_text(errors="replace").rpartition(")")[2].split()[0])
    if states:
        return sum(state in ("R", "D") for state in states)
    # Not on Linux, or gone.
    return int(_measure(process, lambda process: process.status() in (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP)))


def weigh_as_one(processes: Iterable[psutil.Process], tasks: int) -> None:
    """Have so many tasks of the processes get about as much of a busy processor as one would.

    That is one as nice as this process, whose niceness they began with. They stay nicer for as long as they live, and
    so do their children: only root could take it back.
    """
    niceness = min(19, os.getpriority(os.PRIO_PROCESS, 0) + round(math.log(max(1, tasks), PER_NICENESS)))
    for process in processes:
        for thread in threads(process):
            with contextlib.suppress(OSError):
                if os.getpriority(os.PRIO_PROCESS, int(thread.name)) < niceness:
                    os.setpriority(os.PRIO_PROCESS, int(thread.name), niceness)


def signal_all(processes: Iterable[psutil.Process], number: signal.Signals) -> None:
    """Send them a signal, as far as they are there."""
    for process in processes:
        with contextlib.suppress(*GONE):
            process.send_signal(number)


def _measure(process: psutil.Process, quantity: Callable[[psutil.Process], int]) -> int:
    """A quantity of a process; 0 once that is gone."""
    try:
        return quantity(process)
    except GONE:
        return 0


def kill(processes: Iterable[psutil.Process]) -> None:
    """Stop all of them first, so that none starts another meanwhile; then kill them."""
    processes = list(processes)
    for number in (signal.SIGSTOP, signal.SIGKILL):
        signal_all(processes, number)


def kill_until_none(find: Callable[[], list[psutil.Process]], tries: int = 100) -> bool:
    """Kill what `find` returns until it returns nothing; whether it came to that."""
    for _ in range(tries):
        left = find()
        if not left:
            return True
        kill(left)
        # To look at these alone is much cheaper than to search the system again.
        until = time.monotonic() + END_SECONDS
        while any(_measure(process, _is_alive) for process in left) and time.monotonic() < until:
            time.sleep(0.0005)
    return False
