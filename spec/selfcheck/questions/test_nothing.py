"""Nothing for nothing: what implementations score that know nothing, or half of it; `.ci/run` asks for all of ours."""

import shutil
from pathlib import Path

import pytest

from spec.harness import cli
from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.selfcheck import toy

KNOWING_NOTHING = Path(__file__).parent / "knowing_nothing"
FINISHED = {"metrics", "one_hot"}
"""The topics of the half-finished implementation."""
CONSTANT = """
import numpy as np

from spec.selfcheck.questions.knowing_nothing import Answers

__getattr__ = Answers({}).offer
"""
"""An implementation that answers every question alike."""
ANSWERS = {
    "zeros": "np.zeros",
    "ones": "np.ones",
    "random numbers": "np.random.default_rng(0).random",
    "numbers near the largest": "lambda shape: np.full(shape, 1e300)",
    "NaN": "lambda shape: np.full(shape, np.nan)",
    "empty arrays and lists": "np.zeros, unknown_length=0",
    "an argument, or zeros": "np.zeros, echoes=True",
}
"""What stands in its braces."""
EVERYWHERE = ("zeros", "random numbers")
"""Of those, what answers claims that are trained for, too."""


@pytest.fixture(scope="module")
def graded():
    """The ids of the graded claims."""
    return [claim.id for claim in Registry().claims.values() if claim.graded]


def implementation(name, folder):
    """The place of an implementation; in this folder, unless it is kept."""
    if name in ANSWERS:
        (folder / "answers.py").write_text(CONSTANT.format(ANSWERS[name]))
        return folder / "answers.py"
    return KNOWING_NOTHING / name if name.endswith(".py") else folder


def grade(implementation, claims):
    """The results of an implementation on some claims, each run until it has failed."""
    only = [argument for claim in claims for argument in ("--claims-only", claim)]
    options = ("-q", "--tb=no", "-n", "0", "-p", "spec.selfcheck.questions.deciding", "--sandbox", "none")
    return toy.results_of_project(*options, *only, "--impl", str(implementation))


def assert_nothing(results):
    """Every claim was decided, none holds, and none of its tests broke down."""
    outcomes = {claim["id"]: claim["outcome"] for claim in results["claims"]}
    assert [claim for claim, outcome in outcomes.items() if outcome in ("holds", "not-run", "grader-error")] == []
    assert results["pass_rate"] == 0


@pytest.mark.parametrize("name", [*EVERYWHERE, "an empty folder"])
def test_nothing_scores_nothing(name, graded, tmp_path):
    """Zeros, random numbers and an empty folder pass none of the graded claims, trained ones included."""
    assert_nothing(grade(implementation(name, tmp_path), graded))


@pytest.mark.process
@pytest.mark.parametrize("name", [*(name for name in ANSWERS if name not in EVERYWHERE), "refusing.py", "typical.py"])
def test_other_ways_to_know_nothing_pass_nothing_exact(name, graded, tmp_path):
    """Ones, huge numbers, NaN, empty arrays, one's own arguments, refusals and the commonest answers pass no claim."""
    tests = Inventory(Registry()).tests
    exact = {test.claim for test in tests if test.role == "claim" and not test.trains}
    assert_nothing(grade(implementation(name, tmp_path), [claim for claim in graded if claim in exact]))


def test_half_an_answer_scores_its_half(graded, tmp_path):
    """Stubs with two topics filled in pass exactly the graded claims that ask for nothing else."""
    half = tmp_path / "half"
    assert cli.main(["new", str(half)]) == 0
    for topic in (*FINISHED, "checks"):
        shutil.copy(toy.PROJECT / "impl" / f"{topic}.py", half)
    tests = Inventory(Registry()).by_claim
    asks = {claim: frozenset[str]().union(*(test.asks for test in tests[claim])) for claim in graded}
    topics = {claim: {function.partition(".")[0] for function in asks[claim]} for claim in graded}
    expected = [claim for claim in graded if topics[claim] and topics[claim] <= FINISHED]
    results = grade(half, graded)
    assert [claim["id"] for claim in results["claims"] if claim["outcome"] == "holds"] == expected
    assert results["pass_rate"] == len(expected) / len(graded)
