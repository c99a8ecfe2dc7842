"""The specification's own networks: Wasserstein GANs, whose loss does track quality.

WGAN-GP (Gulrajani et al., 2017, algorithm 1) has a critic f in place of a discriminator, kept near slope 1, and its gap
E[f(x)] − E[f(G(z))] estimates a distance between the distributions. All networks are perceptrons with two hidden
layers; replicates are the leading axis of every array.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import sqrt

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SLOPE = 0.2
"""Of leaky ReLU, below zero."""


class Perceptron:
    """Two hidden layers, whose parameters are one tensor (r, p), and Adam with β₁ = 0 and β₂ = .9 to train them."""

    def __init__(self, widths: Sequence[int], learning_rate: Tensor, generators: Sequence[torch.Generator]) -> None:
        """Weights are normal with variance 2 / inputs, biases 0; each replicate has a learning rate, (r, 1)."""
        self._shapes = [shape for a, b in pairwise(widths) for shape in ((a, b), (1, b))]
        initial = [
            torch.cat([torch.randn(a * b, generator=g) * (sqrt(2 / a) if a > 1 else 0) for a, b in self._shapes])
            for g in generators
        ]
        self._parameters = torch.stack(initial).to(learning_rate.device).requires_grad_()
        self._learning_rate = learning_rate
        self._squares, self._steps = torch.zeros_like(self._parameters), 0

    def __call__(self, x: Tensor) -> Tensor:
        """The outputs, (r, b, in) → (r, b, out)."""
        return self._forward(self._layers(), x)[-1]

    def with_slope(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The one output (r, b), and the length of its gradient by the inputs (r, b).

        The network is piecewise linear, so that its slope is a product of its weights where the activations pass.
        """
        layers = self._layers()
        first, second, output = self._forward(layers, x)
        second_slope, first_slope = (torch.where(before > 0, 1.0, SLOPE) for before in (second, first))
        back = (layers[4].mT * second_slope) @ layers[2].mT * first_slope @ layers[0].mT  # (r, b, in)
        return output[..., 0], (back.square().sum(-1) + 1e-12).sqrt()

    def step(self, loss: Tensor) -> None:
        """Move the parameters down the gradient of each replicate's loss, (r,)."""
        (gradient,) = torch.autograd.grad(loss.sum(), self._parameters)
        self._steps += 1
        self._squares = 0.9 * self._squares + 0.1 * gradient**2
        deviation = (self._squares / (1 - 0.9**self._steps)).sqrt() + 1e-8
        with torch.no_grad():
            self._parameters -= self._learning_rate * gradient / deviation

    def _layers(self) -> list[Tensor]:
        """Weights and biases of each layer in turn, (r, inputs, outputs) and (r, 1, outputs)."""
        parts = self._parameters.split([a * b for a, b in self._shapes], 1)
        return [part.unflatten(1, shape) for part, shape in zip(parts, self._shapes, strict=True)]

    def _forward(self, layers: list[Tensor], x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Both hidden layers before their activation, and the outputs."""
        first = torch.baddbmm(layers[1], x, layers[0])
        second = torch.baddbmm(layers[3], F.leaky_relu(first, SLOPE), layers[2])
        return first, second, torch.baddbmm(layers[5], F.leaky_relu(second, SLOPE), layers[4])


class WassersteinGans:
    """One generator (whose outputs lie in −1 … 1) and one critic per seed, on data (r, n, d).

    Generators have a learning rate each; critics are a few steps ahead of them from the start. The penalty weighs a
    tenth of the paper's, as data and networks are small.
    """

    HIDDEN, BATCH = 64, 32
    CRITIC_STEPS, HEAD_START = 5, 100
    PENALTY = 1.0
    CRITIC_RATE = 1e-3

    def __init__(
        self, data: np.ndarray, latent_dimensions: int, learning_rates: np.ndarray, seeds: Sequence[int], device: str
    ) -> None:
        self._data, self._latent_dimensions = torch.as_tensor(data).to(device), latent_dimensions
        self._random = [torch.Generator().manual_seed(seed) for seed in seeds]
        rates = torch.as_tensor(learning_rates, dtype=torch.float32, device=device)[:, None]
        inner, d = (self.HIDDEN, self.HIDDEN), data.shape[-1]
        self._generator = Perceptron((latent_dimensions, *inner, d), rates, self._random)
        self._critic = Perceptron((d, *inner, 1), torch.full_like(rates, self.CRITIC_RATE), self._random)
        for _ in range(self.HEAD_START):
            self._critic_step()

    def train(self, rounds: int) -> None:
        """Each round is a few steps of the critic, then one of the generator."""
        for _ in range(rounds):
            for _ in range(self.CRITIC_STEPS):
                self._critic_step()
            self._generator.step(-self._critic(self._fakes())[..., 0].mean(1))

    @torch.no_grad()
    def generate(self, latent: np.ndarray) -> np.ndarray:
        """G(z), (r, m, latent_dimensions) → (r, m, d)."""
        return self._generator(torch.as_tensor(latent).to(self._data.device)).tanh().cpu().numpy()

    @torch.no_grad()
    def gap(self, real: np.ndarray, fake: np.ndarray) -> np.ndarray:
        """E[f(x)] − E[f(G(z))], (r,)."""
        means = [self._critic(torch.as_tensor(x).to(self._data.device)).mean((1, 2)) for x in (real, fake)]
        return (means[0] - means[1]).cpu().numpy().astype(np.float64)

    def _critic_step(self) -> None:
        with torch.no_grad():
            fake = self._fakes()
        real = self._batch()
        share = self._drawn(torch.rand, 1)
        scores, slopes = self._critic.with_slope(torch.cat([real, fake, fake + share * (real - fake)], 1))
        of_real, of_fake, _ = scores.split(self.BATCH, 1)
        penalty = (slopes[:, 2 * self.BATCH :] - 1).square().mean(1)
        self._critic.step(of_fake.mean(1) - of_real.mean(1) + self.PENALTY * penalty)

    def _fakes(self) -> Tensor:
        """A batch of generated samples, (r, b, d)."""
        return self._generator(self._drawn(torch.randn, self._latent_dimensions)).tanh()

    def _batch(self) -> Tensor:
        """A batch of each replicate's data, (r, b, d)."""
        index = [torch.randint(self._data.shape[1], (self.BATCH,), generator=g) for g in self._random]
        replicate = torch.arange(len(self._data), device=self._data.device)[:, None]
        return self._data[replicate, torch.stack(index).to(self._data.device)]

    def _drawn(self, draw: Callable[..., Tensor], width: int) -> Tensor:
        """Random numbers for a batch, (r, b, width)."""
        return torch.stack([draw((self.BATCH, width), generator=g) for g in self._random]).to(self._data.device)
