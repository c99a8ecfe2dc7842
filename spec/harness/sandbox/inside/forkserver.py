"""The process that workers are forked from: it has imported the libraries, never the submission.

It receives its settings and orders as whole packets through one socket, and hands each worker a socket of its own. What
is printed in a worker goes to a pipe. It has one thread only, since a process with more cannot be forked safely.
"""

import ast
import contextlib
import gc
import importlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from . import confine
from .removal import remove
from .worker import serve

PACKET = 2**18
"""Bytes of the largest packet."""
SURVEY_SECONDS = 10
MAX_SOURCES = 500
SHARED = "shared"
"""In the folder for temporary files, the one that is /dev/shm, if any."""


class Settings(msgspec.Struct, kw_only=True):
    """The first packet, to the forkserver."""

    submission: str
    private_name: str
    """The name under which workers import the submission."""
    libraries: list[str]
    """What to import beforehand, where the submission imports it."""
    uid: int | None = None
    """The user to become."""
    reads_all: bool = False
    """Whether that user may read every file; the files kept from it are then kept by Landlock."""
    landlock: dict[str, list[str]] | None = None
    filter: bytes | None = None
    """A seccomp program."""
    filter_of_workers: bytes | None = None
    """Another, which workers add."""
    apart: bool = False
    """Whether Landlock keeps each worker from sending signals to others, and, with `landlock`, from their files."""
    visible: bool = False
    """Whether the process that grades may see which files a worker has open: nothing else bounds those deleted."""
    scratch: str
    """The folder for temporary files."""
    scratch_options: str | None = None
    """How to mount that folder again, where it is a file system in memory."""
    max_bytes: int
    """The most bytes of arrays in a request, and in an answer."""


class Ready(msgspec.Struct, kw_only=True):
    """The answer to the settings, once the libraries are imported."""

    imports: list[str]
    """What the submission imports from outside itself, by its source: "numpy", "sklearn.metrics.f1_score"."""


class ForkOrder(msgspec.Struct, kw_only=True):
    """Fork a worker; its socket and the pipe for its output come with the packet."""

    worker: int
    """Its number."""
    limits: dict[str, int]
    """Its resource limits, by their names in `resource`."""
    address_space: int | None = None
    """How many bytes of address space it may add to what a fork has."""


class EndedQuery(msgspec.Struct, kw_only=True):
    """How did the worker of this number end? Its folder is then removed. The answer is its exit status, or None."""

    worker: int


def main(file: int) -> None:
    """Serve the orders that come through the socket `file` until it is closed."""
    with socket.socket(fileno=file) as orders:
        orders.setblocking(True)
        settings = msgspec.msgpack.decode(orders.recv(PACKET), type=Settings)
        confine.prefer_for_oom_kill()
        if settings.scratch_options is not None:
            confine.bound_temporary_files(settings.scratch, settings.scratch_options)
        confine.enter(settings.uid, settings.reads_all, settings.landlock, settings.filter)
        imports = _survey(Path(settings.submission))
        wanted = {name.partition(".")[0] for name in imports}
        if settings.apart:
            confine.prepare_to_part()
        for library in settings.libraries:
            if library in wanted:
                # One that is missing or broken is the submission's own affair.
                with contextlib.suppress(Exception):
                    importlib.import_module(library)
        before = set(os.listdir(settings.scratch))
        gc.collect()
        gc.freeze()
        orders.send(msgspec.msgpack.encode(Ready(imports=imports)))
        _serve(orders, settings, before)


def _serve(orders: socket.socket, settings: Settings, before: set[str]) -> None:
    pids: dict[int, int] = {}
    while True:
        packet, files, _, _ = socket.recv_fds(orders, PACKET, 2)
        if not packet:
            return
        if files:
            order = msgspec.msgpack.decode(packet, type=ForkOrder)
            pids[order.worker] = os.fork()
            if pids[order.worker] == 0:
                orders.close()
                _become_worker(order, settings, *files)
            for file in files:
                os.close(file)
        else:
            query = msgspec.msgpack.decode(packet, type=EndedQuery)
            orders.send(msgspec.msgpack.encode(_exit_status(pids.pop(query.worker))))
            # Nothing that one worker leaves behind is there for the next.
            for name in set(os.listdir(settings.scratch)) - before - set(map(str, pids)):
                remove(os.path.join(settings.scratch, name))
            with contextlib.suppress(FileNotFoundError):
                for name in os.listdir(shared := os.path.join(settings.scratch, SHARED)):
                    remove(os.path.join(shared, name))


def _exit_status(pid: int) -> int | None:
    """The exit status as `waitpid` has it; None where the process does not end within a second."""
    for _ in range(200):
        with contextlib.suppress(ChildProcessError):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return status
        time.sleep(0.005)
    return None


def _become_worker(order: ForkOrder, settings: Settings, connection: int, output: int) -> None:
    """Cut what ties this process to the forkserver, and serve; never returns."""
    try:
        os.setsid()
        confine.die_with_parent()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        folder = os.path.join(settings.scratch, str(order.worker))
        os.mkdir(folder)
        os.environ["TMPDIR"] = os.environ["HOME"] = folder
        os.chdir(folder)
        limits = dict(order.limits)
        if order.address_space is not None:
            limits["RLIMIT_AS"] = confine.address_space() + order.address_space
        confine.limit(limits)
        if settings.visible:
            confine.prctl(confine.PR_SET_DUMPABLE, 1)
        if settings.apart:
            confine.part_from_others(folder if settings.landlock else None)
        if settings.filter_of_workers is not None:
            confine.restrict_calls(settings.filter_of_workers)
        serve(socket.socket(fileno=connection), Path(settings.submission), settings.private_name, settings.max_bytes)
    except BaseException as error:
        print(f"the worker ended: {type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(0)


def _survey(submission: Path) -> list[str]:
    """What the submission imports from outside itself; read in a process of its own, which its source may break."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            confine.limit({"RLIMIT_CPU": SURVEY_SECONDS, "RLIMIT_DATA": 2**30, "RLIMIT_CORE": 0})
            names = sorted(set(_imports(submission)))[:500]
            with os.fdopen(write, "wb") as pipe:
                pipe.write(msgspec.msgpack.encode([name[:200] for name in names]))
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        packet = pipe.read(PACKET // 2)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    try:
        return msgspec.msgpack.decode(packet, type=list[str])
    except msgspec.DecodeError:
        return []


def _imports(submission: Path) -> Iterator[str]:
    files = sorted(submission.rglob("*.py")) if submission.is_dir() else [submission]
    for file in files[:MAX_SOURCES]:
        try:
            tree = ast.parse(file.read_bytes())
        except Exception:  # what cannot be read cannot be imported either
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            yield from (name for name in names if name.partition(".")[0] not in sys.stdlib_module_names)
