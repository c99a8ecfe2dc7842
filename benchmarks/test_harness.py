"""What the specification costs beside pytest alone: for each test, and until the first verdict."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
TESTS = 500
CLAIM = "metrics.f1-is-the-harmonic-mean"

FILES = {
    "test_claims.py": f"""
import pytest
from spec.harness import claim

@claim("{CLAIM}")
@pytest.mark.parametrize("i", range({TESTS}))
def test_one(i, evidence):
    evidence.equal(1.0, 1.0, "one and one")
""",
    "test_alone.py": f"""
import pytest

@pytest.mark.parametrize("i", range({TESTS}))
def test_one(i):
    assert 1.0 == 1.0
""",
    # How long it is from the first test's report to the last.
    "stopwatch.py": """
import time
from pathlib import Path
ends = []

def pytest_runtest_logreport(report):
    if report.when == "call":
        ends.append(time.perf_counter())

def pytest_sessionfinish():
    Path(__file__).with_name("per_test").write_text(str((ends[-1] - ends[0]) / (len(ends) - 1)))
""",
    "first_verdict.py": """
import os

def pytest_runtest_logreport(report):
    if report.when == "call":
        os._exit(0)
""",
}


@pytest.fixture
def run(tmp_path):
    """Start pytest with these arguments, and with what the files above hold."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": f"{PROJECT}{os.pathsep}{tmp_path}", "TMPDIR": str(tmp_path)}

    def run(*arguments, cwd=PROJECT, plugins=False, status=0):
        added = {} if plugins else {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        completed = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
            cwd=cwd,
            env=environment | added,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert completed.returncode == status

    return run


def alone(tmp_path, *arguments):
    """What runs the bare tests, without anything of this project."""
    return ("test_alone.py", "-c", os.devnull, "--rootdir", str(tmp_path), *arguments)


@pytest.mark.parametrize("by", ["ours", "pytest alone"])
def test_overhead(measure, benchmark, run, tmp_path, by):
    """A process that runs tests which compare one with one: as a claim, with its evidence kept; or by an assertion."""

    def work():
        if by == "ours":
            run(
                tmp_path / "test_claims.py",
                "-c",
                "pyproject.toml",
                "-p",
                "spec.harness.running.plugin",
                "-p",
                "stopwatch",
                status=1,  # tests of a claim that stand outside the specification are refused, once they have run
            )
        else:
            run(*alone(tmp_path, "-p", "stopwatch"), cwd=tmp_path)

    measure(work, piece=f"{TESTS} tests from start to end", by=by, items=TESTS, unit="tests", memory=False)
    per_test = 1e3 * float((tmp_path / "per_test").read_text())
    benchmark.extra_info["quality"] = f"{per_test:.2f} ms from one test to the next"


@pytest.mark.parametrize("by", ["ours", "ours, with a worker on each core", "pytest alone"])
def test_first_verdict(measure, run, tmp_path, by):
    """From the start of the process to the report of the first test; workers are the usual way, and start as well."""

    def work():
        claims = ("-m", "claims", "--claims-only", CLAIM, "-p", "first_verdict")
        if by == "ours":
            run(*claims, "-n", "0", plugins=True)
        elif by == "ours, with a worker on each core":
            run(*claims, plugins=True)
        else:
            run(*alone(tmp_path, "-p", "first_verdict"), cwd=tmp_path)

    measure(work, piece="time to first verdict", by=by, items=1, unit="verdicts", memory=False)
