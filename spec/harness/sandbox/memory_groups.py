"""A control group for the memory of each worker, where this process may make one: then the system keeps the limit.

Linux has two kinds of control groups, v2 and v1, as directories of files (`Documentation/admin-guide/cgroup-v2.rst` and
`cgroup-v1/memory.rst` of its source). A group counts what its processes bring into memory, with page tables, socket
buffers and files in memory. One that is made where it leaves a limit of ours behind would be no limit, and is not used.
"""

import contextlib
import itertools
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from ..errors import SpecificationError
from .limits import MIB

NAME = "claims"
"""What the names of our groups begin with; then come our process id and a number."""
OF_ANCESTORS = ("memory.max", "memory.high", "memory.swap.max", "cpu.max", "pids.max")
"""Limits that a group of v2 may have, which one outside it would escape."""
REMOVAL_SECONDS = 1.0
_numbers = itertools.count()


@dataclass(frozen=True)
class MemoryGroups:
    """Where groups can be made."""

    folder: Path

    @property
    def version(self) -> int:
        """1 or 2."""
        return 2 if (self.folder / "cgroup.controllers").exists() else 1

    def new(self, limit: int) -> "MemoryGroup":
        """A group without processes, which may hold so many bytes. Raises `SpecificationError` where that fails."""
        folder = self.folder / f"{NAME}-{os.getpid()}-{next(_numbers)}"
        group = MemoryGroup(folder, self.version)
        try:
            folder.mkdir()
            group.limit_to(limit)
        except OSError as error:
            group.remove()
            raise SpecificationError(f"the memory group {folder} cannot be made: {error}") from error
        return group

    def works(self) -> bool:
        """Whether a process can be put into one."""
        with contextlib.suppress(SpecificationError, OSError):
            group = self.new(64 * MIB)
            try:
                with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
                    group.add(process.pid)
                    is_there = str(process.pid) in (group.folder / "cgroup.procs").read_text().split()
            finally:
                group.remove()
            return is_there
        return False

    def remove_abandoned(self) -> None:
        """Remove those of processes that are no more; the system refuses where one has processes."""
        for folder in self.folder.glob(f"{NAME}-*-*"):
            pid = folder.name.split("-")[1]
            if pid.isdecimal() and not psutil.pid_exists(int(pid)):
                with contextlib.suppress(OSError):
                    folder.rmdir()


@dataclass(frozen=True)
class MemoryGroup:
    """One group."""

    folder: Path
    version: int

    def limit_to(self, limit: int) -> None:
        """Let it hold so many bytes, none of them swapped where that can be told; once it is full, all of it ends."""
        if self.version == 2:
            self._write("memory.max", limit)
            self._write_if_there("memory.swap.max", 0)
            self._write_if_there("memory.oom.group", 1)
        else:
            self._write("memory.limit_in_bytes", limit)
            self._write_if_there("memory.memsw.limit_in_bytes", limit)

    def add(self, pid: int) -> None:
        """Put a process into it, and so whatever comes of that.

        Raises `ProcessLookupError` where there is no such process, and `SpecificationError` where it fails otherwise.
        """
        try:
            self._write("cgroup.procs", pid)
        except ProcessLookupError:
            raise
        except OSError as error:
            raise SpecificationError(f"process {pid} cannot be put into {self.folder}: {error}") from error

    def was_full(self) -> bool:
        """Whether the system has ended a process of it for want of memory."""
        counts = self.folder / ("memory.events" if self.version == 2 else "memory.oom_control")
        with contextlib.suppress(OSError, ValueError):
            return int(dict(line.split() for line in counts.read_text().splitlines())["oom_kill"]) > 0
        return False

    def remove(self) -> None:
        """Remove it once its processes are gone; what is left after a second, the next run removes."""
        until = time.monotonic() + REMOVAL_SECONDS
        while self.folder.exists():
            try:
                self.folder.rmdir()
            except OSError:
                if time.monotonic() > until:
                    return
                time.sleep(0.001)

    def _write(self, file: str, value: int) -> None:
        (self.folder / file).write_text(str(value))

    def _write_if_there(self, file: str, value: int) -> None:
        if (self.folder / file).exists():
            self._write(file, value)


def find(proc: Path = Path("/proc/self")) -> MemoryGroups | None:
    """Where this process can make groups for memory; None where it cannot."""
    for groups in _candidates(proc):
        groups.remove_abandoned()
        if groups.works():
            return groups
    return None


def _candidates(proc: Path) -> Iterator[MemoryGroups]:
    """Directories in which groups may be possible, this process's own first."""
    with contextlib.suppress(OSError):
        own = dict(_own_groups((proc / "cgroup").read_text()))
        for version, root, mount in _hierarchies((proc / "mountinfo").read_text()):
            inside = _below(own.get(version, ""), root)
            if version == 1:
                yield MemoryGroups(mount / inside)
                continue
            # A group of v2 hands memory on to groups below it, or has processes. So ours is beside our own, or above.
            for folder in (mount / inside, *(mount / parent for parent in inside.parents if inside != parent)):
                if "memory" in _text(folder / "cgroup.subtree_control").split():
                    yield MemoryGroups(folder)
                if any(_text(folder / limit).split()[:1] not in ([], ["max"]) for limit in OF_ANCESTORS):
                    break


def _own_groups(text: str) -> Iterator[tuple[int, str]]:
    """(version, path) of the groups that this process belongs to, as /proc/self/cgroup has them."""
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory") or "memory" in controllers.split(","):
            yield (1 if controllers else 2), path


def _hierarchies(text: str) -> Iterator[tuple[int, str, Path]]:
    """(version, what of it is mounted, where) of all hierarchies that may have memory, as /proc/self/mountinfo says."""
    for line in text.splitlines():
        fields, _, rest = line.partition(" - ")
        kind, _, options = rest.split(" ", 2)
        root, mount = fields.split()[3:5]
        if kind == "cgroup2":
            yield 2, root, Path(mount)
        elif kind == "cgroup" and "memory" in options.split(","):
            yield 1, root, Path(mount)


def _below(path: str, root: str) -> Path:
    """Where a group lies below what is mounted; at its top where that does not show."""
    below = os.path.relpath(path or root, root)
    return Path() if below.startswith("..") else Path(below)


def _text(file: Path) -> str:
    with contextlib.suppress(OSError):
        return file.read_text()
    return ""
