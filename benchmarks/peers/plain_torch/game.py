"""One GAN: a generator and a discriminator, perceptrons that take turns (Goodfellow et al., 2014, algorithm 1)."""

import torch
import torch.nn.functional as F
from torch import nn

from .training import Parameters, seeded


def perceptron(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Three linear layers with leaky ReLU between them."""
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden, hidden),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden, outputs),
    )


class Player:
    """A network with its optimiser."""

    def __init__(self, network: nn.Module, learning_rate: float) -> None:
        self.network, self._learning_rate = network, learning_rate
        self.forget()

    def forget(self) -> None:
        """Begin with a new optimiser."""
        self._optimizer = torch.optim.Adam(self.network.parameters(), lr=self._learning_rate, betas=(0.5, 0.999))

    def step(self, loss: torch.Tensor) -> None:
        """One step down the loss."""
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()

    def gradient(self, loss: torch.Tensor) -> Parameters:
        """The gradient by this player's parameters."""
        names, parameters = zip(*self.network.named_parameters(), strict=True)
        return {name: g.cpu().numpy() for name, g in zip(names, torch.autograd.grad(loss, parameters), strict=True)}


class Game:
    """A generator and a discriminator, their data, and the draws of one seed."""

    def __init__(
        self, data: torch.Tensor, latent: int, saturating: bool, hidden: int, rate: float, batch: int, seed: int
    ):
        self._data, self._latent, self._saturating, self._batch = data, latent, saturating, batch
        self._generator = seeded(seed)
        self.generator = Player(perceptron(latent, hidden, data.shape[1]).to(data.device), rate)
        self.discriminator = Player(perceptron(data.shape[1], hidden, 1).to(data.device), rate)

    def play(self, both_or_one: str) -> None:
        """One round."""
        if both_or_one != "generator":
            rows = torch.randint(len(self._data), (self._batch,), generator=self._generator)
            self.discriminator.step(self.discriminator_loss(self._data[rows], self._noise()))
        if both_or_one != "discriminator":
            self.generator.step(self.generator_loss(self._noise()))

    def discriminator_loss(self, real: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of real against 1 and of generated against 0."""
        of_real, of_fake = (
            self.discriminator.network(real),
            self.discriminator.network(self.generator.network(z).detach()),
        )
        against_one = F.binary_cross_entropy_with_logits(of_real, torch.ones_like(of_real))
        return against_one + F.binary_cross_entropy_with_logits(of_fake, torch.zeros_like(of_fake))

    def generator_loss(self, z: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of generated against 1, or minus that against 0."""
        of_fake = self.discriminator.network(self.generator.network(z))
        if self._saturating:
            return -F.binary_cross_entropy_with_logits(of_fake, torch.zeros_like(of_fake))
        return F.binary_cross_entropy_with_logits(of_fake, torch.ones_like(of_fake))

    def _noise(self) -> torch.Tensor:
        return torch.randn(self._batch, self._latent, generator=self._generator).to(self._data.device)
