"""The run of one submission: unpack it, and run the claims on it by pytest, in a process of its own.

What is wrong with a submission is its outcome; what goes wrong with the grader is the grader's error.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import msgspec
import psutil
from filelock import FileLock, Timeout

from .. import process_env
from ..errors import SpecificationError
from ..evidence import results
from ..paths import PROJECT
from ..sandbox.inside.removal import remove
from ..sandbox.inside.sanitise import clean
from ..sandbox.limits import BY_THE_CLOCK, Limits
from . import submissions, unpacking_apart
from .records import Record, Status
from .submissions import Submission, Unusable

WORKSPACE, LOCK = "claims-grade-", ".in-use"
GRACE = 10.0
"""Seconds that a run has to write its results, once it was asked to stop."""
SLACK = 300.0
"""Seconds that the specification itself may take beyond a submission's time by the clock before its run is stopped."""
UNPACKING_SECONDS = 600.0
"""How long unpacking may take by the clock; its own limits are in `unpacking_apart`."""
RUN_MEMORY = 6 * 2**30
"""Bytes that the specification may take itself, beside the submission: three times as many as right answers need.

What large answers make of a test is their fault, which only a test that goes on to run can say; see `running.blame`.
So on a machine that has less, it is most of what there is.
"""
FULL = 2**20
"""Of a disk that has fewer bytes left, nothing more can be asked."""
# A child dies with the grader, even where the grader is killed and can send it nothing (Linux only).
_RUN_PYTHON = """
import ctypes, os, sys
if sys.platform == "linux":
    import resource
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
    if memory := int(sys.argv[2]):
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        lower = [memory, *(bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY)]
        resource.setrlimit(resource.RLIMIT_DATA, (min(lower), hard))
os.execv(sys.executable, [sys.executable, "-m", *sys.argv[3:]])
"""


class Job(msgspec.Struct, frozen=True):
    """All that the run of one submission depends on, as plain data."""

    submission: Submission
    fingerprint: str
    """The submission's, when the class was listed."""
    key: str
    claims: list[str]
    topics: list[str]
    """Those that the claims ask."""
    exact: bool
    seed: int
    device: str
    sandbox: str
    limits: Limits


_process_groups: set[int] = set()
"""The runs under way."""
# A signal may arrive while this very thread stops the runs because of an earlier one.
_lock = threading.RLock()
_stop_requested = False


def run_submission(job: Job) -> Record:
    """The record of a submission, still without a grade; never raises for a fault of the submission or the grader."""
    began, started = time.time(), time.monotonic()
    status: Status = "graded"
    problem, run = "", None
    remarks: list[str] = []
    try:
        with workspace() as folder:
            (own := folder / "own").mkdir(mode=0o700)
            implementation, remarks = _unpack(job, own)
            if submissions.fingerprint(job.submission.path) != job.fingerprint:
                raise SpecificationError(
                    "the submission changed while it was graded; expected its files to stay the same"
                )
            run = _run_claims(job, implementation, folder)
    except Unusable as error:
        problem = f"the submission cannot be read: {error}"
    except SpecificationError as error:
        status, problem = "grader-error", str(error)
    except OSError as error:
        status, problem = "grader-error", f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    except Exception:
        status, problem = "grader-error", traceback.format_exc(limit=-3)
    return record_of(job, status, problem, remarks, began=began, seconds=time.monotonic() - started, run=run)


def record_of(
    job: Job,
    status: Status,
    problem: str = "",
    remarks: Iterable[str] = (),
    *,
    began: float = 0.0,
    seconds: float = 0.0,
    run: results.Results | None = None,
) -> Record:
    """The record of a job, without a grade."""
    return Record(
        submission=job.submission.name,
        key=job.key,
        status=status,
        problem=clean(problem, 4000),
        remarks=[clean(remark, 400) for remark in remarks],
        seed=job.seed,
        began=began,
        seconds=seconds,
        run=run,
    )


def stop_all(*_: object) -> None:
    """Kill every run under way in this process; runs that start later end at once.

    Made to handle a signal: an exception raised by the handler, wherever the grader happens to be, could leave a lock
    taken for ever. So engines ask for `stop_requested` where they can stop.
    """
    global _stop_requested
    _stop_requested = True
    with _lock:
        for group in _process_groups:
            _kill(group)


def stop_requested() -> bool:
    """Whether `stop_all` was called."""
    return _stop_requested


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@contextmanager
def workspace() -> Iterator[Path]:
    """An empty folder for one run; folders that killed graders left behind are removed first.

    A file in it is locked as long as it is used: the system unlocks it however a grader ends. Process ids would not
    tell, as graders in several containers, or on several machines, may have one folder for temporary files.
    """
    parent = Path(tempfile.gettempdir())
    for leftover in parent.glob(f"{WORKSPACE}*"):
        with contextlib.suppress(OSError, Timeout), FileLock(leftover / LOCK, blocking=False):
            remove(leftover)
    name = f"{WORKSPACE}{os.getpid()}-{secrets.token_hex(8)}"
    # It has its name only once it is locked: until then no other grader looks for it.
    (draft := parent / f".{name}").mkdir(mode=0o700)
    try:
        with FileLock(draft / LOCK):
            folder = draft.rename(parent / name)
            try:
                # Workers may be another user's, and reach the copy of the submission that is made for them.
                folder.chmod(0o711)
                yield folder
            finally:
                remove(folder)
    finally:
        remove(draft)


@contextmanager
def temporary_files_in_a_workspace() -> Iterator[None]:
    """Temporary files of this process lie in a workspace, which the next start clears where this one is killed."""
    with workspace() as folder:
        before, tempfile.tempdir = tempfile.tempdir, str(folder)
        try:
            yield
        finally:
            tempfile.tempdir = before


def seconds_by_the_clock(limits: Limits) -> float:
    """How long the run of a submission may take before it is stopped, which is the grader's error."""
    return BY_THE_CLOCK * limits.total_seconds + SLACK


def _run_claims(job: Job, implementation: Path, folder: Path) -> results.Results:
    """Run pytest on an unpacked submission, and read the `claims.json` that it writes."""
    file, output = folder / "own" / "claims.json", folder / "own" / "output.txt"
    # What the run and its sandboxes leave when they are killed lies in the workspace, and goes with it.
    (temporary := folder / "tmp").mkdir()
    words = ["pytest", *_pytest_arguments(job, implementation, file)]
    # A GPU's memory is seen as the process's own.
    memory = min(RUN_MEMORY, psutil.virtual_memory().total * 3 // 4) if job.device == "cpu" else 0
    status = _run_child("the run", words, output, seconds_by_the_clock(job.limits), memory, TMPDIR=str(temporary))
    if not file.exists():
        if shutil.disk_usage(folder).free < FULL:
            raise SpecificationError("no space is left for temporary files (TMPDIR); expected about 100 MiB")
        raise SpecificationError(f"pytest ended with status {status} and no results:\n{_tail(output)}")
    return results.read(file)


def _unpack(job: Job, own: Path) -> tuple[Path, list[str]]:
    """Unpack the submission below `own`, in a process that it may break; see `unpacking_apart`."""
    answer, output = own / "unpacked.json", own / "output.txt"
    place = os.fsencode(job.submission.path.absolute()).hex()
    bounds = [str(unpacking_apart.CPU_SECONDS), str(unpacking_apart.MEMORY)]
    words = [unpacking_apart.__name__, place, str(own / "submission"), str(answer), *bounds, *job.topics]
    status = _run_child("unpacking", words, output, UNPACKING_SECONDS)
    try:
        return unpacking_apart.read(answer, status)
    except SpecificationError as error:
        printed = _tail(output)
        raise SpecificationError(f"{error}:\n{printed}" if printed else str(error)) from error


def _run_child(what: str, words: list[str], output: Path, seconds: float, memory: int = 0, **environment: str) -> int:
    """Run a module of Python with these arguments to its end; its exit status. Its output goes to a file.

    It may take so many bytes of `memory`, or any number if that is 0 (Linux only).
    """
    command = [sys.executable, "-c", _RUN_PYTHON, str(os.getpid()), str(memory), *words]
    with output.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=PROJECT, env={**process_env.for_children(), **environment}, stdin=subprocess.DEVNULL,
            stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
        with _lock:
            _process_groups.add(process.pid)
        try:
            in_time = not _stop_requested and _wait(process, seconds)
        finally:
            _kill(process.pid)
            process.wait()
            with _lock:
                _process_groups.discard(process.pid)
    if not in_time:
        raise SpecificationError(f"{what} was stopped: it took longer than {seconds:g} s, or was interrupted")
    return process.returncode


def _pytest_arguments(job: Job, implementation: Path, file: Path) -> list[str]:
    quiet = ["-q", "--tb=no", "--show-capture=no", "-p", "no:cacheprovider", "-n", "0"]
    limits = [f"--limit-{name.replace('_', '-')}={limit}" for name, limit in asdict(job.limits).items()]
    return [
        "-m", "claims and not trained" if job.exact else "claims", *quiet, f"--impl={implementation}",
        f"--claims-json={file}", f"--claims-seed={job.seed}", f"--device={job.device}", f"--sandbox={job.sandbox}",
        *limits, *(f"--claims-only={claim}" for claim in job.claims),
    ]  # fmt: skip


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the run ended in time; one that does not is asked to stop, and given time to write its results."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        return False
    return True


def _tail(output: Path, longest: int = 2000) -> str:
    with output.open("rb") as file:
        file.seek(max(0, output.stat().st_size - longest))
        return file.read().decode(errors="replace")
