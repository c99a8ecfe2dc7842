"""Unpacking in a process of its own, which what is unpacked may break: its processor time and its memory are limited.

Archives and sources are read by libraries that a few hundred bytes can keep busy for days, or make take all memory
there is; in the grader's own process they would end the whole class.
"""

import contextlib
import os
import signal
import sys
import traceback
from pathlib import Path

import msgspec

from .. import files
from ..errors import SpecificationError
from ..sandbox.inside.sanitise import clean
from .submissions import Unusable
from .text import one_line
from .unpacking import unpack

CPU_SECONDS = 60
MEMORY = 2 * 2**30
"""Bytes."""
TOO_MUCH = (
    f"it takes more than {CPU_SECONDS} CPU-seconds or {MEMORY >> 30} GiB to unpack and parse; expected ordinary files"
)


class Unpacked(msgspec.Struct):
    """What the process answers: where the implementation is, with remarks, or why there is none."""

    implementation: str = ""
    remarks: list[str] = []
    unusable: str = ""
    failed: str = ""
    """What the system said, or what nobody foresaw: none of it is counted as the submission's fault."""


def read(file: Path, status: int) -> tuple[Path, list[str]]:
    """The implementation and the remarks; `Unusable` for whatever is the submission's fault.

    Raises `SpecificationError` where the process ended with this status for another reason.
    """
    # Python's parser may also run into its own bounds.
    if -status in (getattr(signal, "SIGXCPU", None), signal.SIGSEGV, signal.SIGABRT):
        raise Unusable(TOO_MUCH)
    if status or not file.exists():
        raise SpecificationError(f"unpacking ended with status {status} and no results")
    unpacked = msgspec.json.decode(file.read_bytes(), type=Unpacked)
    if unpacked.failed:
        raise SpecificationError(f"unpacking failed: {unpacked.failed}")
    if unpacked.unusable:
        raise Unusable(unpacked.unusable)
    return Path(unpacked.implementation), unpacked.remarks


def main(submission: Path, target: Path, answer: Path, cpu_seconds: int, memory: int, wanted: list[str]) -> None:
    """Unpack, and write the answer into a file."""
    _limit(cpu_seconds, memory)
    try:
        implementation, remarks = unpack(submission, target, wanted)
        unpacked = Unpacked(str(implementation), remarks)
    except Unusable as error:
        unpacked = Unpacked(unusable=str(error))
    except MemoryError:
        unpacked = Unpacked(unusable=TOO_MUCH)
    except OSError as error:
        unpacked = Unpacked(failed=clean(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"))
    except Exception as error:
        unpacked = Unpacked(failed=_unforeseen(error, submission, target))
    files.write(answer, msgspec.json.encode(unpacked))


def _unforeseen(error: Exception, *places: Path) -> str:
    """An exception in a line, for whoever mends the grader; where its files lie is nobody else's concern."""
    text = str(error)
    for place in places:
        text = text.replace(f"{place.parent}/", "")
    raised = traceback.extract_tb(error.__traceback__)[-1]
    at = f"{Path(raised.filename).name}, line {raised.lineno}"
    return f"{type(error).__name__}: {one_line(text)} ({at})" if text else f"{type(error).__name__} ({at})"


def _limit(cpu_seconds: int, memory: int) -> None:
    with contextlib.suppress(ImportError):
        import resource

        limits = {"RLIMIT_CPU": cpu_seconds, "RLIMIT_DATA": memory, "RLIMIT_CORE": 0}
        for name, limit in limits.items():
            number = getattr(resource, name)
            hard = resource.getrlimit(number)[1]
            bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
            # Some systems know a limit, and refuse to set it.
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(number, (bound, hard))


if __name__ == "__main__":
    place, target, answer, cpu_seconds, memory, *wanted = sys.argv[1:]
    main(Path(os.fsdecode(bytes.fromhex(place))), Path(target), Path(answer), int(cpu_seconds), int(memory), wanted)
