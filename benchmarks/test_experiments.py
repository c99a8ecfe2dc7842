"""The specification's own experiments on a GPU, with 1024 replicates in one go.

One arm of each experiment, from its stimuli, which are drawn on the CPU, to what it returns: once, as it takes a while.
"""

import pytest

from benchmarks.arms import ARMS
from spec.harness import Implementation


@pytest.mark.gpu
@pytest.mark.parametrize("n", [16, 1024])
@pytest.mark.parametrize("experiment", ARMS, ids=lambda arm: arm.__name__)
def test_experiment(measure, experiment, n):
    """As `--device cuda` does it."""
    impl, (arm, *arguments) = Implementation(), ARMS[experiment]

    measure(
        lambda: getattr(experiment(impl, list(range(n)), "cuda"), arm)(*arguments),
        piece=f"{experiment.__name__}.{arm}",
        by="ours",
        n=n,
        of="replicates",
        items=n,
        unit="replicates",
        device="cuda",
        once=True,
    )
