"""The two players of a generative adversarial network, their losses and gradients, as functions of their parameters.

Source: I. Goodfellow et al., *Generative Adversarial Nets* (2014), equation 1 and section 3. Both players are
perceptrons with two hidden layers; the discriminator gives the logit of D(x), from which losses are stable. Shapes:
data (r, b, d), latent vectors (r, b, latent_dimensions), logits (r, b), parameters (r, …), one replicate per seed.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from .networks import Initials, Parameters, dense, linear

Player = Literal["generator", "discriminator"]
Players = dict[Player, Parameters]


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


def generator_gradient(players: Players, latent: Tensor, saturating: bool) -> tuple[Tensor, ...]:
    """The gradient of the generator's loss by its parameters, and by nothing else."""
    fake = forward(players["generator"], latent)
    loss = generator_loss(forward(players["discriminator"], fake)[..., 0], saturating)
    # Summed over replicates, so that each has the gradient that it would have alone.
    return torch.autograd.grad(loss.sum(), list(players["generator"].values()))


def discriminator_gradient(players: Players, real: Tensor, latent: Tensor) -> tuple[Tensor, ...]:
    """The gradient of the discriminator's loss by its parameters, and by nothing else."""
    with torch.no_grad():  # to the discriminator, fakes are data
        fake = forward(players["generator"], latent)
    logits = forward(players["discriminator"], torch.cat([real, fake], 1))[..., 0]
    loss = discriminator_loss(logits[:, : real.shape[1]], logits[:, real.shape[1] :])
    return torch.autograd.grad(loss.sum(), list(players["discriminator"].values()))
