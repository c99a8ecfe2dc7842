"""Generator and discriminator trained against each other, all replicates as one batch.

Source: I. Goodfellow et al., *Generative Adversarial Nets* (2014), algorithm 1 with k = 1, both steps by Adam (Kingma &
Ba, 2015) with β₁ = .5 (Radford et al., 2016). The players are in `players.py`. Shapes: data (r, n, d), latent vectors
(r, b, latent_dimensions), logits (r, b), parameters (r, …), one replicate per seed.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from . import checks
from .adam import Adam
from .networks import Initials
from .players import Player, discriminator_gradient, forward, generator_gradient, perceptron
from .training import deterministic, initialise

BETAS = (0.5, 0.999)
ROUNDS_DRAWN = 16  # how many steps' batches a player draws at once


class Gans:
    """One generator and one discriminator per seed; see the contract."""

    def __init__(
        self,
        data: np.ndarray,
        latent_dimensions: int,
        saturating: bool,
        hidden: int,
        learning_rate: float,
        batch_size: int,
        seeds: list[int],
        device: torch.device,
    ) -> None:
        self._data = torch.tensor(data, dtype=torch.float32, device=device)
        self._latent_dimensions, self._saturating = latent_dimensions, saturating
        self._learning_rate, self._batch_size = learning_rate, batch_size
        d = data.shape[-1]
        networks: dict[Player, Initials] = {
            "generator": perceptron(latent_dimensions, hidden, d),
            "discriminator": perceptron(d, hidden, 1),
        }
        # Each player draws from a stream of its own: what one does leaves alone what the other will draw. torch reads
        # 32 bits of a seed, so that two streams cannot be counted off from it.
        states = [np.random.SeedSequence(seed).generate_state(len(networks)) for seed in seeds]
        self._players, self._batches = {}, {}
        for i, (player, initial) in enumerate(networks.items()):
            streams = [torch.Generator().manual_seed(int(state[i])) for state in states]
            self._players[player] = initialise(initial, streams, device)
            self._batches[player] = self._drawn(player, streams)
        self._begin()

    def generate(self, latent: np.ndarray) -> np.ndarray:
        """G(z), (r, m, latent_dimensions) → (r, m, d)."""
        return self._evaluate("generator", self._checked("latent", latent, self._latent_dimensions))

    def discriminate(self, samples: np.ndarray) -> np.ndarray:
        """The logits of D, (r, m, d) → (r, m)."""
        return self._evaluate("discriminator", self._checked("samples", samples, self._data.shape[-1]))[..., 0]

    def train(self, rounds: int, players: Literal["both", "generator", "discriminator"]) -> None:
        """Go on for so many rounds; each is a step of the discriminator, then one of the generator, or of one only."""
        checks.whole("rounds", rounds, 0)
        order: list[Player] = ["discriminator", "generator"]
        checks.require("players", players in (*order, "both"), repr(players), "'both', 'generator' or 'discriminator'")
        moving = [player for player in order if players in (player, "both")]
        with deterministic():
            for _ in range(rounds):
                for player in moving:
                    latent, real = next(self._batches[player])
                    self._optimisers[player].step(self._gradient(player, latent, real), self._learning_rate)

    def gradients(self, real: np.ndarray, latent: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
        """The gradients of both losses on this batch, real (r, b, d) and latent (r, b, latent_dimensions)."""
        x = self._checked("real", real, self._data.shape[-1])
        z = self._checked("latent", latent, self._latent_dimensions)
        checks.require(
            "latent", x.shape[1] == z.shape[1], f"{z.shape[1]} vectors", f"{x.shape[1]}, one per real sample"
        )
        with deterministic():
            return {
                player: {name: g.cpu().numpy() for name, g in zip(weights, self._gradient(player, z, x), strict=True)}
                for player, weights in self._players.items()
            }

    def parameters(self) -> dict[str, dict[str, np.ndarray]]:
        """Every trained number of both players, by name, (r, …)."""
        return {
            player: {name: value.detach().cpu().numpy().copy() for name, value in weights.items()}
            for player, weights in self._players.items()
        }

    def set_parameters(self, parameters: dict[str, dict[str, np.ndarray]]) -> None:
        """Replace them, and reset the state of Adam."""
        checks.require("parameters", parameters.keys() == self._players.keys(), list(parameters), list(self._players))
        for player, weights in self._players.items():
            checks.parameters(f"parameters[{player!r}]", parameters[player], weights)
        self._players = {
            player: {name: torch.tensor(parameters[player][name]).to(value) for name, value in weights.items()}
            for player, weights in self._players.items()
        }
        self._begin()

    def _begin(self) -> None:
        for weights in self._players.values():
            for value in weights.values():
                value.requires_grad_()
        self._optimisers = {player: Adam(list(weights.values()), BETAS) for player, weights in self._players.items()}

    def _gradient(self, player: Player, latent: Tensor, real: Tensor) -> tuple[Tensor, ...]:
        if player == "generator":
            return generator_gradient(self._players, latent, self._saturating)
        return discriminator_gradient(self._players, real, latent)

    def _drawn(self, player: Player, streams: list[torch.Generator]) -> Iterator[tuple[Tensor, Tensor]]:
        """For each step, latent vectors (r, b, latent_dimensions), and data (r, b, d) for the discriminator's."""
        b, where = self._batch_size, self._data.device
        replicates = torch.arange(len(streams), device=where).unsqueeze(1)
        while True:
            latent = [torch.randn((ROUNDS_DRAWN, b, self._latent_dimensions), generator=g) for g in streams]
            real = torch.empty(ROUNDS_DRAWN, 0)
            if player == "discriminator":
                index = [torch.randint(self._data.shape[1], (ROUNDS_DRAWN, b), generator=g) for g in streams]
                real = self._data[replicates, torch.stack(index, 1).to(where)]
            yield from zip(torch.stack(latent, 1).to(where), real, strict=True)

    @torch.inference_mode()
    def _evaluate(self, player: Player, x: Tensor) -> np.ndarray:
        with deterministic():
            return forward(self._players[player], x).cpu().numpy()

    def _checked(self, name: str, array: np.ndarray, width: int) -> Tensor:
        checks.floats(name, array, "replicates m width")
        r = len(self._data)
        fits = array.shape[0] == r and array.shape[2] == width
        checks.require(name, fits and array.size > 0, f"shape {array.shape}", f"shape ({r}, m, {width}), m ≥ 1")
        return torch.tensor(array, dtype=torch.float32, device=self._data.device)
