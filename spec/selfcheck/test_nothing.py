"""Nothing for nothing: what implementations score that know nothing, half of it, or all."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spec.harness import results
from spec.harness.inventory import Inventory
from spec.harness.registry import Registry

from . import toy

HERE = Path(__file__).parent
FINISHED = ("metrics", "one_hot")
"""The topics of the half-finished implementation."""


@pytest.fixture(scope="module")
def graded():
    """The ids of the graded claims."""
    return [claim.id for claim in Registry().claims.values() if claim.graded]


def grade(implementation, claims, file):
    """The results of an implementation on some claims."""
    only = [argument for claim in claims for argument in ("--claims-only", claim)]
    options = ["-m", "claims", "-q", "--tb=no", "--impl", str(implementation), "--claims-json", str(file)]
    completed = subprocess.run(
        toy.command(*options, *only), cwd=toy.PROJECT, env=toy.clean_environment(), capture_output=True, text=True
    )
    assert file.exists(), completed.stdout + completed.stderr
    return results.read(file)


@pytest.mark.parametrize("name", ["constant.py", "guessing.py", "empty"])
def test_nothing_scores_nothing(name, graded, tmp_path):
    """Zeros, random numbers and an empty folder pass none of the graded claims, and break none of the tests."""
    implementation = HERE / name if name.endswith(".py") else tmp_path / name
    (tmp_path / "empty").mkdir()
    found = grade(implementation, graded, tmp_path / "claims.json")
    assert [claim.id for claim in found.claims if claim.outcome == "holds"] == []
    assert [f"{claim.id}: {claim.message}" for claim in found.claims if claim.outcome == "grader-error"] == []
    assert found.pass_rate == 0


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
