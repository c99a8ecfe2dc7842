"""One submission: unpack it, run the claims on it in a process of its own, and say what came of it.

What is wrong with a submission is its outcome; what goes wrong with the grader is the grader's error.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from .. import process_env
from ..errors import SpecificationError
from ..evidence import results
from ..paths import PROJECT
from .records import Record
from .submissions import Submission, Unusable, fingerprint, unpack
from .text import clean

WORKSPACE = "claims-grade-"
GRACE = 10.0
"""Seconds that a run has to write down what it found, once it was told to stop."""
# The run dies with the grader, also where the grader is killed and can tell it nothing (Linux only).
_ATTACHED = """
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
    if os.getppid() != int(sys.argv[1]):
        sys.exit(1)
os.execv(sys.executable, [sys.executable, "-m", "pytest", *sys.argv[2:]])
"""


class Job(msgspec.Struct, frozen=True):
    """All that the run of one submission depends on, as plain data."""

    submission: Submission
    content: str
    """The submission's fingerprint when the class was planned."""
    key: str
    claims: list[str]
    exact: bool
    seed: int
    device: str
    options: list[str]
    """What else is said to pytest."""
    seconds: float
    """How long the whole run may take; the sandbox's own limits are narrower."""


_running: set[int] = set()
# A signal may come while this very thread stops the runs because of another one.
_lock = threading.RLock()
_told_to_stop = False


def run(job: Job) -> Record:
    """The record of a submission, without its grade; never raises for what a submission or the grader does wrong."""
    began = time.time()
    status, problem, found = "graded", "", None
    try:
        with _workspace() as folder:
            implementation = unpack(job.submission.path, folder / "submission")
            if fingerprint(job.submission.path) != job.content:
                raise SpecificationError("the submission was changed while it was graded; expected it to stay as it is")
            found = _run_claims(job, implementation, folder)
    except Unusable as error:
        problem = clean(f"the submission cannot be read: {error}", 2000)
    except Exception as error:
        said = str(error) if isinstance(error, SpecificationError) else traceback.format_exc(limit=-3)
        status, problem = "grader-error", clean(said, 4000)
    return Record(
        submission=job.submission.name,
        key=job.key,
        status="graded" if status == "graded" else "grader-error",
        problem=problem,
        seed=job.seed,
        began=began,
        seconds=time.time() - began,
        run=found,
    )


def stop_all(*_: object) -> None:
    """Kill every run under way in this process; those that would begin end at once.

    Made to handle a signal: an exception raised by the handler, wherever the grader happens to be, could leave a lock
    taken for ever. So engines ask whether they were `told_to_stop` where they can.
    """
    global _told_to_stop
    _told_to_stop = True
    with _lock:
        for group in _running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)


def told_to_stop() -> bool:
    """Whether `stop_all` was called."""
    return _told_to_stop


@contextmanager
def _workspace() -> Iterator[Path]:
    """An empty folder for one run; what graders that were killed left behind is cleared away first."""
    for left in Path(tempfile.gettempdir()).glob(f"{WORKSPACE}*"):
        owner = left.name.removeprefix(WORKSPACE).partition("-")[0]
        if owner.isdecimal() and not _lives(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{WORKSPACE}{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        # One that may not be asked is there.
        return isinstance(error, PermissionError)
    return True


def _run_claims(job: Job, implementation: Path, folder: Path) -> results.Results:
    """Run pytest on an unpacked submission, and read the `claims.json` that it wrote."""
    file, output = folder / "claims.json", folder / "output.txt"
    command = [sys.executable, "-c", _ATTACHED, str(os.getpid()), *arguments(job, implementation, file)]
    with output.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=process_env.for_children(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
        with _lock:
            _running.add(process.pid)
        try:
            in_time = not _told_to_stop and _wait(process, job.seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            with _lock:
                _running.discard(process.pid)
    if not in_time:
        raise SpecificationError(f"the run was stopped: it took longer than {job.seconds:g} s, or was interrupted")
    if not file.exists():
        raise SpecificationError(f"pytest ended with status {process.returncode} and no results:\n{_tail(output)}")
    return results.read(file)


def arguments(job: Job, implementation: Path, file: Path) -> list[str]:
    """What pytest is told for one submission."""
    only = [f"--claims-only={claim}" for claim in job.claims]
    marks = "claims and not trained" if job.exact else "claims"
    quiet = ["-q", "--tb=no", "--show-capture=no", "-p", "no:cacheprovider", "-n", "0"]
    return [
        "-m", marks, *quiet, f"--impl={implementation}", f"--claims-json={file}", f"--claims-seed={job.seed}",
        f"--device={job.device}", *only, *job.options,
    ]  # fmt: skip


def _wait(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the run came to its end by itself; where it does not, it is told to stop, and is killed after that."""
    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
        return False


def _tail(output: Path, longest: int = 2000) -> str:
    with output.open("rb") as said:
        said.seek(max(0, output.stat().st_size - longest))
        return said.read().decode(errors="replace")
