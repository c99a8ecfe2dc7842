"""The two players of a generative adversarial network, trained against each other, all replicates as one batch.

Source: I. Goodfellow et al., *Generative Adversarial Nets* (2014), algorithm 1 with k = 1, both steps by Adam (Kingma &
Ba, 2015) with β₁ = .5 (Radford et al., 2016). Both players are perceptrons with two hidden layers; the discriminator
gives the logit of D(x). Shapes: data (r, n, d), latent vectors (r, b, latent_dimensions), logits (r, b), parameters
(r, …), one replicate per seed.
"""

from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from . import checks
from .networks import Initials, Parameters, dense, linear
from .training import deterministic, initialise

BETAS = (0.5, 0.999)
ROUNDS_DRAWN = 64  # how many rounds' batches are drawn at once
Player = Literal["generator", "discriminator"]


def perceptron(n_in: int, hidden: int, n_out: int) -> Initials:
    """Two hidden layers, and an output half as large as the input."""
    return dense("0", n_in, hidden, 2**0.5) | dense("1", hidden, hidden, 2**0.5) | dense("2", hidden, n_out, 0.5)


def forward(parameters: Parameters, x: Tensor) -> Tensor:
    """Evaluate a perceptron: (r, b, in) → (r, b, out)."""
    for layer in "01":
        x = F.leaky_relu(linear(x, parameters, layer), 0.2)
    return linear(x, parameters, "2")


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """−V from logits, (r, b) → (r,): log D = −softplus(−logit), and log(1 − D) = −softplus(logit)."""
    return F.softplus(-real).mean(-1) + F.softplus(fake).mean(-1)


def generator_loss(fake: Tensor, saturating: bool) -> Tensor:
    """Mean log(1 − D(G(z))) if saturating, else mean −log D(G(z)), from logits: (r, b) → (r,)."""
    return -F.softplus(fake).mean(-1) if saturating else F.softplus(-fake).mean(-1)


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
        networks = {"generator": perceptron(latent_dimensions, hidden, d), "discriminator": perceptron(d, hidden, 1)}
        # Each player draws from a stream of its own: what one does leaves alone what the other will draw.
        self._streams = {
            player: [torch.Generator().manual_seed(2 * seed + i) for seed in seeds]
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
        known = ("discriminator", "generator")
        checks.require("players", players in (*known, "both"), repr(players), "'both', 'generator' or 'discriminator'")
        moving: list[Player] = [player for player in known if players in (player, "both")]  # type: ignore[misc]
        with deterministic():
            for start in range(0, rounds, ROUNDS_DRAWN):
                now = min(ROUNDS_DRAWN, rounds - start)
                batches = {player: self._batches(player, now) for player in moving}
                for i in range(now):
                    for player in moving:
                        real, latent = batches[player]
                        self._step(player, self._gradient(player, real[i] if len(real) else real, latent[i]))

    def gradients(self, real: np.ndarray, latent: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
        """The gradients of both losses on this batch, real (r, b, d) and latent (r, b, latent_dimensions)."""
        x = self._checked("real", real, self._data.shape[-1])
        z = self._checked("latent", latent, self._latent_dimensions)
        checks.require("latent", x.shape[1] == z.shape[1], f"{z.shape[1]} vectors", f"{x.shape[1]}, one per real sample")
        return {
            player: {name: g.cpu().numpy() for name, g in zip(own, self._gradient(player, x, z), strict=True)}
            for player, own in self._players.items()
        }

    def parameters(self) -> dict[str, dict[str, np.ndarray]]:
        """Every trained number of both players, by name, (r, …)."""
        return {
            player: {name: value.detach().cpu().numpy().copy() for name, value in own.items()}
            for player, own in self._players.items()
        }

    def set_parameters(self, parameters: dict[str, dict[str, np.ndarray]]) -> None:
        """Replace them, and begin anew from there: what Adam knew of earlier steps is forgotten."""
        checks.require(
            "parameters", parameters.keys() == self._players.keys(), list(parameters), list(self._players)
        )
        for player, own in self._players.items():
            checks.parameters(f"parameters[{player!r}]", parameters[player], own)
        self._players = {
            player: {name: torch.tensor(parameters[player][name]).to(value) for name, value in own.items()}
            for player, own in self._players.items()
        }
        self._begin()

    def _begin(self) -> None:
        for own in self._players.values():
            for value in own.values():
                value.requires_grad_()
        self._optimisers = {
            player: torch.optim.Adam(list(own.values()), lr=self._learning_rate, betas=BETAS, fused=True)
            for player, own in self._players.items()
        }

    def _gradient(self, player: Player, real: Tensor, latent: Tensor) -> tuple[Tensor, ...]:
        """The gradient of this player's loss by its own parameters, and by nothing else."""
        generator, discriminator = self._players["generator"], self._players["discriminator"]
        if player == "discriminator":
            with torch.no_grad():  # to the discriminator, fakes are data
                fake = forward(generator, latent)
            logits = forward(discriminator, torch.cat([real, fake], 1))[..., 0]
            loss = discriminator_loss(logits[:, : real.shape[1]], logits[:, real.shape[1] :])
        else:
            loss = generator_loss(forward(discriminator, forward(generator, latent))[..., 0], self._saturating)
        # Summed over replicates, so that each has the gradient that it would have alone.
        return torch.autograd.grad(loss.sum(), list(self._players[player].values()))

    def _step(self, player: Player, gradient: tuple[Tensor, ...]) -> None:
        for value, own in zip(self._players[player].values(), gradient, strict=True):
            value.grad = own
        self._optimisers[player].step()

    def _batches(self, player: Player, rounds: int) -> tuple[Tensor, Tensor]:
        """Batches for so many steps: data (rounds, r, b, d), none for the generator, and latent vectors."""
        b, where = self._batch_size, self._data.device
        streams = self._streams[player]
        latent = [torch.randn((rounds, b, self._latent_dimensions), generator=g) for g in streams]
        real = torch.empty(0)
        if player == "discriminator":
            index = torch.stack([torch.randint(self._data.shape[1], (rounds, b), generator=g) for g in streams], 1)
            real = self._data[torch.arange(len(streams), device=where).unsqueeze(1), index.to(where)]
        return real, torch.stack(latent, 1).to(where)

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
