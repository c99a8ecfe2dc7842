"""A submission behind a sandbox: one nursery, and the workers forked from it.

Everything that a worker says is bounded in size and time, and checked by whoever asked for it. What it may take is
watched from here.
"""

import contextlib
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import psutil

from ..errors import ContractViolation, Crashed, ImplementationFault, OutOfMemory, SpecificationError, TimedOut
from . import ReturnKind, backends, copying, processes
from .inside.faults import Fault
from .inside.forkserver import PACKET, EndedQuery, Order, Ready, Settings
from .inside.sanitise import clean
from .inside.wire import HEADER, Malformed, Stream, decode, encode
from .inside.worker import ANSWER, FAULT, NOTHING, UNFIT, VALUE
from .limits import MIB, Limits

LIBRARIES = ["numpy", "torch", "scipy", "sklearn", "skimage", "pandas", "gensim", "jax", "tensorflow"]
"""What a nursery imports beforehand, where the submission imports it."""
CREDENTIALS = struct.Struct("3i")
WATCH_SECONDS = 0.5
START_SECONDS = 120.0
INSIDE = Path(__file__).parent / "inside"


@dataclass(eq=False)
class Handle:
    """Something that a worker keeps for us."""

    worker: "Worker"
    number: int


class Refused(Exception):
    """The call ended with a fault of the implementation's; the implementation's name for it is `fault`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(eq=False)
class Sandbox:
    """Starts workers that hold a submission, behind one backend."""

    submission: Path
    private: str
    backend: str
    limits: Limits
    device: str = "cpu"
    ends: float = float("inf")
    """The time (of `time.time()`) from which on the submission gets no more answers in."""
    heard: Callable[[str, str], None] | None = None
    """Is told for whom each worker was, and what it printed."""
    imports: set[str] = field(default_factory=set)
    """What the submission imports from outside itself, by its source; top-level modules, as its workers tell."""

    def __post_init__(self) -> None:
        self._nursery: Nursery | None = None
        self._works = False
        self._libraries = LIBRARIES
        self._lock = threading.RLock()
        # The copy lies where another user can read it, and nothing else does.
        self.home = Path(tempfile.mkdtemp(prefix="claims-sandbox-"))
        self._finish = weakref.finalize(self, processes.remove, self.home)
        self.home.chmod(0o755)
        for name in ("inside", "theirs", "scratch"):
            (self.home / name).mkdir()
        for file in INSIDE.glob("*.py"):
            shutil.copyfile(file, self.home / "inside" / file.name)
        self._name = copying.copied(self.submission, self.home / "theirs")

    def start(self) -> None:
        """Begin to start, so that a worker is there sooner."""
        with self._lock:
            if self._nursery is None:
                self._begin()

    def _begin(self) -> None:
        # What workers of a nursery that was killed left there is gone with it.
        processes.remove(self.home / "scratch")
        (self.home / "scratch").mkdir()
        self._nursery = Nursery(self, self._name, self._libraries)

    def worker(self, what: str, address_space: int | None = None) -> "Worker":
        """A fresh worker; `what` says for which test or experiment."""
        with self._lock:
            for _ in range(3):
                self.start()
                assert self._nursery is not None
                try:
                    worker = self._nursery.worker(what, address_space)
                    self._works = True
                    return worker
                except (OSError, EOFError, TimeoutError, msgspec.DecodeError):
                    # One worker can kill the nursery, at the cost of those beside it in the same submission.
                    self._nursery.close()
                    self._nursery = None
        if self._works:
            raise Crashed("the processes that workers are started from died, one after the other")
        raise SpecificationError(f"the {self.backend} sandbox does not start a worker")

    def only_numpy(self) -> None:
        """From now on, begin with a nursery that imports nothing which starts threads."""
        self._libraries = ["numpy"]

    def close(self) -> None:
        """End everything, and leave nothing behind."""
        with self._lock:
            if self._nursery:
                self._nursery.finish()
                self._nursery = None
            self._finish()


class Nursery:
    """The process that a sandbox's workers are forked from, and the watch over them."""

    def __init__(self, sandbox: Sandbox, name: str, libraries: list[str]) -> None:
        self.sandbox, self.limits = sandbox, sandbox.limits
        self._plan = backends.plan(sandbox.backend, sandbox.home, name, sandbox.limits, sandbox.device)
        self._workers: dict[int, Worker] = {}
        self._count = 0
        self._ready = False
        self._closed = False
        self._forking = threading.Lock()
        self._libraries = libraries
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        life, alive = os.pipe()
        self.orders = ours
        # Its end, however it comes, is the end of the supervisor.
        self._alive = alive
        supervised = sandbox.backend != "bubblewrap"
        files = [theirs.fileno(), life] if supervised else [theirs.fileno()]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the nursery
        self.process = subprocess.Popen(
            [*self._plan.command, *map(str, files)],
            pass_fds=files,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env=self._plan.environment,
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        os.close(life)
        settings = Settings(
            private=sandbox.private, libraries=libraries, largest=sandbox.limits.reply * MIB, **self._plan.settings
        )
        with contextlib.suppress(OSError):
            self.orders.send(msgspec.msgpack.encode(settings))
        self._watch = threading.Thread(target=self._watching, daemon=True, name="claims-sandbox-watch")

    def _get_ready(self) -> None:
        """Wait until the nursery has imported what it imports."""
        if self._ready:
            return
        if hasattr(socket, "SO_PASSCRED"):
            self.orders.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            _await(self.orders, self.process.pid)
            packet, pid = _received(self.orders)
            ready = msgspec.msgpack.decode(packet, type=Ready)
        except (OSError, EOFError, msgspec.DecodeError) as error:
            self._log.seek(0)
            said = clean(self._log.read(4000).decode("utf-8", "replace").strip()) or f"{type(error).__name__}: {error}"
            self.close()
            raise SpecificationError(f"the {self.sandbox.backend} sandbox does not start: {said}") from error
        self.sandbox.imports |= set(ready.imports)
        self.pid = pid or self.process.pid
        nursery = psutil.Process(self.pid)
        if nursery.num_threads() > 1:
            if self._libraries == ["numpy"]:
                raise SpecificationError("the process that workers are forked from has more than one thread")
            self.close()
            self.sandbox.only_numpy()
            raise EOFError
        self.shared = nursery.memory_info().rss
        self._structure = {process.pid for process in processes.tree(self.process.pid)}
        self._ready = True
        self._watch.start()

    def worker(self, what: str, address_space: int | None) -> "Worker":
        """Fork a worker."""
        self._get_ready()
        with self._forking:
            return self._forked(what, address_space)

    def _forked(self, what: str, address_space: int | None) -> "Worker":
        self._count += 1
        ours, theirs = socket.socketpair()
        if hasattr(socket, "SO_PASSCRED"):
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        read, write = os.pipe()
        try:
            others = len(self._workers) + len(self._structure) + 2
            order = Order(
                worker=self._count,
                limits=self.limits.of_worker(others, self._plan.bound),
                address_space=address_space,
            )
            self.orders.settimeout(START_SECONDS)
            socket.send_fds(self.orders, [msgspec.msgpack.encode(order)], [theirs.fileno(), write])
        except OSError:
            ours.close()
            os.close(read)
            raise
        finally:
            theirs.close()
            os.close(write)
        worker = Worker(self, self._count, what, ours, read)
        self._workers[worker.number] = worker
        return worker

    def hello(self, line: socket.socket) -> int:
        """The number of the process at the other end of a new line, as the system says, or as it says itself."""
        _await(line, self.pid)
        packet, pid = _received(line)
        return pid or int(decode(packet[HEADER.size :], b""))

    def end(self, worker: "Worker") -> int | None:
        """Kill a worker with all that came of it; its exit status."""
        self._workers.pop(worker.number, None)
        if not self._closed:
            # Those that it started, and those that it disowned.
            gone = processes.kill_until_none(self._strays)
            if not gone:
                self.close()
        status = None
        if not self._closed:
            try:
                self.orders.settimeout(5)
                self.orders.send(msgspec.msgpack.encode(EndedQuery(ended=worker.number)))
                _await(self.orders, self.pid)
                packet, _ = _received(self.orders)
                status = msgspec.msgpack.decode(packet, type=int | None)
            except (OSError, EOFError, msgspec.DecodeError):
                self.close()
        return status

    def _by_worker(self) -> dict[int | None, list[psutil.Process]]:
        """The processes of the sandbox by that of the living worker they came of; under None, those of nobody's."""
        everyone = processes.tree(self.process.pid)
        found = processes.by_ancestor({worker.pid for worker in list(self._workers.values()) if worker.pid}, everyone)
        return found | {None: [each for each in found[None] if each.pid not in self._structure]}

    def _strays(self) -> list[psutil.Process]:
        """Processes of the sandbox that belong to no living worker."""
        return self._by_worker()[None]

    def _watching(self) -> None:
        """End every worker that takes more than it may."""
        while not self._closed:
            time.sleep(WATCH_SECONDS)
            with self._forking:
                # Looked for once for all workers: to search all processes of the system is most of the cost.
                found = self._by_worker()
                # What has outlived its parent is nobody's.
                processes.kill(found[None])
            for worker in list(self._workers.values()):
                if worker.pid in found and (breach := self._breach(worker, found[worker.pid])):
                    worker.breach = breach
                    processes.kill_until_none(lambda pid=worker.pid: processes.tree(pid))  # type: ignore[misc]

    def _breach(self, worker: "Worker", theirs: list[psutil.Process]) -> ImplementationFault | None:
        limits = self.limits
        if processes.tasks(theirs) > limits.processes:
            return Crashed(f"more than {limits.processes} processes and threads (--limit-processes)")
        if processes.resident(theirs, self.shared) > limits.memory * MIB:
            return OutOfMemory(f"more than {limits.memory} MiB of memory (--limit-memory)")
        own = self.sandbox.home / "scratch" / str(worker.number)
        if self.sandbox.backend != "bubblewrap" and processes.disk_usage(own) > limits.disk * MIB:
            return Crashed(f"more than {limits.disk} MiB of temporary files (--limit-disk)")
        return None

    def finish(self) -> None:
        """End the workers that are left, then the nursery, in good order where that is possible."""
        for worker in list(self._workers.values()):
            worker.close()
        if not self._closed:
            self._closed = True
            self.orders.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                # Of what ends by itself the system tells us the processor time.
                self.process.wait(2)
            self._closed = False
        self.close()

    def close(self) -> None:
        """Kill everything in the sandbox."""
        if self._closed:
            return
        self._closed = True
        os.close(self._alive)
        if self.sandbox.backend == "bubblewrap":
            self.process.kill()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            processes.kill_until_none(lambda: processes.tree(self.process.pid))
            self.process.wait()
        self.orders.close()
        self._log.close()
        if self._watch.is_alive() and self._watch is not threading.current_thread():
            self._watch.join()


class Worker:
    """The proxy of one worker: calls go out, data come back, whatever it is made of."""

    def __init__(self, nursery: Nursery, number: int, what: str, line: socket.socket, output: int) -> None:
        self.nursery, self.number, self.what = nursery, number, what
        self.limits = nursery.limits
        self.line = line
        self.stream = Stream(line)
        self.fault: ImplementationFault | None = None
        self.breach: ImplementationFault | None = None
        self.pid = 0
        self._asked = 0
        self._kept = 0
        self._released: list[int] = []
        self._output = Output(output, nursery.limits.output * 1024)
        self.pid = nursery.hello(line)

    def call(
        self,
        where: str,
        target: str | Handle,
        name: str,
        positional: list[Any],
        keywords: dict[str, Any],
        sort: ReturnKind,
    ) -> Any:
        """Ask the worker: for the result, for a `Handle` on it, or for nothing.

        Raises `Refused` for what the implementation raised, and a fault of the implementation where there is no answer
        that can be used; from then on that is what every call raises.
        """
        __tracebackhide__ = True
        if self.fault is None:
            try:
                return self._ask(where, target, name, positional, keywords, sort)
            except ImplementationFault as fault:
                self.fault = fault
        raise self.fault.with_traceback(None)

    def _ask(
        self, where: str, target: Any, name: str, positional: list[Any], keywords: dict[str, Any], sort: ReturnKind
    ) -> Any:
        now = time.monotonic()
        left = self.nursery.sandbox.ends - time.time()
        deadline = now + min(self.limits.seconds, left)
        handle = None
        wanted = VALUE if sort is ReturnKind.VALUE else NOTHING
        if sort is ReturnKind.HANDLE:
            self._kept += 1
            handle = Handle(self, self._kept)
            weakref.finalize(handle, self._released.append, self._kept).atexit = False
            wanted = self._kept
        if isinstance(target, Handle):
            target = target.number
        self._asked += 1
        released, self._released[:] = self._released[:], []
        message = encode([self._asked, target, name, wanted, released, positional, keywords])
        try:
            self.stream.send(message, deadline)
            answer = self.stream.receive(self.limits.reply * MIB, deadline)
        except TimeoutError:
            self.end()
            if left < self.limits.seconds:
                raise TimedOut(f"{where}: the run's time was up (--limit-total-seconds)") from None
            raise TimedOut(f"{where} took more than {self.limits.seconds:g} seconds (--limit-seconds)") from None
        except (EOFError, OSError):
            status = self.end()
            if self.breach:
                raise type(self.breach)(f"{where} took {self.breach}") from None
            raise Crashed(f"{where}: the process that ran it {_death(status)}") from None
        except Malformed as error:
            self.end()
            raise ContractViolation(f"{where} answered with what is no message: {error}") from None
        result = self._checked(where, answer)
        return handle or result

    def _checked(self, where: str, answer: Any) -> Any:
        try:
            number, status, result = answer
            fits = type(number) is int and number == self._asked and status in (ANSWER, FAULT, UNFIT)
            fault = msgspec.convert(result, Fault) if fits and status == FAULT else None
        except (TypeError, ValueError, msgspec.ValidationError):
            fits = False
        if not fits:
            self.end()
            raise ContractViolation(f"{where} answered with what is no answer to it")
        if fault is not None:
            raise Refused(Fault(*(clean(text) for text in fault)))
        if status == UNFIT:
            raise Refused(Fault("unfit", says=clean(result)))
        return result

    def end(self) -> int | None:
        """Kill it, and keep what it printed; its exit status. Nothing happens the second time."""
        if self.line.fileno() < 0:
            return None
        self.line.close()
        status = self.nursery.end(self)
        text = self._output.close()
        if text and self.nursery.sandbox.heard:
            self.nursery.sandbox.heard(self.what, text)
        if self.fault is None:
            self.fault = Crashed("its process was ended before")
        return status

    def close(self) -> None:
        """Ask what it imported, and end it."""
        if self.fault is None and self.line.fileno() >= 0 and self._asked:
            with contextlib.suppress(Exception):
                self._asked += 1
                self.stream.send(encode([self._asked, None, "", VALUE, [], [], {}]), time.monotonic() + 1)
                _, _, names = self.stream.receive(MIB, time.monotonic() + 1)
                names = msgspec.convert(names, list[str])[:100]
                known = {name.partition(".")[0] for name in self.nursery.sandbox.imports}
                self.nursery.sandbox.imports |= {clean(name, 60) for name in names} - known
        self.end()


class Output(threading.Thread):
    """Reads what a worker prints: keeps the beginning, and takes the rest no faster than it has to."""

    def __init__(self, file: int, most: int) -> None:
        super().__init__(daemon=True, name="claims-sandbox-output")
        self.file, self.most = file, most
        self.kept = b""
        self.more = False
        self.start()

    def run(self) -> None:
        """Read to the end."""
        with contextlib.suppress(OSError):
            while chunk := os.read(self.file, 2**16):
                room = self.most - len(self.kept)
                self.kept += chunk[:room]
                if len(chunk) > room:
                    self.more = True
                    time.sleep(0.001)

    def close(self) -> str:
        """What was kept, made safe to print."""
        self.join(5)
        if not self.is_alive():
            os.close(self.file)
        text = clean(self.kept.decode("utf-8", "replace"), 4 * self.most)
        return f"{text}\n(and more)" if self.more else text


def _await(line: socket.socket, pid: int) -> None:
    """Wait until there is something to read. Raises `EOFError` once the writing process is gone or stopped."""
    until = time.monotonic() + START_SECONDS
    while not select.select([line], [], [], 0.1)[0]:
        if processes.stopped(pid) or not processes.tree(pid) or time.monotonic() > until:
            raise EOFError
    line.settimeout(5)


def _received(line: socket.socket) -> tuple[bytes, int]:
    """A packet, and the process that sent it as we number processes; 0 where the system does not tell."""
    packet, extra, _, _ = line.recvmsg(PACKET, socket.CMSG_SPACE(CREDENTIALS.size))
    if not packet:
        raise EOFError
    pid = 0
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == getattr(socket, "SCM_CREDENTIALS", None):
            pid = CREDENTIALS.unpack(data[: CREDENTIALS.size])[0]
    return packet, pid


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
