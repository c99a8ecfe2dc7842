"""Starts the forkserver where no PID namespace contains it, and ends with every process that came of it.

Runs outside whatever confines the forkserver: orphans are reparented to it, and it kills them once the specification's
process is gone, however that ended.
"""

import contextlib
import os
import select
import signal
import time

from . import confine


def main(orders: int, life: int) -> None:
    """Run the forkserver on the socket `orders`; kill everything once the other end of the pipe `life` is closed."""
    confine.prctl(confine.PR_SET_CHILD_SUBREAPER, 1)
    forkserver = os.fork()
    if forkserver == 0:
        os.close(life)
        confine.die_with_parent()
        from .forkserver import main as serve_orders

        serve_orders(orders)
        os._exit(0)
    os.close(orders)
    while True:
        closed, _, _ = select.select([life], [], [], 0.5)
        if closed or _reaped(forkserver):
            break
    _kill_all()


def _reaped(awaited: int) -> bool:
    """Reap the children that have ended; whether `awaited` is among them."""
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == awaited:
                return True
            if pid == 0:
                return False
    return True


def _kill_all() -> None:
    """Kill the descendants of this process until none is left."""
    for _ in range(1000):
        for pid in _descendants(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)


def _descendants(ancestor: int) -> list[int]:
    children: dict[int, list[int]] = {}
    if not os.path.isdir("/proc/self"):
        return []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{name}/stat", "rb") as file:
                # The second field is the program's name in brackets, which may hold anything.
                parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    descendants, pending = [], [ancestor]
    while pending:
        below = children.get(pending.pop(), [])
        descendants += below
        pending += below
    return descendants
