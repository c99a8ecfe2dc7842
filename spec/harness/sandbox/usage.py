"""The time that a submission takes, seen from outside: that of each worker, with whatever comes of it, and in all.

A worker is charged for *processor time*, and for the time in which it lets a call wait although none of its processes
wants the processor. Waiting for a busy processor, or for the disk, is not its doing and costs nothing. So a limit means
the same on a slow or busy machine, and what sleeps for ever still comes to its end.
"""

import contextlib
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass

import psutil

from . import processes
from .limits import Limits


@dataclass
class CallTime:
    """The time of a call under way."""

    where: str
    cpu_before: float | None = None
    """What its worker had used by the first look since it began; None before that."""
    idle: float = 0.0


class Account:
    """The time of one worker, brought up to date by looking at its processes every now and then."""

    def __init__(self, worker: psutil.Process | None) -> None:
        """`worker` is its process, None where that has ended already."""
        self._seen = dict.fromkeys([worker] if worker else [], 0.0)
        """Processor seconds of each of its processes that lived at the last look, without those of its children."""
        self._gone = 0.0
        """The same of those that have ended since."""
        self._lock = threading.Lock()
        self.cpu = 0.0
        """Processor seconds of all its processes."""
        self.idle = 0.0
        """Seconds in which a call waited for it, and it for something that takes no processor."""
        self.wanting = 0
        """How many threads of all its processes wanted a processor at the last look."""
        self.call: CallTime | None = None
        """The call under way."""

    def look(self, family: Collection[psutil.Process], now: float, before: float) -> None:
        """Look at all living processes that have come of the worker.

        `now` and `before`, the time of the last look, are times of `time.monotonic()`.
        """
        tasks = {process: processes.wanting(process) for process in family}
        wanting = {process for process, number in tasks.items() if number}
        self.wanting = sum(tasks.values())
        with self._lock:
            self._gone += sum(self._seen.pop(process) for process in self._seen.keys() - set(family))
            # One that is new and running may be the latest of many that came and went between the looks.
            self._seen |= dict.fromkeys(wanting - self._seen.keys(), now - before)
            cpu, call = self.cpu, self.call
            self._count(family)
            if call and call.cpu_before is None:
                call.cpu_before = self.cpu
            elif call and not wanting:
                idle = max(0.0, now - before - (self.cpu - cpu))
                call.idle += idle
                self.idle += idle

    def refresh(self) -> None:
        """Read the clocks of the processes that are known."""
        with self._lock:
            self._count(list(self._seen))

    def close(self) -> None:
        """Count for the last time."""
        self.refresh()
        self._seen, self.call = {}, None

    def knows(self, process: psutil.Process) -> bool:
        """Whether a process was among the worker's at the last look."""
        return process in self._seen

    def of_call(self) -> float:
        """What the call under way is charged."""
        call = self.call
        return 0.0 if call is None or call.cpu_before is None else self.cpu - call.cpu_before + call.idle

    def _count(self, family: Collection[psutil.Process]) -> None:
        """The greater of two counts, since neither sees everything.

        A process tells the time of the children that it has waited for, however short they lived; that of a child which
        nobody waits for is known only by looking while it lives.
        """
        told = 0.0
        for process in family:
            own, waited_for = processes.cpu_seconds(process)
            self._seen[process] = max(self._seen.get(process, 0.0), own)
            told += own + waited_for
        self.cpu = max(self.cpu, told, self._gone + sum(self._seen.values()))


class Ledger:
    """The accounts of a submission's workers in this process, and what the other processes of its run have told."""

    def __init__(
        self, limits: Limits, elsewhere: Callable[[], float], publish: Callable[[float, str], None] | None
    ) -> None:
        """`elsewhere` and `publish` are those of the `Sandbox`."""
        self._limits, self._elsewhere, self._publish = limits, elsewhere, publish
        self._accounts: list[Account] = []
        self._published = 0.0, ""
        self._charged = 0.0
        self.overhead: dict[psutil.Process, float] = {}
        """Processor seconds of each process that belongs to the sandbox itself."""

    def open(self, worker: psutil.Process | None) -> Account:
        """Begin to count the time of another worker."""
        self._accounts.append(Account(worker))
        return self._accounts[-1]

    def cpu_seconds(self) -> float:
        """Processor seconds that all workers have used by now."""
        for account in self._accounts:
            account.refresh()
        return sum(account.cpu for account in self._accounts)

    def cpu_seconds_in_all(self) -> float:
        """The same, with those of the sandbox itself."""
        return self.cpu_seconds() + sum(self.overhead.values())

    def publish(self) -> None:
        """Add up what the whole run is charged, and pass on what has changed."""
        charged = sum(account.cpu + account.idle for account in self._accounts)
        with contextlib.suppress(OSError):
            self._charged = charged + self._elsewhere()
        news = charged, next((self._in_words(account) for account in self._accounts if account.of_call() > 0), "")
        if self._publish and news != self._published:
            # What nobody can be told is no reason to watch no longer.
            with contextlib.suppress(OSError):
                self._publish(*news)
                self._published = news

    def _in_words(self, account: Account) -> str:
        call = account.call
        return f"{call.where}: {account.of_call():.0f} of {self._limits.seconds:g} CPU-s" if call else ""

    @property
    def is_used_up(self) -> bool:
        """Whether the time of the whole run is over."""
        return self._charged > self._limits.total_seconds

    def excess(self, account: Account) -> str | None:
        """What the call under way took too much of; None where it did not."""
        limits, call = self._limits, account.call
        if call is None or not (account.of_call() > limits.seconds or self.is_used_up):
            return None
        spent = f"{account.of_call() - call.idle:.1f} of processor time"
        if call.idle:
            spent += f", and {call.idle:.1f} in which it did nothing, which count as well"
        if account.of_call() > limits.seconds:
            return f"more than {limits.seconds:g} CPU-seconds (--limit-seconds): {spent}"
        return f"the last of the run's {limits.total_seconds:g} CPU-seconds (--limit-total-seconds): {spent}"
