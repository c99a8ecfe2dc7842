"""The arm that shows a boundary: Wasserstein GANs, whose loss does track quality.

WGAN-GP (Gulrajani et al., 2017, algorithm 1) has a critic f in place of a discriminator, kept near slope 1, and its gap
E[f(x)] − E[f(G(z))] estimates a distance between the distributions. All networks are perceptrons with two hidden
layers; replicates are the leading axis of every array, and a player's parameters are one tensor (r, p).
"""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SLOPE = 0.2
"""Of leaky ReLU, below zero."""


class Perceptron:
    """Two hidden layers, as functions of flat parameters (r, p)."""

    def __init__(self, n_in: int, hidden: int, n_out: int) -> None:
        widths = [n_in, hidden, hidden, n_out]
        self.shapes = [shape for a, b in pairwise(widths) for shape in ((a, b), (1, b))]
        self.sizes = [a * b for a, b in self.shapes]

    def initial(self, generators: Sequence[torch.Generator], device: str) -> Tensor:
        """Weights normal with variance 2 / inputs, biases 0: (r, p)."""
        drawn = [
            torch.cat([torch.randn(a * b, generator=g) * (sqrt(2 / a) if a > 1 else 0) for a, b in self.shapes])
            for g in generators
        ]
        return torch.stack(drawn).to(device).requires_grad_()

    def layers(self, parameters: Tensor) -> list[Tensor]:
        """Weights and biases of each layer in turn, (r, inputs, outputs) and (r, 1, outputs)."""
        parts = parameters.split(self.sizes, 1)
        return [part.unflatten(1, shape) for part, shape in zip(parts, self.shapes, strict=True)]

    def hidden(self, layers: list[Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
        """Both hidden layers before their activation, for x (r, b, in)."""
        first = torch.baddbmm(layers[1], x, layers[0])
        return first, torch.baddbmm(layers[3], F.leaky_relu(first, SLOPE), layers[2])

    def __call__(self, layers: list[Tensor], x: Tensor) -> Tensor:
        """The outputs, (r, b, out)."""
        return torch.baddbmm(layers[5], F.leaky_relu(self.hidden(layers, x)[1], SLOPE), layers[4])

    def with_slope(self, layers: list[Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
        """The one output (r, b), and the length of its gradient by the inputs (r, b).

        The network is piecewise linear, so that its slope is a product of its weights where the activations pass.
        """
        first, second = self.hidden(layers, x)
        output = torch.baddbmm(layers[5], F.leaky_relu(second, SLOPE), layers[4])[..., 0]
        back = (layers[4].mT * passes(second)) @ layers[2].mT * passes(first) @ layers[0].mT  # (r, b, in)
        return output, (back.square().sum(-1) + 1e-12).sqrt()


def passes(before: Tensor) -> Tensor:
    """The slope of leaky ReLU."""
    return torch.where(before > 0, 1.0, SLOPE)


class Adam:
    """Adam with β₁ = 0 and β₂ = .9, and a learning rate for each replicate, (r, 1)."""

    def __init__(self, parameters: Tensor, learning_rate: Tensor) -> None:
        self.parameters, self.learning_rate = parameters, learning_rate
        self.squares, self.steps = torch.zeros_like(parameters), 0

    def step(self, loss: Tensor) -> None:
        """Move the parameters down the gradient of each replicate's loss, (r,)."""
        (gradient,) = torch.autograd.grad(loss.sum(), self.parameters)
        self.steps += 1
        self.squares = 0.9 * self.squares + 0.1 * gradient**2
        deviation = (self.squares / (1 - 0.9**self.steps)).sqrt() + 1e-8
        with torch.no_grad():
            self.parameters -= self.learning_rate * gradient / deviation


class WassersteinGans:
    """One generator (whose outputs lie in −1 … 1) and one critic per seed, on data (r, n, d)."""

    HIDDEN, BATCH = 64, 32
    CRITIC_STEPS, HEAD_START = 5, 100
    PENALTY = 1.0
    CRITIC_RATE = 1e-3

    def __init__(
        self,
        data: np.ndarray,
        *,
        latent_dimensions: int,
        learning_rates: np.ndarray,
        seeds: Sequence[int],
        device: str,
    ) -> None:
        self._data, self._latent_dimensions = torch.as_tensor(data).to(device), latent_dimensions
        self._random = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._generator = Perceptron(latent_dimensions, self.HIDDEN, data.shape[-1])
        self._critic = Perceptron(data.shape[-1], self.HIDDEN, 1)
        g, f = (network.initial(self._random, device) for network in (self._generator, self._critic))
        rates = torch.as_tensor(learning_rates, dtype=torch.float32, device=device)[:, None]
        self._g, self._f = Adam(g, rates), Adam(f, torch.full_like(rates, self.CRITIC_RATE))
        for _ in range(self.HEAD_START):
            self._critic_step()

    def train(self, rounds: int) -> None:
        """Each round is a few steps of the critic, then one of the generator."""
        for _ in range(rounds):
            for _ in range(self.CRITIC_STEPS):
                self._critic_step()
            fake = self._fake(self._drawn(self._latent_dimensions))
            self._g.step(-self._critic(self._critic.layers(self._f.parameters), fake)[..., 0].mean(1))

    @torch.no_grad()
    def generate(self, latent: np.ndarray) -> np.ndarray:
        """G(z), (r, m, latent_dimensions) → (r, m, d)."""
        return self._fake(torch.as_tensor(latent).to(self._data.device)).cpu().numpy()

    @torch.no_grad()
    def gap(self, real: np.ndarray, fake: np.ndarray) -> np.ndarray:
        """E[f(x)] − E[f(G(z))], (r,)."""
        layers = self._critic.layers(self._f.parameters)
        means = [self._critic(layers, torch.as_tensor(x).to(self._data.device)).mean((1, 2)) for x in (real, fake)]
        return (means[0] - means[1]).cpu().numpy().astype(np.float64)

    def _critic_step(self) -> None:
        with torch.no_grad():
            fake = self._fake(self._drawn(self._latent_dimensions))
        real = batch(self._data, self._random, self.BATCH)
        share = torch.stack([torch.rand((self.BATCH, 1), generator=g) for g in self._random]).to(fake.device)
        layers = self._critic.layers(self._f.parameters)
        between = fake + share * (real - fake)
        scores, slopes = self._critic.with_slope(layers, torch.cat([real, fake, between], 1))
        of_real, of_fake, _ = scores.split(self.BATCH, 1)
        penalty = (slopes[:, 2 * self.BATCH :] - 1).square().mean(1)
        self._f.step(of_fake.mean(1) - of_real.mean(1) + self.PENALTY * penalty)

    def _drawn(self, width: int) -> Tensor:
        drawn = [torch.randn((self.BATCH, width), generator=g) for g in self._random]
        return torch.stack(drawn).to(self._data.device)

    def _fake(self, latent: Tensor) -> Tensor:
        return self._generator(self._generator.layers(self._g.parameters), latent).tanh()


def batch(samples: Tensor, generators: Sequence[torch.Generator], size: int) -> Tensor:
    """Draw `size` of each replicate's own samples, (r, n, d) → (r, size, d)."""
    index = torch.stack([torch.randint(samples.shape[1], (size,), generator=g) for g in generators]).to(samples.device)
    return samples[torch.arange(len(samples), device=samples.device)[:, None], index]
