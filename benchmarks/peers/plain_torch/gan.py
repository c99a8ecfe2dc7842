"""Generative adversarial networks (Goodfellow et al., 2014): the game's value, and a pair of perceptrons per seed."""

import numpy as np
import torch
from torch import nn

from .checks import device_of, finite, parameters_like, rate, require, seeds_of, shape
from .game import Game
from .training import Parameters, answers, load_parameters, parameters_of


def value(
    real: np.ndarray, fake: np.ndarray, real_weights: np.ndarray | None = None, fake_weights: np.ndarray | None = None
) -> float:
    """E[log D(x)] + E[log(1 − D(G(z)))]."""
    _check_probabilities("real", real)
    _check_probabilities("fake", fake)
    return _mean("real_weights", np.log(real), real_weights) + _mean("fake_weights", np.log1p(-fake), fake_weights)


def discriminator_loss(real: np.ndarray, fake: np.ndarray) -> float:
    """−V."""
    return -value(real, fake)


def generator_loss(fake: np.ndarray, saturating: bool) -> float:
    """What is minimised in theory, or in practice."""
    _check_probabilities("fake", fake)
    return float(np.log1p(-fake).mean() if saturating else -np.log(fake).mean())


def _mean(name: str, values: np.ndarray, weights: np.ndarray | None) -> float:
    if weights is None:
        return float(values.mean())
    shape(name, weights, len(values))
    finite(name, weights)
    require(bool((weights >= 0).all()), name, weights, "weights from 0")
    require(abs(weights.sum() - 1) <= 1e-8, name, f"of sum {weights.sum()}", "weights that sum to 1")
    return float((weights * values).sum())


def _check_probabilities(name: str, probabilities: np.ndarray) -> None:
    fits = probabilities.ndim == 1 and len(probabilities) > 0
    require(fits, name, f"of shape {probabilities.shape}", "one axis, with at least one probability")
    inside = (probabilities > 0) & (probabilities < 1)  # NaN is not
    require(bool(inside.all()), name, f"holding {probabilities[~inside]}", "probabilities strictly between 0 and 1")


class Gans:
    """One game per seed; see the contract."""

    def __init__(self, games: list[Game], latent: int, dimensions: int) -> None:
        self._games, self._latent, self._dimensions = games, latent, dimensions

    def generate(self, latent: np.ndarray) -> np.ndarray:
        """G(z)."""
        self._check("latent", latent, self._latent)
        return answers(self._networks("generator"), lambda network, z: network(z), latent)

    def discriminate(self, samples: np.ndarray) -> np.ndarray:
        """The logit of D."""
        self._check("samples", samples, self._dimensions)
        return answers(self._networks("discriminator"), lambda network, x: network(x)[:, 0], samples)

    def train(self, rounds: int, players: str) -> None:
        """Play on."""
        require(rounds >= 0, "rounds", rounds, "0 or more")
        require(players in ("both", "generator", "discriminator"), "players", players, "both, or the name of one")
        for game in self._games:
            for _ in range(rounds):
                game.play(players)

    def gradients(self, real: np.ndarray, latent: np.ndarray) -> dict[str, Parameters]:
        """Each player's gradient on this batch."""
        self._check("real", real, self._dimensions)
        self._check("latent", latent, self._latent)
        require(latent.shape[1] == real.shape[1], "latent", f"{latent.shape[1]} rows", f"{real.shape[1]}, as real")
        found: dict[str, list[Parameters]] = {"generator": [], "discriminator": []}
        for game, own_real, own_latent in zip(self._games, real, latent, strict=True):
            device = next(game.generator.network.parameters()).device
            x, z = (torch.as_tensor(a, dtype=torch.float32, device=device) for a in (own_real, own_latent))
            found["generator"].append(game.generator.gradient(game.generator_loss(z)))
            found["discriminator"].append(game.discriminator.gradient(game.discriminator_loss(x, z)))
        return {
            player: {name: np.stack([gradient[name] for gradient in gradients]) for name in gradients[0]}
            for player, gradients in found.items()
        }

    def parameters(self) -> dict[str, Parameters]:
        """Everything in both networks."""
        return {player: parameters_of(self._networks(player)) for player in ("generator", "discriminator")}

    def set_parameters(self, parameters: dict[str, Parameters]) -> None:
        """Replace it, and begin with new optimisers."""
        expected = self.parameters()
        require(parameters.keys() == expected.keys(), "parameters", f"of {sorted(parameters)}", f"{sorted(expected)}")
        for player in expected:
            parameters_like(parameters[player], expected[player], f"parameters[{player!r}]")
        for player in expected:
            load_parameters(self._networks(player), parameters[player])
            for game in self._games:
                getattr(game, player).forget()

    def _networks(self, player: str) -> list[nn.Module]:
        return [getattr(game, player).network for game in self._games]

    def _check(self, name: str, array: np.ndarray, width: int) -> None:
        shape(name, array, len(self._games), None, width)
        require(array.shape[1] > 0, name, f"of shape {array.shape}", "at least one sample")
        finite(name, array)


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
    """One untrained pair of networks per seed."""
    require(data.ndim == 3 and data.size > 0, "data", f"of shape {data.shape}", "(replicates, n, d), none of them 0")
    finite("data", data)
    for name, size in (("latent_dimensions", latent_dimensions), ("hidden", hidden), ("batch_size", batch_size)):
        require(size >= 1, name, size, "1 or more")
    require(batch_size <= data.shape[1], "batch_size", batch_size, f"at most {data.shape[1]}, the number of samples")
    rate(learning_rate)
    seeds_of(seeds, len(data))
    place = device_of(device)
    choices = (latent_dimensions, saturating, hidden, learning_rate, batch_size)
    games = [
        Game(torch.as_tensor(own, dtype=torch.float32, device=place), *choices, seed)
        for own, seed in zip(data, seeds, strict=True)
    ]
    return Gans(games, latent_dimensions, data.shape[2])
