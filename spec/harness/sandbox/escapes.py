"""Sent into a sandbox as if it were a submission: attempts what must not work there, and says what does."""

import ctypes
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress


def attempts(files: list[str], folder: str, pid: int, started: str) -> list[str]:
    """Try to read the files, to write into the folder, to reach the network, and to touch other processes.

    These are the one that this was forked from, and `pid`, the one that grades. `started` is the start time of that
    process, field 22 of its `/proc/PID/stat`: in a PID namespace of its own another process may have that number.
    """
    touched = [*_touches(os.getppid(), "its parent process")]
    if _is_same(pid, started):
        touched += _touches(pid, "the process that grades")
    return [*_reads(files), *_writes(folder), *_connects(), *touched]


def _reads(files: list[str]) -> Iterator[str]:
    for path in files:
        with suppress(OSError), open(path, "rb") as file:
            file.read(1)
            yield f"it reads {path}"


def _writes(folder: str) -> Iterator[str]:
    with suppress(OSError), open(os.path.join(folder, "written"), "w"):
        yield f"it writes to {folder}"


def _connects() -> Iterator[str]:
    try:
        socket.create_connection(("127.0.0.1", 9), 0.1)
        yield "it reaches the network"
    except PermissionError:
        pass
    except OSError as error:
        yield f"it may open sockets: {error}"


def _is_same(pid: int, started: str) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[19] == started
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _touches(pid: int, whose: str) -> Iterator[str]:
    for what, touch in TOUCHES.items():
        with suppress(OSError):
            touch(pid)
            yield f"it {what} {whose}"


def _sets_limits(pid: int) -> None:
    import resource

    resource.prlimit(pid, resource.RLIMIT_CORE, resource.prlimit(pid, resource.RLIMIT_CORE))


def _system_call(name: str, *arguments: int) -> None:
    """A function of the C library, without effect where it succeeds."""
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*map(ctypes.c_long, arguments)) == -1:
        raise OSError(ctypes.get_errno(), name)


def _reads_environment(pid: int) -> None:
    with open(f"/proc/{pid}/environ", "rb") as file:
        file.read(1)


def _adjusts_score(pid: int) -> None:
    with open(f"/proc/{pid}/oom_score_adj", "r+") as file:
        file.write(file.read())


def _sends_by_descriptor(pid: int) -> None:
    signal.pidfd_send_signal(os.pidfd_open(pid), 0)


TOUCHES: dict[str, Callable[[int], object]] = {
    "may send signals to": lambda pid: os.kill(pid, 0),
    "may send signals through a descriptor to": _sends_by_descriptor,
    "may queue signals to": lambda pid: _system_call("sigqueue", pid, 0, 0),
    "sets limits of": _sets_limits,
    "sets the priority of": lambda pid: os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, pid)),
    "sets the processors of": lambda pid: os.sched_setaffinity(pid, os.sched_getaffinity(pid)),
    "sets the scheduling of": lambda pid: os.sched_setparam(pid, os.sched_getparam(pid)),
    "traces": lambda pid: _system_call("ptrace", 0x4206, pid, 0, 0),
    "reads the environment of": _reads_environment,
    "sets the out-of-memory score of": _adjusts_score,
}
"""What must not work on another process; each attempt would change nothing."""
