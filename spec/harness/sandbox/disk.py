"""What a worker keeps on a disk that no file system bounds for it: also in files that have no name any more."""

import contextlib
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil

from . import processes

BYTES_PER_ENTRY = 4096
"""What a file or a folder counts at least: an empty one takes room as well."""
LONGEST_PATH = 3000
"""Bytes of a folder's path; a file in it can then still be looked at, and what is deeper is too much."""


def exceeded(limit: int, scratch: Path, number: int, others: set[int], family: Iterable[psutil.Process]) -> bool:
    """Whether the worker of that number keeps more bytes than `limit` in its folder, beside it, or in deleted files.

    The folders of the `others` are their own.
    """
    total = 0
    for size in _sizes(scratch, {str(scratch / str(other)) for other in others - {number}}, family):
        total += size
        # One look at a million files would take longer than to the next.
        if total > limit:
            return True
    return False


def _sizes(scratch: Path, excluded: set[str], family: Iterable[psutil.Process]) -> Iterator[int]:
    pending = [str(scratch)]
    while pending:
        if len(os.fsencode(folder := pending.pop())) > LONGEST_PATH:
            yield sys.maxsize
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.path in excluded:
                    continue
                with contextlib.suppress(OSError):
                    yield max(BYTES_PER_ENTRY, entry.stat(follow_symlinks=False).st_blocks * 512)
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
    deleted: dict[int, int] = {}
    device = os.stat(scratch).st_dev
    for process in family:
        threads = processes.threads(process)
        # A thread may have files open that no other has.
        opened = (file for thread in threads for file in _open(thread, device))
        for inode, size in (*opened, *_mapped(threads, scratch)):
            deleted[inode] = max(deleted.get(inode, 0), size)
    yield from deleted.values()


def _open(thread: Path, device: int) -> Iterator[tuple[int, int]]:
    """Inode and size of each deleted file of the device that a thread has open, where the system tells us."""
    with contextlib.suppress(OSError):
        for name in os.listdir(thread / "fd"):
            with contextlib.suppress(OSError):
                file = os.stat(thread / "fd" / name)
                if file.st_nlink == 0 and file.st_dev == device and stat.S_ISREG(file.st_mode):
                    yield file.st_ino, max(BYTES_PER_ENTRY, file.st_blocks * 512)


def _mapped(threads: Iterable[Path], scratch: Path) -> Iterator[tuple[int, int]]:
    """Inode and mapped size of each deleted file that a process has in its memory, which its threads share."""
    for line in next(filter(None, map(_maps, threads)), []):
        # Addresses, rights, offset, device, inode, path.
        fields = line.split(maxsplit=5)
        if line.endswith("(deleted)") and fields[5].startswith(f"{scratch}/"):
            start, end = (int(address, 16) for address in fields[0].split("-"))
            yield int(fields[4]), end - start


def _maps(thread: Path) -> list[str]:
    """What a thread has in its memory, in lines; of one that has ended, none."""
    try:
        return (thread / "maps").read_text(errors="replace").split("\n")[:-1]
    except OSError:
        return []
