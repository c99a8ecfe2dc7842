"""Whatever of the contract's types an implementation returns, the verdict is the implementation's."""

import pytest

from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome
from spec.harness.evidence import results
from spec.harness.paths import PROJECT
from spec.selfcheck import toy
from spec.selfcheck.grading import random_answers


@pytest.mark.process
@pytest.mark.parametrize("seed", [0, 1])
def test_random_answers_are_never_the_graders_fault(tmp_path, seed):
    """Every claim that is decided without training comes to a verdict about random answers, and few of them hold."""
    folder, file = random_answers.write(tmp_path / "theirs", seed), tmp_path / "claims.json"
    toy.run(
        PROJECT, "-m", "claims and not trained", "-n", "0", "-q", f"--impl={folder}", "--sandbox=none",
        f"--claims-seed={seed}", f"--claims-json={file}",
    )  # fmt: skip
    run = results.read(file)
    registry = Registry()
    graded = [claim for claim in run.claims if registry[claim.id].graded]
    assert [claim.id for claim in run.claims if claim.outcome is Outcome.GRADER_ERROR] == []
    assert len(graded) > 30
    assert sum(claim.outcome is Outcome.HOLDS for claim in graded) <= 2
