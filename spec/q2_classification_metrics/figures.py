"""What is drawn for the claims of question 2."""

from collections.abc import Iterator

import numpy as np

from spec.harness import Figure, figure, figures_of

from .experiments import ThiefScores, best_f1, excess_cost


@figures_of("metrics.f1-suits")
def cost_over_all_ratios(suspects: ThiefScores) -> Iterator[Figure]:
    """What the threshold of best F1 costs at every ratio of the two errors' costs."""
    shares = np.linspace(0.01, 0.99, 99)
    yield figure(
        "excess-cost",
        "curves",
        "How much dearer than the cheapest threshold the one of best F1 is; the mark is at F*/2, where it matches.",
        x=shares,
        x_label="cost of a false alarm, as a share of both errors' costs",
        y_label="cost / lowest cost",
        log_y=True,
        marks=[best_f1() / 2],
        **{"threshold of best F1": 1 + excess_cost(suspects.thresholds()[:, None], shares)},
    )
