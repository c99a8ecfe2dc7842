"""Locks on a grade book's folder, which die with the process that holds them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from ..errors import SpecificationError

SHARD = re.compile(r"(\d+)-of-(\d+)")


def table_lock(out: Path) -> FileLock:
    """Held for moments, while files that several shards write are read and written."""
    return FileLock(out / ".lock")


@contextmanager
def grading(out: Path, which: int, of: int) -> Iterator[None]:
    """Grade shard `which` of `of`; `SpecificationError` where another grader has a part of it.

    Shards of one division may work side by side. Whoever is alone there clears away what killed graders left.
    """
    folder = out / ".graders"
    folder.mkdir(parents=True, exist_ok=True)
    mine = FileLock(folder / f"{which}-of-{of}", timeout=0)
    with table_lock(out):
        others = [match for file in folder.iterdir() if (match := SHARD.fullmatch(file.name)) and _is_held(file)]
        for match in others:
            if int(match[1]) == which or int(match[2]) != of:
                raise SpecificationError(
                    f"--out {out}: another `claims grade` is running there (shard {match[1]}/{match[2]}); expected one "
                    "at a time, or shards I/N with the same N"
                )
        if not others:
            for left in (*out.rglob(".*.part"), *(out / "running").glob("*")):
                left.unlink(missing_ok=True)
        mine.acquire()
    try:
        yield
    finally:
        mine.release()


def _is_held(file: Path) -> bool:
    try:
        with FileLock(file, timeout=0):
            return False
    except Timeout:
        return True
