"""Small networks for what is exact about GANs: parameters drawn, set and read, whatever names they go by."""

from typing import Any

import numpy as np

from spec.contract import Gans, Players
from spec.harness import Implementation, device_of_run, stream

from .measures import generator_loss, value

PLAYERS = ["generator", "discriminator"]
REPLICATES, LATENT, HIDDEN, WIDTH = 3, 3, 32, 2
"""All arrays of a player whose sizes matter differ in them; and of 32 units some are awake, even if ReLUs."""


def points(seed: int, purpose: str = "data", n: int = 64) -> np.ndarray:
    """What networks learn from, (r, n, 2)."""
    return stream(seed, purpose).normal(size=(REPLICATES, n, WIDTH)).astype(np.float32)


def small_gans(impl: Implementation, seed: int, data: np.ndarray | None = None, **changes: Any) -> Gans:
    """Small networks as they start."""
    data = points(seed) if data is None else data
    choices: dict[str, Any] = {"latent_dimensions": LATENT, "saturating": True, "hidden": HIDDEN, "learning_rate": 1e-3}
    choices |= {"batch_size": 4, "seeds": [seed // 2 + i for i in range(len(data))], "device": device_of_run()}
    return impl.gan.gans(data, **choices | changes)


def state(gans: Gans, seed: int, *labels: str, scale: float = 0.3) -> Players:
    """Parameters of both players drawn anew, so that the discriminator has opinions."""
    rng = stream(seed, "parameters", *labels)

    def drawn(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {name: (scale * rng.normal(size=array.shape)).astype(array.dtype) for name, array in arrays.items()}

    players = gans.parameters()
    return {"generator": drawn(players["generator"]), "discriminator": drawn(players["discriminator"])}


def sample(seed: int, n: int, *labels: str) -> tuple[np.ndarray, np.ndarray]:
    """Real samples (r, n, 2) and latent vectors (r, n, 3), drawn anew."""
    rng = stream(seed, "sample", *labels)
    real, latent = (rng.normal(size=(REPLICATES, n, width)).astype(np.float32) for width in (WIDTH, LATENT))
    return real, latent


def of_size(arrays: dict[str, np.ndarray], size: int) -> list[str]:
    """The names of one player's arrays with so many numbers in each replicate."""
    return [name for name, array in arrays.items() if array[0].size == size]


def with_arrays(arrays: dict[str, np.ndarray], size: int, numbers: np.ndarray | float) -> dict[str, np.ndarray]:
    """One player with its arrays of a size replaced by these numbers, (replicates, size) or one for all."""
    new = {}
    for name in of_size(arrays, size):
        rows = np.broadcast_to(np.asarray(numbers), (len(arrays[name]), size))
        new[name] = rows.reshape(arrays[name].shape).astype(arrays[name].dtype)
    return arrays | new


def zeros(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One player with all parameters 0."""
    return {name: np.zeros_like(array) for name, array in arrays.items()}


def always(generator: dict[str, np.ndarray], sample: np.ndarray) -> dict[str, np.ndarray]:
    """A generator that makes the same sample of every latent vector, (replicates, d): all else is 0."""
    return with_arrays(zeros(generator), sample.shape[1], sample)


def flat(arrays: dict[str, np.ndarray]) -> np.ndarray:
    """One player's parameters, or their gradient, in a row: (replicates, p)."""
    return np.concatenate([arrays[name].reshape(len(arrays[name]), -1) for name in sorted(arrays)], axis=1)


def changed(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """For each array of one player, in which replicates it has changed, (replicates,)."""
    return {name: (before[name] != after[name]).reshape(len(before[name]), -1).any(1) for name in before}


def losses(gans: Gans, players: Players, real: np.ndarray, latent: np.ndarray, saturating: bool) -> dict:
    """Both players' losses by the formula, from the networks' outputs, each (replicates,)."""
    gans.set_parameters(players)
    real, fake = gans.discriminate(real), gans.discriminate(gans.generate(latent))
    return {"discriminator": -value(real, fake), "generator": generator_loss(fake, saturating)}
