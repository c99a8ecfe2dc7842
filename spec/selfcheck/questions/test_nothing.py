"""Nothing for nothing: what implementations score that know nothing, or half of it; `.ci/run` asks for all of ours."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.evidence import results
from spec.selfcheck import toy

KNOWING_NOTHING = Path(__file__).parent / "knowing_nothing"
FINISHED = ("metrics", "one_hot")
"""The topics of the half-finished implementation."""


@pytest.fixture(scope="module")
def graded():
    """The ids of the graded claims."""
    return [claim.id for claim in Registry().claims.values() if claim.graded]


@pytest.fixture(scope="module")
def graded_exactly(graded):
    """The ids of the graded claims that something decides without training."""
    command = toy.command("-m", "claims and not trained", "--collect-only", "-q")
    collected = subprocess.run(command, cwd=toy.PROJECT, env=toy.clean_environment(), capture_output=True, text=True)
    found = {line.partition("[")[0] for line in collected.stdout.splitlines()}
    tests = [test for test in Inventory(Registry()).tests if test.role == "claim"]
    exact = {test.claim for test in tests if f"{test.file.relative_to(toy.PROJECT).as_posix()}::{test.name}" in found}
    return [claim for claim in graded if claim in exact]


def grade(implementation, claims, file):
    """The results of an implementation on some claims, each run until it has failed."""
    only = [argument for claim in claims for argument in ("--claims-only", claim)]
    options = ["-m", "claims", "-q", "--tb=no", "-n", "0", "-p", "spec.selfcheck.questions.deciding"]
    command = toy.command(*options, *only, "--impl", str(implementation), "--claims-json", str(file))
    completed = subprocess.run(command, cwd=toy.PROJECT, env=toy.clean_environment(), capture_output=True, text=True)
    assert file.exists(), completed.stdout + completed.stderr
    return results.read(file)


def assert_nothing(found):
    """Every claim was decided, none holds, and none of its tests broke down."""
    assert [claim.id for claim in found.claims if claim.outcome in ("holds", "not-run")] == []
    assert [f"{claim.id}: {claim.message}" for claim in found.claims if claim.outcome == "grader-error"] == []
    assert found.pass_rate == 0


@pytest.mark.parametrize("name", ["zeros.py", "guesses.py", "empty folder"])
def test_nothing_scores_nothing(name, graded, tmp_path):
    """Zeros, random numbers and an empty folder pass none of the graded claims, trained ones included."""
    implementation = KNOWING_NOTHING / name if name.endswith(".py") else tmp_path / name
    (tmp_path / "empty folder").mkdir()
    found = grade(implementation, graded, tmp_path / "claims.json")
    assert_nothing(found)


@pytest.mark.process
@pytest.mark.parametrize("name", ["ones", "huge", "undefined", "empties", "echo", "refusing", "typical"])
def test_other_ways_to_know_nothing_pass_nothing_exact(name, graded_exactly, tmp_path):
    """Ones, huge numbers, NaN, empty arrays, one's own arguments, refusals and the commonest answers pass no claim."""
    found = grade(KNOWING_NOTHING / f"{name}.py", graded_exactly, tmp_path / "claims.json")
    assert_nothing(found)


def test_half_an_answer_scores_its_half(graded, tmp_path):
    """Stubs with two topics filled in pass exactly the graded claims that ask for nothing else."""
    half = tmp_path / "half"
    command = f"from spec.harness.cli import main; raise SystemExit(main(['new', {str(half)!r}]))"
    subprocess.run([sys.executable, "-c", command], cwd=toy.PROJECT, check=True, capture_output=True)
    for topic in (*FINISHED, "checks"):
        shutil.copy(toy.PROJECT / "impl" / f"{topic}.py", half)
    tests = Inventory(Registry()).by_claim
    asked = {claim: {ask.partition(".")[0] for test in tests[claim] for ask in test.asks} for claim in graded}
    expected = [claim for claim in graded if asked[claim] and asked[claim] <= set(FINISHED)]
    found = grade(half, graded, tmp_path / "claims.json")
    assert [claim.id for claim in found.claims if claim.outcome == "holds"] == expected
    assert found.pass_rate == len(expected) / len(graded)
