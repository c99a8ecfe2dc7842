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
ROUNDS_DRAWN = 64  # how many rounds' batches are drawn at once


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
        # Each player draws from a stream of its own: what one does leaves alone what the other will draw.
        self._streams = {
            player: [torch.Generator().manual_seed((2 * seed + i) % 2**64) for seed in seeds]
            for i, player in enumerate(networks)
        }
        self._players = {name: initialise(initial, self._streams[name], device) for name, initial in networks.items()}
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
            for start in range(0, rounds, ROUNDS_DRAWN):
                drawn = [self._batches(player, min(ROUNDS_DRAWN, rounds - start)) for player in moving]
                for batches in zip(*drawn, strict=True):
                    for player, (latent, real) in zip(moving, batches, strict=True):
                        self._optimisers[player].step(self._gradient(player, latent, real), self._learning_rate)

    def gradients(self, real: np.ndarray, latent: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
        """The gradients of both losses on this batch, real (r, b, d) and latent (r, b, latent_dimensions)."""
        x = self._checked("real", real, self._data.shape[-1])
        z = self._checked("latent", latent, self._latent_dimensions)
        checks.require(
            "latent", x.shape[1] == z.shape[1], f"{z.shape[1]} vectors", f"{x.shape[1]}, one per real sample"
        )
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
        """Replace them, and begin anew from there: what Adam knew of earlier steps is forgotten."""
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

    def _batches(self, player: Player, rounds: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Latent vectors (r, b, latent_dimensions) for so many steps, and data (r, b, d) for the discriminator."""
        b, where = self._batch_size, self._data.device
        streams = self._streams[player]
        latent = [torch.randn((rounds, b, self._latent_dimensions), generator=g) for g in streams]
        real = torch.empty(rounds, 0)
        if player == "discriminator":
            index = torch.stack([torch.randint(self._data.shape[1], (rounds, b), generator=g) for g in streams], 1)
            real = self._data[torch.arange(len(streams), device=where).unsqueeze(1), index.to(where)]
        return zip(torch.stack(latent, 1).to(where), real, strict=True)

    @torch.inference_mode()
    def _evaluate(self, player: Player, x: Tensor) -> np.ndarray:
        with deterministic():
            return forward(self._players[player], x).cpu().numpy()

    def _checked(self, name: str, array: np.ndarray, width: int) -> Tensor:
        checks.floats(name, array, "replicates m width")
        r = len(self._data)
        fits = array.shape[0] == r and array.shape[2] == width
        checks.require(name, fits, f"shape {array.shape}", f"shape ({r}, m, {width})")
        return torch.tensor(array, dtype=torch.float32, device=self._data.device)
