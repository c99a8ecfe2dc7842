"""The game that a generative adversarial network plays: its value, and the losses of both players.

Source: I. Goodfellow et al., *Generative Adversarial Nets* (2014), equation 1 and section 3. Shapes: `real` holds D(x)
for n samples of the data, `fake` D(G(z)) for m generated ones; one probability each. The players are in `players.py`,
how they are trained in `adversaries.py`.
"""

import numpy as np

from . import checks
from .adversaries import Gans
from .training import available


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


def discriminator_loss(real: np.ndarray, fake: np.ndarray) -> float:
    """−V(D, G), which the discriminator minimises."""
    return -value(real, fake)


def generator_loss(fake: np.ndarray, saturating: bool) -> float:
    """E[log(1 − D(G(z)))] if saturating, else E[−log D(G(z))], which has the same fixed point and a steeper start."""
    checks.require("saturating", isinstance(saturating, bool), repr(saturating), "True or False")
    fake = _probabilities("fake", fake)
    return float(np.log1p(-fake).mean() if saturating else -np.log(fake).mean())


def gans(
    data: np.ndarray,
    *,
    latent_dimensions: int,
    saturating: bool,
    hidden: int,
    learning_rate: float,
    batch_size: int,
    seeds: list[int],
    device: str,
) -> Gans:
    """Untrained networks, one generator and one discriminator per seed, each with its own data (r, n, d)."""
    for name, number in (("latent_dimensions", latent_dimensions), ("hidden", hidden), ("batch_size", batch_size)):
        checks.whole(name, number, 1)
    checks.require("saturating", isinstance(saturating, bool), repr(saturating), "True or False")
    checks.rate(learning_rate)
    checks.seeds(seeds)
    checks.floats("data", data, "replicates n d")
    expected = f"shape (replicates, n, d), {len(seeds)} replicates for as many seeds"
    checks.require("data", len(data) == len(seeds) and data.size > 0, f"shape {data.shape}", expected)
    checks.require("batch_size", batch_size <= data.shape[1], batch_size, f"at most {data.shape[1]}, the rows of data")
    return Gans(data, latent_dimensions, saturating, hidden, learning_rate, batch_size, seeds, available(device))


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
