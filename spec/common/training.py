"""How the networks that the contract does not offer are trained: the same for all of them, replicates as a batch."""

from collections.abc import Callable, Sequence
from math import cos, pi

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim.adamw import adamw

WARMUP = 0.1  # of the steps


def descend(
    parameters: Sequence[Tensor],
    logits: Callable[[Tensor], Tensor],
    images: np.ndarray,
    labels: np.ndarray,
    *,
    steps: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    generators: Sequence[torch.Generator],
) -> None:
    """Change the parameters in place: AdamW, its rate rising over a tenth of the steps, then along half a cosine.

    `logits` gives the class scores (…, r, b, classes) of images (r, b, c, h, w), drawn with replacement from
    (r, n, c, h, w) with labels (r, n). Losses are summed over replicates, so that each network has the gradient that
    it would have alone.
    """
    # By the functional interface, as the optimisers' classes take a second to import torch's compiler.
    parameters = [parameter.requires_grad_() for parameter in parameters]
    means, squares = ([torch.zeros_like(parameter) for parameter in parameters] for _ in range(2))
    counts = [torch.zeros((), device=parameter.device) for parameter in parameters]
    device = parameters[0].device
    pixels, targets = torch.as_tensor(images).to(device), torch.as_tensor(labels).to(device).long()
    replicate = torch.arange(len(images), device=device).unsqueeze(1)
    for step in range(steps):
        progress = (step + 1) / steps
        index = torch.stack([torch.randint(images.shape[1], (batch_size,), generator=g) for g in generators]).to(device)
        scores = logits(pixels[replicate, index].float())
        classes = targets[replicate, index].expand(scores.shape[:-1])
        loss = F.cross_entropy(scores.flatten(0, -2), classes.flatten(), reduction="sum") / batch_size
        gradients = [gradient.contiguous() for gradient in torch.autograd.grad(loss, parameters)]
        with torch.no_grad():
            adamw(
                parameters,
                gradients,
                means,
                squares,
                [],
                counts,
                fused=True,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=learning_rate * min(progress / WARMUP, 0.5 + 0.5 * cos(pi * progress)),
                weight_decay=weight_decay,
                eps=1e-8,
                maximize=False,
            )
