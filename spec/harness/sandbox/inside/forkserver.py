"""The process that workers are forked from: it has imported the libraries, never the submission.

It gets its settings and orders through one socket of whole packets, and hands every worker a socket of its own. What is
printed in a worker goes to a pipe of its own. One thread only: nothing else may be forked from.
"""

import ast
import contextlib
import gc
import importlib
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from . import confine
from .worker import serve

PACKET = 2**18
SURVEY_SECONDS = 10


class Settings(msgspec.Struct, kw_only=True):
    """What a nursery is told once."""

    submission: str
    private: str
    """The name under which the submission is imported."""
    libraries: list[str]
    """What may be imported beforehand, of what the submission imports."""
    uid: int | None = None
    reads_all: bool = False
    """Whether that user may read what others may not: what is kept from it, something else keeps."""
    landlock: dict[str, list[str]] | None = None
    filter: bytes | None = None
    scratch: str
    largest: int
    """The most bytes of arrays in a request."""


class Order(msgspec.Struct, kw_only=True):
    """A worker to start: its number, its limits, and how many bytes of address space it may add."""

    worker: int
    limits: dict[str, int]
    address_space: int | None = None


class EndedQuery(msgspec.Struct, kw_only=True):
    """How did this worker end? Its folder is then removed."""

    ended: int


class Ready(msgspec.Struct, kw_only=True):
    """What the nursery says once it has begun."""

    imports: list[str]
    """What the submission imports from outside itself, by its source: "numpy", "sklearn.metrics.f1_score"."""


def main(file: int) -> None:
    """Serve the orders that come through the socket `file` until it is closed."""
    with socket.socket(fileno=file) as orders:
        orders.setblocking(True)
        settings = msgspec.msgpack.decode(orders.recv(PACKET), type=Settings)
        confine.first_to_go()
        confine.enter(settings.uid, settings.reads_all, settings.landlock, settings.filter)
        imports = _survey(Path(settings.submission))
        wanted = {name.partition(".")[0] for name in imports}
        for library in settings.libraries:
            if library in wanted:
                # One that is not there, or broken, is the submission's own affair.
                with contextlib.suppress(Exception):
                    importlib.import_module(library)
        before = set(os.listdir(settings.scratch))
        gc.collect()
        gc.freeze()
        orders.send(msgspec.msgpack.encode(Ready(imports=imports)))
        _serve(orders, settings, before)


def _serve(orders: socket.socket, settings: Settings, before: set[str]) -> None:
    workers: dict[int, int] = {}
    while True:
        packet, files, _, _ = socket.recv_fds(orders, PACKET, 2)
        if not packet:
            return
        if files:
            order = msgspec.msgpack.decode(packet, type=Order)
            workers[order.worker] = os.fork()
            if workers[order.worker] == 0:
                orders.close()
                _become_worker(order, settings, *files)
            for each in files:
                os.close(each)
        else:
            number = msgspec.msgpack.decode(packet, type=EndedQuery).ended
            orders.send(msgspec.msgpack.encode(_status(workers.pop(number))))
            # Nothing that one worker leaves behind is there for the next.
            alive = {str(each) for each in workers}
            for name in set(os.listdir(settings.scratch)) - before - alive:
                _remove(os.path.join(settings.scratch, name))


def _status(pid: int) -> int | None:
    """The exit status as `waitpid` has it; None where it does not come."""
    for _ in range(200):
        with contextlib.suppress(ChildProcessError):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return status
        time.sleep(0.005)
    return None


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            os.unlink(path)


def _become_worker(order: Order, settings: Settings, line: int, output: int) -> None:
    """Cut what ties this process to the nursery, and serve; never returns."""
    try:
        os.setsid()
        confine.die_with_parent()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        own = os.path.join(settings.scratch, str(order.worker))
        os.mkdir(own)
        os.environ["TMPDIR"] = os.environ["HOME"] = own
        os.chdir(own)
        limits = dict(order.limits)
        if order.address_space is not None:
            limits["RLIMIT_AS"] = confine.address_space() + order.address_space
        confine.limit(limits)
        serve(socket.socket(fileno=line), Path(settings.submission), settings.private, settings.largest)
    except BaseException as error:
        print(f"the worker ended: {type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(0)


def _survey(submission: Path) -> list[str]:
    """What the submission imports from elsewhere; read in a process of its own, which its source may break."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            confine.limit({"RLIMIT_CPU": SURVEY_SECONDS, "RLIMIT_DATA": 2**30, "RLIMIT_CORE": 0})
            found = sorted(set(_imports(submission)))[:500]
            with os.fdopen(write, "wb") as pipe:
                pipe.write(msgspec.msgpack.encode([name[:200] for name in found]))
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
    for file in files[:500]:
        try:
            tree = ast.parse(file.read_bytes())
        except Exception:  # what cannot be read cannot be imported either
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [f"{node.module}.{each.name}" for each in node.names]
            else:
                continue
            yield from (name for name in names if name.partition(".")[0] not in sys.stdlib_module_names)
