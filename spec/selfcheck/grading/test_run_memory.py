"""What a run may take: bounded memory, so that what large answers make of a test ends that test alone; and disk."""

import os
import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from filelock import FileLock

from spec.harness.errors import SpecificationError
from spec.harness.grading import submission_run
from spec.harness.grading.submission_run import Job
from spec.harness.grading.submissions import Submission
from spec.harness.sandbox.limits import Limits

MODULE = """
import subprocess, sys
if sys.argv[1] == "child":
    sys.exit(subprocess.call([sys.executable, "-m", "takes", "itself"]))
try:
    taken = b"x" * (512 * 2**20)
except MemoryError:
    sys.exit(7)
"""


def test_a_workspace_in_use_is_nobody_elses_to_clear(tmp_path, monkeypatch):
    """Not even where its grader's process id means nothing, as in another container, or on another machine."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    nobody = next(pid for pid in range(2**22 - 1, 0, -1) if not psutil.pid_exists(pid))
    elsewhere, abandoned = (tmp_path / f"{submission_run.WORKSPACE}{pid}-other" for pid in (nobody, os.getpid()))
    for folder in (elsewhere, abandoned):
        folder.mkdir()
    with FileLock(elsewhere / submission_run.LOCK), submission_run.workspace() as own:
        assert set(tmp_path.iterdir()) == {elsewhere, own}
    with submission_run.workspace() as own:
        assert set(tmp_path.iterdir()) == {own}
    assert not list(tmp_path.iterdir())


@pytest.mark.process
@pytest.mark.parametrize("who", ["itself", "child"])
def test_a_run_that_takes_too_much_memory_is_told(tmp_path, who):
    """It can go on from there, as can what it starts; with more, or without a bound, it gets what it asks for."""
    (tmp_path / "takes.py").write_text(MODULE)

    def status(memory):
        output = tmp_path / "output"
        return submission_run._run_child("it", ["takes", who], output, 60, memory, PYTHONPATH=str(tmp_path))

    assert [status(memory) for memory in (256 * 2**20, 2**30, 0)] == [7, 0, 0]


@pytest.mark.parametrize(
    ("device", "machine", "bound"),
    [("cpu", 64 * 2**30, 6 * 2**30), ("cpu", 4 * 2**30, 3 * 2**30), ("cuda", 64 * 2**30, 0)],
)
@pytest.mark.parametrize(
    ("free", "says"), [(0, "no space is left for temporary files"), (2**30, "pytest ended with status 3")]
)
def test_a_run_is_given_what_there_is(tmp_path, monkeypatch, device, machine, bound, free, says):
    """A bound beyond the machine's memory would be none; a run without results says whether the disk is full."""
    given = []

    def end(*arguments, **_):
        given.append(arguments[4])
        arguments[2].write_text("OSError")
        return 3

    monkeypatch.setattr(submission_run, "_run_child", end)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=machine))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    (tmp_path / "own").mkdir()
    job = Job(Submission("a", Path("a")), "", "", [], [], False, 0, device, "none", Limits())
    with pytest.raises(SpecificationError, match=says):
        submission_run._run_claims(job, tmp_path, tmp_path)
    assert given == [bound]
