"""The conversation with one worker: requests go out, data come back, and nothing that comes back is trusted."""

import contextlib
import os
import signal
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
import psutil

from ..errors import ContractViolation, Crashed, ImplementationFault, OutOfMemory, TimedOut
from . import processes
from .calls import Call, ReturnKind
from .inside.faults import Fault, Faulted
from .inside.sanitise import clean
from .inside.wire import Malformed, Stream, encode
from .inside.worker import ANSWER, FAULT, NOTHING, UNFIT, VALUE
from .limits import BY_THE_CLOCK, MIB, Limits
from .memory_groups import MemoryGroup, MemoryGroups
from .output import OutputReader
from .usage import CallTime, Ledger


@dataclass(eq=False)
class Handle:
    """An object that stays in its worker, by its number there."""

    worker: "Worker"
    number: int


@dataclass(frozen=True)
class Terms:
    """What holds for every worker of a sandbox."""

    limits: Limits
    ends: float
    """The time, of `time.monotonic()`, from which on there are no more answers."""
    ledger: Ledger
    """The time that all workers have taken."""
    on_output: Callable[[str, str], None] | None
    """Receives a worker's purpose and what it printed, if anything."""
    on_imports: Callable[[Iterable[str]], None]
    """Receives the modules that a worker has imported."""
    memory_groups: MemoryGroups | None
    """Where each worker gets a control group, if anywhere."""

    def too_much_memory(self) -> OutOfMemory:
        """What becomes of a worker that takes more than it may."""
        return OutOfMemory(f"more than {self.limits.memory} MiB of memory (--limit-memory)")


class Worker:
    """One worker as the specification's process sees it."""

    def __init__(
        self,
        number: int,
        purpose: str,
        budget: str,
        pid: int,
        connection: socket.socket,
        output: OutputReader,
        terms: Terms,
        memory_group: MemoryGroup | None,
        kill: Callable[["Worker"], int | None],
    ) -> None:
        """`purpose` is the test or experiment it works for, and `budget` what its time is charged to.

        `kill` ends its processes and returns its exit status.
        """
        self.number, self.purpose, self.pid = number, purpose, pid
        self.fault: ImplementationFault | None = None
        """What every further call raises."""
        self.memory_group = memory_group
        self.breach: ImplementationFault | None = None
        """The limit for which the watch, or the system, has ended it."""
        self.account = terms.ledger.open(processes.found(pid), purpose, budget)
        self._connection, self._stream = connection, Stream(connection)
        self._output, self._terms, self._kill = output, terms, kill
        self._paused: list[psutil.Process] = []
        self._pausing = threading.Lock()
        self._requests = 0
        self._handles = 0
        self._released: list[int] = []

    def call(self, call: Call) -> Any:
        """Return the result, a `Handle` on it, or nothing, as the call says.

        Raises `Faulted` for what the implementation raised, and an `ImplementationFault` where there is no answer that
        can be used; every call after that raises the same.
        """
        __tracebackhide__ = True
        if self.fault is None:
            try:
                return self._call(call)
            except ImplementationFault as fault:
                self.fault = fault
        raise self.fault.with_traceback(None)

    def _call(self, call: Call) -> Any:
        handle, wanted = None, VALUE if call.returns is ReturnKind.VALUE else NOTHING
        if call.returns is ReturnKind.HANDLE:
            self._handles += 1
            handle, wanted = Handle(self, self._handles), self._handles
            weakref.finalize(handle, self._released.append, wanted).atexit = False
        result = self._checked(call.where, self._exchange(call, wanted))
        return handle or result

    def _exchange(self, call: Call, wanted: int) -> Any:
        """Send the request and return the answer, whatever it is made of."""
        limits = self._terms.limits
        clock, left = BY_THE_CLOCK * limits.seconds, self._terms.ends - time.monotonic()
        deadline = time.monotonic() + min(clock, left)
        target = call.target.number if isinstance(call.target, Handle) else call.target
        self._resume(CallTime(call.where))
        try:
            self._send(target, call.name, wanted, call.positional, call.keywords, deadline)
            return self._stream.receive(limits.reply * MIB, deadline)
        except TimeoutError:
            seconds = self.account.of_call()
            self.end()
            if left < clock:
                raise TimedOut(f"{call.where}: {_late('of the run', '--limit-total-seconds')}") from None
            late = _late(f"of {clock:g} seconds for the call", "--limit-seconds")
            self._terms.ledger.give_up(call.where, self.account, f"{clock:g} seconds of wall-clock time")
            raise TimedOut(f"{call.where}: {late}; {seconds:.1f} of {limits.seconds:g} CPU-seconds were used") from None
        except (EOFError, OSError):
            status = self.end()
            if self.breach:
                raise type(self.breach)(f"{call.where} took {self.breach}") from None
            raise Crashed(f"{call.where}: the process that ran it {_death(status)}") from None
        except Malformed as error:
            self.end()
            raise ContractViolation(f"{call.where} sent a reply that cannot be decoded: {error}") from None
        finally:
            self.account.call = None

    def pause(self, family: list[psutil.Process]) -> None:
        """Stop its processes where no call is under way: whatever they do then, nobody has asked for."""
        with self._pausing:
            if self.account.call is None and self._requests:
                processes.signal_all(family, signal.SIGSTOP)
                self._paused = family

    def _resume(self, call: CallTime) -> None:
        """Let its processes go on, for a call."""
        with self._pausing:
            self.account.call = call
            self.account.last = call.where
            paused, self._paused = self._paused, []
            processes.signal_all(paused, signal.SIGCONT)

    def _send(
        self, target: Any, name: str, wanted: int, positional: list[Any], keywords: dict[str, Any], deadline: float
    ) -> None:
        self._requests += 1
        released, self._released[:] = self._released[:], []
        request = [self._requests, target, name, wanted, released, positional, keywords]
        self._stream.send(encode(request), deadline)

    def _checked(self, where: str, answer: Any) -> Any:
        """The result in an answer, which may hold anything."""
        try:
            number, status, result = answer
            fits = type(number) is int and number == self._requests and status in (ANSWER, FAULT, UNFIT)
            fault = msgspec.convert(result, Fault) if fits and status == FAULT else None
        except (TypeError, ValueError, msgspec.ValidationError):
            fits = False
        if not fits:
            self.end()
            raise ContractViolation(f"{where} sent a reply that does not belong to the call")
        if fault is not None:
            raise Faulted(Fault(*(clean(text) for text in fault)))
        if status == UNFIT:
            raise Faulted(Fault("unfit", message=clean(result)))
        return result

    def end(self) -> int | None:
        """Kill it and pass on what it printed; its exit status, where that is known. Does nothing the second time."""
        if self._connection.fileno() < 0:
            return None
        self._connection.close()
        status = self._kill(self)
        if self.memory_group:
            if self.memory_group.was_full():
                self.breach = self.breach or self._terms.too_much_memory()
            self.memory_group.remove()
        text = self._output.close()
        if text and self._terms.on_output:
            self._terms.on_output(self.purpose, text)
        if self.fault is None:
            self.fault = Crashed("its process was ended earlier")
        return status

    def close(self) -> None:
        """Pass on what it imported, and end it."""
        if self.fault is None and self._connection.fileno() >= 0 and self._requests:
            with contextlib.suppress(Exception):
                self._resume(CallTime("imports"))
                self._send(None, "", VALUE, [], {}, time.monotonic() + 1)
                _, _, names = self._stream.receive(MIB, time.monotonic() + 1)
                self._terms.on_imports(msgspec.convert(names, list[str]))
        self.end()


def _late(what: str, option: str) -> str:
    return f"the wall-clock limit {what} was reached, which is {BY_THE_CLOCK} times {option}"


def _death(status: int | None) -> str:
    if status is None:
        return "died"
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            return f"was killed by {signal.Signals(number).name}"
        except ValueError:
            return f"was killed by signal {number}"
    return f"ended with status {os.WEXITSTATUS(status)}"
