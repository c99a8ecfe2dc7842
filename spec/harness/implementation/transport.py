"""How a call reaches the implementation: in this process, or in a worker behind a sandbox.

Both return the result unchecked, and raise the same errors in the same words where there is none.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from ..errors import ContractViolation, Failed, ImplementationFault, Missing, OutOfMemory, TimedOut
from ..sandbox.calls import Call
from ..sandbox.inside.faults import Fault, Faulted, attempt
from ..sandbox.inside.loading import FindTopic, function_of
from ..sandbox.session import Sandbox
from ..sandbox.worker import Handle, Worker


class Transport(Protocol):
    """How an implementation is called, and where it runs."""

    def call(self, call: Call) -> Any:
        """Call a function of a topic, or of an object that a call returned.

        Raises an `ImplementationFault` where there is no result.
        """

    def isolated(self, purpose: str, restarts: bool, budget: str) -> "Transport":
        """A way to the same implementation that shares as little as possible with this one."""

    def memory_limit(self, gibibytes: float) -> AbstractContextManager[None]:
        """Limit the memory of calls made in this block."""

    def renew(self) -> None:
        """Forget what has died: the next call starts anew."""

    def close(self) -> None:
        """End what was started for this way alone."""


class InProcess:
    """The implementation is imported into this process."""

    def __init__(self, find_topic: FindTopic, name: str) -> None:
        self._find_topic, self._name = find_topic, name

    def call(self, call: Call) -> Any:
        """Call it here."""
        __tracebackhide__ = True

        def find() -> Any:
            holder = self._find_topic(call.target) if isinstance(call.target, str) else call.target
            return function_of(holder, call.name)

        try:
            return attempt(find, call.positional, call.keywords)
        except Faulted as faulted:
            reason = faulted.__cause__
            if isinstance(reason, KeyboardInterrupt):
                raise reason from None
            raise _exception(call.where, faulted.fault, self._name) from reason

    def isolated(self, purpose: str, restarts: bool, budget: str) -> "InProcess":
        """This one: within one process nothing is isolated."""
        del purpose, restarts, budget
        return self

    @contextmanager
    def memory_limit(self, gibibytes: float) -> Iterator[None]:
        """Limit the address space of this process."""
        try:
            import resource

            in_use = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        except (ImportError, OSError):
            yield
            return
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = in_use + int(gibibytes * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

    def renew(self) -> None:
        """Nothing has died."""

    def close(self) -> None:
        """Nothing was started."""


class Sandboxed:
    """The implementation is in a worker of a sandbox, which starts when first called."""

    def __init__(
        self, sandbox: Sandbox, name: str, purpose: str = "", restarts: bool = False, budget: str = ""
    ) -> None:
        """`name` is the implementation's in errors; once its worker has died, a new one starts if `restarts`."""
        self._sandbox, self._name, self._purpose, self._restarts = sandbox, name, purpose, restarts
        self._budget = budget
        self._worker: Worker | None = None
        self._memory = f"{sandbox.limits.memory:,} MiB, --limit-memory"
        """The limit on memory, as it is said."""

    def call(self, call: Call) -> Any:
        """Ask the worker; a method of an object is asked of the worker that has it."""
        __tracebackhide__ = True
        is_held = isinstance(call.target, Handle)
        known = call.target.worker if is_held else self._worker
        # What a worker has ended with, it says ever after.
        says_the_same = known is not None and known.fault is not None and (is_held or not self._restarts)
        if not says_the_same and (reason := self._sandbox.ledger.why_not(call.where, self._budget)):
            raise TimedOut(f"{call.where}: not run: {reason}")
        try:
            return (known if known and is_held else self._current()).call(call)
        except Faulted as faulted:
            raise _exception(call.where, faulted.fault, self._name, f" (limit: {self._memory})") from None

    def isolated(self, purpose: str, restarts: bool, budget: str) -> "Sandboxed":
        """A transport to a worker of its own."""
        return Sandboxed(self._sandbox, self._name, purpose, restarts, budget)

    @contextmanager
    def memory_limit(self, gibibytes: float) -> Iterator[None]:
        """Use another worker, whose address space can grow by no more from before it imported the submission."""
        usual, usually = self._worker, self._memory
        self._worker = self._sandbox.worker(self._purpose, int(gibibytes * 2**30), self._budget)
        self._memory = f"{gibibytes:g} GiB in this test; {usually}"
        try:
            yield
        finally:
            self._worker.close()
            self._worker, self._memory = usual, usually

    def renew(self) -> None:
        """Put away a worker that has died."""
        if self._worker and self._worker.fault:
            self.close()

    def close(self) -> None:
        """End the worker."""
        if self._worker:
            self._worker.close()
            self._worker = None

    def _current(self) -> Worker:
        if self._restarts:
            self.renew()
        if self._worker is None:
            self._worker = self._sandbox.worker(self._purpose, budget=self._budget)
        return self._worker


def _exception(where: str, fault: Fault, source: str, limit: str = "") -> ImplementationFault:
    """The exception that a fault stands for, in a call of `where` of the implementation `source`.

    `limit` says what its memory is limited to, if it is.
    """
    topic, _, _ = where.partition(".")
    # Many an exception says nothing.
    says = f": {fault.message}" if fault.message else ""
    match fault.kind:
        case "no module":
            return Missing(f"{topic} is missing: {source} has no module {topic}.py")
        case "no function":
            return Missing(f"{where} is missing: the implementation defines no callable of that name")
        case "unimportable":
            of_memory = limit if fault.raised == MemoryError.__name__ else ""
            return Failed(f"{source} cannot be imported for {topic}: {fault.raised}{of_memory}{says}")
        case "unwritten":
            return Missing(f"{where} is not implemented{says}")
        case "memory":
            return OutOfMemory(f"{where} ran out of memory{limit}{says}")
        case "unfit":
            return ContractViolation(f"{where}: the result {fault.message}")
    return Failed(f"{where} raised {fault.raised}{says}", fault.refusal or fault.raised, fault.message, fault.raised)
