"""How a call reaches the implementation: right here, or a worker behind a sandbox.

Either hands over what it returns as it is, for whoever asked to check, and says in the same words why there is nothing.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import ContractViolation, Failed, ImplementationFault, Missing, OutOfMemory
from ..sandbox import ReturnKind
from ..sandbox.inside.faults import Fault, Faulted, attempt
from ..sandbox.inside.loading import Find, function_of

if TYPE_CHECKING:
    from ..sandbox.session import Sandbox, Worker


class Transport(Protocol):
    """A way to an implementation."""

    def call(
        self, where: str, target: Any, name: str, positional: list[Any], keywords: dict[str, Any], sort: ReturnKind
    ) -> Any:
        """Call `name` of a topic, or of an object that a call returned; `where` names it in errors.

        Raises an `ImplementationFault` where there is no answer.
        """

    def isolated(self, what: str, restarts: bool) -> "Transport":
        """A way to the same implementation that shares nothing with this one."""

    def memory_limit(self, gibibytes: float) -> AbstractContextManager[None]:
        """Limit the memory of calls made in this block."""

    def close(self) -> None:
        """End what was begun for this way alone."""


class InProcess:
    """The implementation is imported into this process."""

    def __init__(self, find: Find, name: str) -> None:
        self._find, self._name = find, name

    def call(
        self, where: str, target: Any, name: str, positional: list[Any], keywords: dict[str, Any], sort: ReturnKind
    ) -> Any:
        """Call it, now."""
        __tracebackhide__ = True
        del sort
        offered = partial(self._find, target) if isinstance(target, str) else lambda: target
        try:
            return attempt(lambda: function_of(offered(), name), positional, keywords)
        except Faulted as faulted:
            reason = faulted.__cause__
            if isinstance(reason, KeyboardInterrupt):
                raise reason from None
            raise fault(where, faulted.fault, self._name) from reason

    def isolated(self, what: str, restarts: bool) -> "InProcess":
        """The same: in one process nothing is apart."""
        del what, restarts
        return self

    @contextmanager
    def memory_limit(self, gibibytes: float) -> Iterator[None]:
        """Limit this process."""
        try:
            import resource

            in_use = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        except (ImportError, OSError):
            yield
            return
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = in_use + int(gibibytes * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))

    def close(self) -> None:
        """Nothing was begun."""


class Sandboxed:
    """The implementation is in a worker of a sandbox, which starts when first called."""

    def __init__(self, sandbox: "Sandbox", name: str, what: str = "", restarts: bool = False) -> None:
        self._sandbox, self._name, self._what, self._restarts = sandbox, name, what, restarts
        self._worker: Worker | None = None

    def call(
        self, where: str, target: Any, name: str, positional: list[Any], keywords: dict[str, Any], sort: ReturnKind
    ) -> Any:
        """Ask the worker; what an object is asked goes to the worker that has it."""
        __tracebackhide__ = True
        from ..sandbox.session import Handle, Refused

        worker = target.worker if isinstance(target, Handle) else self._current()
        try:
            return worker.call(where, target, name, positional, keywords, sort)
        except Refused as refused:
            raise fault(where, refused.fault, self._name) from None

    def isolated(self, what: str, restarts: bool) -> "Sandboxed":
        """A worker of its own."""
        return Sandboxed(self._sandbox, self._name, what, restarts)

    @contextmanager
    def memory_limit(self, gibibytes: float) -> Iterator[None]:
        """Another worker for these calls, whose address space cannot grow by more from before it met the submission."""
        usual = self._worker
        self._worker = self._sandbox.worker(self._what, int(gibibytes * 2**30))
        try:
            yield
        finally:
            self._worker.close()
            self._worker = usual

    def close(self) -> None:
        """End the worker."""
        if self._worker:
            self._worker.close()
            self._worker = None

    def _current(self) -> "Worker":
        if self._worker and self._worker.fault and self._restarts:
            self.close()
        if self._worker is None:
            self._worker = self._sandbox.worker(self._what)
        return self._worker


def fault(where: str, fault: Fault, source: str) -> ImplementationFault:
    """The exception that a fault stands for, in a call of `where` of the implementation `source`."""
    topic, _, _ = where.partition(".")
    match fault.kind:
        case "no module":
            return Missing(f"{topic} is missing: {source} has no module {topic}.py")
        case "no function":
            return Missing(f"{where} is missing: the implementation defines nothing of that name that can be called")
        case "unimportable":
            return Failed(f"{source} cannot be imported for {topic}: {fault.raised}: {fault.says}")
        case "unwritten":
            return Missing(f"{where} is not implemented yet{f': {fault.says}' if fault.says else ''}")
        case "memory":
            return OutOfMemory(f"{where} ran out of memory: {fault.says}")
        case "unfit":
            return ContractViolation(f"{where}: the result {fault.says}")
    return Failed(f"{where} raised {fault.raised}: {fault.says}", fault.refusal or fault.raised, fault.says)
