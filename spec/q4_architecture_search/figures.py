"""The figures of question 4: rewards, and depths proposed, over the trials of searches."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from spec.harness import Figure, figure, figures_of

from . import spaces
from .experiments import DigitSearch, EndToEnd, PlantedSearch

BLOCK = 20
"""Over how many trials a curve is averaged."""
REWARDS = "Reward (accuracy) of the architectures proposed, mean of twenty trials each, over the trials of a search."


def over_trials(values: dict[str, np.ndarray], y_label: str) -> dict[str, Any]:
    """Curves of values (searches, trials), one point per block of trials."""
    blocks = min(rows.shape[1] for rows in values.values()) // BLOCK
    means = {name: rows[:, : blocks * BLOCK].reshape(len(rows), blocks, BLOCK).mean(2) for name, rows in values.items()}
    return {"x": (np.arange(blocks) + 0.5) * BLOCK, "x_label": "trial", "y_label": y_label, **means}


@figures_of("search.is-nas")
def rewards_end_to_end(end_to_end: EndToEnd) -> Iterator[Figure]:
    """Rewards of architectures that are trained as they are proposed."""
    rewards = {"REINFORCE": end_to_end.searched("reinforce").rewards}
    yield figure("reward-over-trials", "curves", REWARDS, **over_trials(rewards, "reward"))


@figures_of("search.controller-is-optimised")
def rewards_of_controllers(digits: DigitSearch) -> Iterator[Figure]:
    """Rewards of both controllers and of random search."""
    controllers = {"REINFORCE": "reinforce", "MetaQNN": "meta_qnn", "random search": "random"}
    rewards = {name: digits.searched(controller).rewards for name, controller in controllers.items()}
    yield figure("reward-over-trials", "curves", REWARDS, **over_trials(rewards, "reward"))


@figures_of("search.depth-is-searchable")
def depths_proposed(planted: PlantedSearch) -> Iterator[Figure]:
    """How often each depth is proposed, for each depth of the planted optimum."""
    for best in planted.DEPTHS:
        says = f"Share of the architectures proposed that have each depth, over the trials, where depth {best} is best."
        proposed = spaces.planted_depths(planted.searched("reinforce", best).actions)
        shares = {f"depth {depth}": proposed == depth for depth in spaces.PLANTED["depth"]}
        yield figure(f"depth-over-trials-{best}", "curves", says, **over_trials(shares, "share"))
