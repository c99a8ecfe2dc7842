"""Adam, with the decay of the weights apart: torch's fused kernel, one step at a time.

Kingma & Ba, *Adam: A Method for Stochastic Optimization*, 2015; Loshchilov & Hutter, *Decoupled Weight Decay
Regularization*, 2019. The same steps as `torch.optim.AdamW`, whose class imports torch's compiler when first used: that
takes longer than many a training here.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim.adamw import adamw

EPSILON = 1e-8


class Adam:
    """What Adam knows of the steps so far, for parameters that it changes in place."""

    def __init__(
        self, parameters: Sequence[Tensor], betas: tuple[float, float] = (0.9, 0.999), weight_decay: float = 0.0
    ) -> None:
        self.parameters, self.betas, self.weight_decay = list(parameters), betas, weight_decay
        self.means = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.steps = [torch.zeros((), device=parameter.device) for parameter in self.parameters]

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor], learning_rate: float) -> None:
        """Change every parameter, contiguous in memory, by its gradient."""
        beta1, beta2 = self.betas
        adamw(
            self.parameters,
            # The fused kernel goes through memory: a gradient must lie there as its parameter does.
            [gradient.contiguous() for gradient in gradients],
            self.means,
            self.squares,
            [],
            self.steps,
            fused=True,
            amsgrad=False,
            beta1=beta1,
            beta2=beta2,
            lr=learning_rate,
            weight_decay=self.weight_decay,
            eps=EPSILON,
            maximize=False,
        )
