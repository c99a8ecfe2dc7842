"""The value of the game that a generative adversarial network plays.

Source: I. Goodfellow et al., *Generative Adversarial Nets* (2014), equation 1. Shapes: `real` holds D(x) for n samples
of the data, `fake` D(G(z)) for m generated ones; one probability each.
"""

import numpy as np

from . import checks


def value(
    real: np.ndarray,
    fake: np.ndarray,
    real_weights: np.ndarray | None = None,
    fake_weights: np.ndarray | None = None,
) -> float:
    """V(D, G) = E[log D(x)] + E[log(1 − D(G(z)))]."""
    real, fake = _probabilities("real", real), _probabilities("fake", fake)
    # log1p keeps the digits of small D(G(z)) that 1 − D(G(z)) would round away.
    return _mean("real", np.log(real), real_weights) + _mean("fake", np.log1p(-fake), fake_weights)


def _probabilities(name: str, array: np.ndarray) -> np.ndarray:
    array = checks.scores(name, array)
    outside = (array <= 0) | (array >= 1)
    if outside.any():
        position = int(np.argmax(outside))
        raise ValueError(f"{name}[{position}] is {array[position]}; expected probabilities strictly between 0 and 1")
    return array


def _mean(name: str, values: np.ndarray, weights: np.ndarray | None) -> float:
    if weights is None:
        return float(values.mean())
    weights = checks.scores(f"{name}_weights", weights)
    checks.same_length(name, values, f"{name}_weights", weights)
    if weights.min() < 0:
        position = int(np.argmin(weights))
        raise ValueError(f"{name}_weights[{position}] is {weights[position]}; expected weights of 0 or more")
    if abs(weights.sum() - 1) > 1e-9:
        raise ValueError(f"{name}_weights sum to {weights.sum()}; expected 1")
    return float(weights @ values)
