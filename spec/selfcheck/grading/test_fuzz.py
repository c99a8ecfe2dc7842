"""Whatever of the contract's types an implementation returns, the verdict is the implementation's."""

import pytest

from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome
from spec.harness.evidence import results
from spec.harness.paths import PROJECT
from spec.selfcheck import toy
from spec.selfcheck.grading import random_answers


def decided(folder, kind, seed, marks, *options):
    """The graded claims after a run on answers of a kind; those that the marks leave out were not run."""
    implementation, file = random_answers.write(folder / "theirs", seed, kind), folder / "claims.json"
    registry = Registry()
    only = [f"--claims-only={claim}" for claim in registry.claims if registry[claim].graded]
    toy.run(
        PROJECT, "-m", marks, "-n", "0", "-q", f"--impl={implementation}", f"--claims-seed={seed}",
        f"--claims-json={file}", *only, *options,
    )  # fmt: skip
    claims = [claim for claim in results.read(file).claims if claim.outcome is not Outcome.NOT_RUN]
    assert [claim.id for claim in claims if claim.outcome is Outcome.GRADER_ERROR] == []
    assert [claim.id for claim in claims if not registry[claim.id].graded] == []
    return claims


@pytest.mark.process
@pytest.mark.parametrize("seed", [0, 1])
def test_random_answers_are_never_the_graders_fault(tmp_path, seed):
    """Every claim that is decided without training comes to a verdict about random answers, and few of them hold."""
    claims = decided(tmp_path, "at_random", seed, "claims and not trained", "--sandbox=none")
    assert len(claims) > 30
    assert sum(claim.outcome is Outcome.HOLDS for claim in claims) <= 2


@pytest.mark.trains
@pytest.mark.parametrize("kind", ["at_random", "nearly_right"])
def test_odd_answers_of_what_was_trained_are_never_the_graders_fault(tmp_path, kind):
    """Every graded claim that reads an experiment comes to a verdict, too, also where most answers are right."""
    claims = decided(tmp_path, kind, 0, "claims and trained", "--sandbox=none")
    assert len(claims) == 20
