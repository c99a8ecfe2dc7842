"""The forkserver as the specification's process sees it: started behind a backend, it forks workers when ordered to."""

import contextlib
import os
import socket
import subprocess
import tempfile
from functools import partial
from pathlib import Path

import msgspec
import psutil

from ..errors import SpecificationError
from . import packets, processes
from .backends import Plan
from .inside.forkserver import EndedQuery, ForkOrder, Ready, Settings
from .inside.sanitise import clean
from .inside.wire import HEADER, decode
from .limits import MIB
from .output import OutputReader
from .watch import Watch
from .worker import Terms, Worker

OF_OTHERS = 256
"""How many processes and threads more the same user may start meanwhile, outside the sandbox, before a worker of it
cannot start one."""


class MultiThreaded(Exception):
    """Importing the libraries has started threads, which a forked process would not have."""


class Forkserver:
    """The process that a sandbox's workers are forked from."""

    def __init__(self, plan: Plan, settings: Settings, terms: Terms) -> None:
        """Start it, without waiting for it. Raises `OSError` where the command of the plan cannot be run."""
        self._plan, self._settings, self._terms = plan, settings, terms
        self.watch: Watch | None = None
        self._count = 0
        self._closed = False
        self.imports: list[str] = []
        """What the submission imports, by its source; known once there was a worker."""
        self._orders, theirs = packets.socket_pair(socket.SOCK_SEQPACKET)
        # The supervisor watches the other end of this pipe, which the system closes however this process ends.
        life, self._alive = os.pipe()
        files = [theirs.fileno(), life] if plan.supervised else [theirs.fileno()]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the forkserver
        self.process = subprocess.Popen(
            [*plan.command, *map(str, files)],
            pass_fds=files,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env=plan.environment,
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        os.close(life)
        with contextlib.suppress(OSError):
            self._orders.send(msgspec.msgpack.encode(settings))

    def worker(self, purpose: str, budget: str, address_space: int | None) -> Worker:
        """Fork a worker, whose address space may grow by so many bytes.

        Raises `SpecificationError` where the sandbox does not start, `MultiThreaded`, and `OSError`, `EOFError` or
        `msgspec.DecodeError` where the forkserver has died.
        """
        if self.watch is None:
            self.watch = self._await_ready()
        with self.watch.forking:
            worker = self._fork(self.watch, purpose, budget, address_space)
            self.watch.workers[worker.number] = worker
        return worker

    def _await_ready(self) -> Watch:
        """Wait until the libraries are imported."""
        try:
            packet, pid = packets.receive(self._orders, self.process.pid)
            self.imports = msgspec.msgpack.decode(packet, type=Ready).imports
        except (OSError, EOFError, msgspec.DecodeError) as error:
            self._log.seek(0)
            log = clean(self._log.read(4000).decode("utf-8", "replace").strip()) or f"{type(error).__name__}: {error}"
            self.close()
            raise SpecificationError(f"the {self._plan.backend} sandbox failed to start: {log}") from error
        self._pid = pid or self.process.pid
        forkserver = psutil.Process(self._pid)
        if forkserver.num_threads() > 1:
            raise MultiThreaded
        scratch = Path(self._settings.scratch) if self._plan.supervised else None
        return Watch(self.process.pid, processes.memory(forkserver), self._terms, scratch)

    def _fork(self, watch: Watch, purpose: str, budget: str, address_space: int | None) -> Worker:
        self._count += 1
        limits = self._terms.limits
        if self._plan.counts_processes:
            others = len(watch.workers) + len(watch.infrastructure) + 2
        else:
            others = processes.tasks_of_user() + OF_OTHERS
        order = ForkOrder(
            worker=self._count,
            limits=limits.of_process(others),
            address_space=address_space,
        )
        with contextlib.ExitStack() as on_failure:
            connection, theirs = packets.socket_pair(socket.SOCK_STREAM)
            on_failure.enter_context(connection)
            read, write = os.pipe()
            on_failure.callback(os.close, read)
            with theirs, open(write, "wb"):
                self._orders.settimeout(packets.START_SECONDS)
                socket.send_fds(self._orders, [msgspec.msgpack.encode(order)], [theirs.fileno(), write])
            packet, pid = packets.receive(connection, self._pid)
            pid = pid or int(decode(packet[HEADER.size :], b""))
            memory_group = None
            if self._terms.memory_groups:
                # Beyond all that the watch allows, so that it is the watch that ends what grows slowly.
                most = (limits.memory + limits.disk) * MIB + watch.shared
                memory_group = self._terms.memory_groups.new(most)
                on_failure.callback(memory_group.remove)
                memory_group.add(pid)
            on_failure.pop_all()
        output = OutputReader(read, limits.output * 1024)
        return Worker(self._count, purpose, budget, pid, connection, output, self._terms, memory_group, self._end)

    def _end(self, worker: Worker) -> int | None:
        """Kill a worker's processes, also those that it disowned; its exit status, where that is known."""
        assert self.watch is not None
        worker.account.close()
        self.watch.workers.pop(worker.number, None)
        if self._closed:
            return None
        if self.watch.kill_orphans():
            with contextlib.suppress(OSError, EOFError, msgspec.DecodeError):
                self._orders.settimeout(5)
                self._orders.send(msgspec.msgpack.encode(EndedQuery(worker=worker.number)))
                packet, _ = packets.receive(self._orders, self._pid)
                return msgspec.msgpack.decode(packet, type=int | None)
        self.close()
        return None

    def finish(self) -> None:
        """Close the workers that are left, then end in good order where that is possible."""
        if self.watch:
            for worker in list(self.watch.workers.values()):
                worker.close()
        if not self._closed:
            if self.watch:
                self.watch.stop()
            self._orders.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                # The system adds the processor time of a process to ours only where it ends by itself.
                self.process.wait(2)
        self.close()

    def close(self) -> None:
        """Kill everything in the sandbox."""
        if self._closed:
            return
        self._closed = True
        if self.watch:
            self.watch.stop()
        os.close(self._alive)
        if not self._plan.supervised:
            self.process.kill()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            processes.kill_until_none(partial(processes.tree, self.process.pid))
            self.process.wait()
        self._orders.close()
        self._log.close()
        if self.watch:
            self.watch.join()
