"""The memory of a run is bounded, so that what large answers make of a test ends that test and not the run."""

import pytest

from spec.harness.grading import submission_run

MODULE = """
import subprocess, sys
if sys.argv[1] == "child":
    sys.exit(subprocess.call([sys.executable, "-m", "takes", "itself"]))
try:
    taken = b"x" * (512 * 2**20)
except MemoryError:
    sys.exit(7)
"""


@pytest.mark.process
@pytest.mark.parametrize("who", ["itself", "child"])
def test_a_run_that_takes_too_much_memory_is_told(tmp_path, who):
    """It can go on from there, as can what it starts; with more, or without a bound, it gets what it asks for."""
    (tmp_path / "takes.py").write_text(MODULE)

    def status(memory):
        output = tmp_path / "output"
        return submission_run._run_child("it", ["takes", who], output, 60, memory, PYTHONPATH=str(tmp_path))

    assert [status(memory) for memory in (256 * 2**20, 2**30, 0)] == [7, 0, 0]
