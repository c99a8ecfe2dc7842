"""The watch over a sandbox's processes: whose each is, and what those of one worker take together."""

import threading
import time
from functools import partial
from pathlib import Path

import psutil

from ..errors import Crashed, ImplementationFault, TimedOut
from . import disk, processes
from .limits import MIB
from .worker import Terms, Worker

WATCH_SECONDS = 0.5

Families = dict[int | None, list[psutil.Process]]


class Watch(threading.Thread):
    """Ends each worker that takes more than it may, and each process that descends from no living worker."""

    def __init__(self, root: int, shared: int, terms: Terms, scratch: Path | None) -> None:
        """Watch over the descendants of the process `root`; those there already belong to the sandbox itself.

        `shared` is how many bytes of memory a worker has in common with the forkserver, and `scratch` the folder of
        temporary files, or None where the file system bounds it.
        """
        super().__init__(daemon=True, name="claims-sandbox-watch")
        self.workers: dict[int, Worker] = {}
        """The living ones, by number."""
        self.forking = threading.Lock()
        """Held until a new worker is among `workers`: before, its process belongs to nobody."""
        self._itself = processes.tree(root)
        self.infrastructure = {process.pid for process in self._itself}
        self._root, self.shared, self._scratch = root, shared, scratch
        self._terms, self._limits, self._ledger = terms, terms.limits, terms.ledger
        self._last_look = time.monotonic()
        self._stopped = threading.Event()
        self.start()

    def run(self) -> None:
        """Watch until stopped."""
        while not self._stopped.wait(WATCH_SECONDS):
            with self.forking:
                # Once for all workers: to search the system's processes is most of the cost.
                families = self._families()
                self._count_time(families)
                # What has outlived its parent belongs to nobody.
                processes.kill(families[None])
                self._share_out(families)
            for worker in list(self.workers.values()):
                if worker.pid in families and (breach := self._breach(worker, families[worker.pid])):
                    worker.breach = breach
                    processes.kill_until_none(partial(processes.tree, worker.pid))

    def _count_time(self, families: Families) -> None:
        """Charge each worker for its processes; what nobody owns was disowned by the one that is at work."""
        before, self._last_look = self._last_look, time.monotonic()
        for worker in list(self.workers.values()):
            account = worker.account
            disowned = [process for process in families[None] if account.call or account.knows(process)]
            account.look([*families.get(worker.pid, ()), *disowned], self._last_look, before)
        self._count_overhead()
        self._ledger.publish()

    def _count_overhead(self) -> None:
        overhead = self._ledger.overhead
        for process in self._itself:
            overhead[process] = max(overhead.get(process, 0.0), processes.cpu_seconds(process)[0])

    def _share_out(self, families: Families) -> None:
        """Let no worker have more of a busy processor than one process would, and one without a call nothing."""
        for worker in list(self.workers.values()):
            family = families.get(worker.pid, [])
            worker.pause(family)
            if worker.account.wanting > 1:
                processes.weigh_as_one(family, worker.account.wanting)

    def stop(self) -> None:
        """Watch no longer."""
        self._stopped.set()
        self._count_overhead()

    def kill_orphans(self) -> bool:
        """Kill whatever descends from no living worker; whether that succeeded."""
        return processes.kill_until_none(lambda: self._families()[None])

    def _families(self) -> Families:
        """The processes of each living worker, by its process id; under None, those of nobody."""
        pids = {worker.pid for worker in list(self.workers.values())}
        families = processes.by_ancestor(pids, processes.tree(self._root))
        families[None] = [process for process in families[None] if process.pid not in self.infrastructure]
        return families

    def _breach(self, worker: Worker, family: list[psutil.Process]) -> ImplementationFault | None:
        limits = self._limits
        if processes.tasks(family) > limits.processes:
            return Crashed(f"more than {limits.processes} processes and threads (--limit-processes)")
        was_full = worker.memory_group is not None and worker.memory_group.was_full()
        if was_full or processes.held(family, self.shared) > limits.memory * MIB:
            return self._terms.too_much_memory()
        everyone = set(self.workers)
        if self._scratch and disk.exceeded(limits.disk * MIB, self._scratch, worker.number, everyone, family):
            return Crashed(f"more than {limits.disk} MiB of temporary files (--limit-disk)")
        if excess := self._ledger.excess(worker.account):
            return TimedOut(excess)
        return None
