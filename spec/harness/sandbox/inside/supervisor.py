"""Starts the nursery where no namespace of processes does it, and ends with everything that came of it.

Outside whatever confines the nursery: it is what orphans come back to, and it kills them once the specification's
process is gone, however that ended.
"""

import contextlib
import os
import select
import signal
import sys
import time

from . import confine


def main(orders: int, life: int) -> None:
    """Run the nursery on the socket `orders`; kill everything once the other end of the pipe `life` is closed."""
    confine.prctl(confine.PR_SET_CHILD_SUBREAPER, 1)
    nursery = os.fork()
    if nursery == 0:
        os.close(life)
        confine.die_with_parent()
        from .forkserver import main as nurse

        nurse(orders)
        os._exit(0)
    os.close(orders)
    while True:
        closed, _, _ = select.select([life], [], [], 0.5)
        if closed or _reaped(nursery):
            break
    kill_all()


def _reaped(awaited: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == awaited:
                return True
            if pid == 0:
                return False
    return True


def kill_all() -> None:
    """Kill all descendants of this process, until none is left."""
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
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{name}/stat") as file:
                # The second field is the program's name in brackets, which may hold anything.
                parent = int(file.read().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    found, todo = [], [ancestor]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
