"""The time that a submission takes, seen from outside: that of each worker, with whatever comes of it, and in all.

A worker is charged for *processor time*, and for the time in which it lets a call wait although none of its processes
wants the processor. Waiting for a busy processor, or for the disk, is not its doing and costs nothing. So a limit means
the same on a slow or busy machine, and what sleeps for ever still comes to its end.
"""

import contextlib
import os
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import msgspec
import psutil

from . import processes
from .limits import Limits

PROCESSORS = os.cpu_count() or 1
MOST_NAMED = 3
"""Functions that are named, of those that have used up the time."""


@dataclass
class CallTime:
    """The time of a call under way."""

    where: str
    cpu_before: float | None = None
    """What its worker had used by the first look since it began; None before that."""
    idle: float = 0.0


class Account:
    """The time of one worker, brought up to date by looking at its processes every now and then."""

    def __init__(self, worker: psutil.Process | None, purpose: str = "", budget: str = "") -> None:
        """`worker` is its process, None where that has ended already; the `budget` is charged."""
        self.purpose, self.budget = purpose, budget
        self.functions: dict[str, float] = defaultdict(float)
        """What has been charged, by the function that was called last."""
        self.last = ""
        """That function."""
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
            # One that is new and running may be the latest of many that came and went between the looks; but together
            # they have had no more than all processors.
            new = wanting - self._seen.keys()
            self._seen |= dict.fromkeys(new, (now - before) * min(1.0, PROCESSORS / max(1, len(new))))
            cpu, call = self.cpu, self.call
            self._count(family)
            if call and call.cpu_before is None:
                call.cpu_before = self.cpu
            elif call and not wanting:
                idle = max(0.0, now - before - (self.cpu - cpu))
                call.idle += idle
                self.idle += idle
            self._attribute()

    def refresh(self) -> None:
        """Read the clocks of the processes that are known."""
        with self._lock:
            self._count(list(self._seen))

    def close(self) -> None:
        """Count for the last time."""
        self.refresh()
        self._attribute()
        self._seen, self.call = {}, None

    def knows(self, process: psutil.Process) -> bool:
        """Whether a process was among the worker's at the last look."""
        return process in self._seen

    def of_call(self) -> float:
        """What the call under way is charged."""
        call = self.call
        return 0.0 if call is None or call.cpu_before is None else self.cpu - call.cpu_before + call.idle

    def _attribute(self) -> None:
        self.functions[self.last] += self.cpu + self.idle - sum(self.functions.values())

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


class Used(msgspec.Struct):
    """What the workers of one process of a run have used."""

    seconds: dict[str, float]
    """CPU-seconds charged, by budget."""
    functions: dict[str, float]
    """The same by function, as far as looking every now and then can tell."""
    given_up: dict[str, str]
    """Functions that are not asked again, and why."""
    call: str
    """The long call under way, if any, and how much of its limit it has taken."""


class Ledger:
    """The accounts of a submission's workers in this process, and what the other processes of its run have told.

    The time of the run is divided into budgets. One half belongs to them in equal parts; the other is for whichever
    needs it first, so that none can take from the others what is theirs.
    """

    def __init__(
        self,
        limits: Limits,
        elsewhere: Callable[[], list[Used]],
        publish: Callable[[Used], None] | None,
        budgets: int,
    ) -> None:
        """`elsewhere` and `publish` are those of the `Sandbox`, and `budgets` how many there are."""
        self._limits, self._elsewhere, self._publish = limits, elsewhere, publish
        self._own = limits.total_seconds / (2 * budgets)
        self._accounts: list[Account] = []
        self._given_up: dict[str, str] = {}
        self._used = Used({}, {}, {}, "")
        """Of all processes, when last added up."""
        self._published = self._used
        self.overhead: dict[psutil.Process, float] = {}
        """Processor seconds of each process that belongs to the sandbox itself."""

    def open(self, worker: psutil.Process | None, purpose: str, budget: str) -> Account:
        """Begin to count the time of another worker."""
        self._accounts.append(Account(worker, purpose, budget))
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
        call = next((self._in_words(account) for account in self._accounts if account.of_call() > 0), "")
        seconds: dict[str, float] = defaultdict(float)
        functions: dict[str, float] = defaultdict(float)
        for account in self._accounts:
            seconds[account.budget] += account.cpu + account.idle
            _add(functions, account.functions)
        here = Used(dict(seconds), dict(functions), dict(self._given_up), call)
        with contextlib.suppress(OSError):
            for used in self._elsewhere():
                _add(seconds, used.seconds)
                _add(functions, used.functions)
                self._given_up |= used.given_up
            self._used = Used(dict(seconds), dict(functions), self._given_up, call)
        if self._publish and here != self._published:
            # What nobody can be told is no reason to watch no longer.
            with contextlib.suppress(OSError):
                self._publish(here)
                self._published = here

    def _in_words(self, account: Account) -> str:
        call = account.call
        return f"{call.where}: {account.of_call():.0f} of {self._limits.seconds:g} CPU-s" if call else ""

    def why_not(self, where: str, budget: str) -> str | None:
        """Why a function is not to be called any more; None where it may be."""
        if reason := self._given_up.get(where):
            return reason
        if self._is_used_up(budget):
            most = sorted(self._used.functions.items(), key=lambda item: -item[1])[:MOST_NAMED]
            by = ", ".join(f"{seconds:.0f} by {function}" for function, seconds in most if function)
            return f"{self._part(budget)} are used up (--limit-total-seconds){f': {by}' if by else ''}"
        return None

    def _allowed(self, budget: str) -> float:
        """What may be charged to a budget: its own part, and what the others have left of the common one."""
        beyond = sum(max(0.0, seconds - self._own) for other, seconds in self._used.seconds.items() if other != budget)
        return self._own + max(0.0, self._limits.total_seconds / 2 - beyond)

    def _is_used_up(self, budget: str) -> bool:
        return self._used.seconds.get(budget, 0.0) > self._allowed(budget)

    def _part(self, budget: str) -> str:
        total, allowed = self._limits.total_seconds, self._allowed(budget)
        of_run = f"the run's {total:g} CPU-seconds"
        return of_run if allowed >= total else f"the {allowed:.4g} of {of_run} reserved for {budget or 'all else'}"

    def excess(self, account: Account) -> str | None:
        """What the call under way took too much of; None where it did not."""
        limits, call = self._limits, account.call
        if call is None or not (account.of_call() > limits.seconds or self._is_used_up(account.budget)):
            return None
        spent = f"{account.of_call() - call.idle:.1f} of processor time"
        if call.idle:
            spent += f", and {call.idle:.1f} of idle time, which counts as well"
        if account.of_call() > limits.seconds:
            too_much = f"more than {limits.seconds:g} CPU-seconds (--limit-seconds)"
            self.give_up(call.where, account, too_much)
            return f"{too_much}: {spent}"
        return f"the last of {self._part(account.budget)} (--limit-total-seconds): {spent}"

    def give_up(self, where: str, account: Account, too_much: str) -> None:
        """Have a function not called again, which took too much in a call."""
        self._given_up.setdefault(where, f"an earlier call, for {account.purpose or 'a test'}, took {too_much}")


def _add(totals: dict[str, float], more: Mapping[str, float]) -> None:
    for name, seconds in more.items():
        totals[name] += seconds
