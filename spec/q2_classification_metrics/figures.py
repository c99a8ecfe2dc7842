"""What is drawn for the claims of question 2."""

from collections.abc import Iterator

import numpy as np

from spec.harness import Figure, figure, figures_of

from .experiments import ThiefScores


@figures_of("metrics.f1-instead-of-accuracy")
def cost_over_all_ratios(suspects: ThiefScores) -> Iterator[Figure]:
    """What the thresholds of best F1 and of best accuracy cost at every ratio of the two errors' costs."""
    shares, population = np.linspace(0.01, 0.99, 99), suspects.population
    thresholds = {"best F1": suspects.thresholds("f1"), "best accuracy": suspects.thresholds("accuracy")}
    costs = {
        f"threshold of {name}": 1 + population.excess_cost(tuned[:, None], shares) for name, tuned in thresholds.items()
    }
    yield figure(
        "excess-cost",
        "curves",
        "How much more than at the cheapest threshold two others cost; the mark is where both cost the same.",
        x=shares,
        x_label="cost of a false alarm, as a share of both errors' costs",
        y_label="cost / lowest cost",
        log_y=True,
        marks=[population.indifferent_share],
        **costs,
    )
