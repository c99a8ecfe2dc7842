"""Ordinary `torch.nn` modules, one for each seed, trained as one batch, each as it would be alone.

What an experiment compares the contract's learners with: any network that somebody writes down as a module, without a
loop over replicates (torch.func's model ensembling).
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from .training import descend


class Ensemble:
    """One network per seed, trained on creation: AdamW, its rate rising over a tenth of the steps, then a half cosine.

    `build` makes a module that gives class scores (b, classes) of images (b, c, h, w); it is called once for each seed,
    with torch's generator at that seed. It has no batch normalisation, whose buffers nobody would train. Images are
    (r, n, c, h, w), labels (r, n).
    """

    def __init__(
        self,
        build: Callable[[], nn.Module],
        images: np.ndarray,
        labels: np.ndarray,
        *,
        steps: int,
        batch_size: int,
        learning_rate: float,
        weight_decay: float = 1e-2,
        seeds: Sequence[int],
        device: str,
    ) -> None:
        modules = []
        with torch.random.fork_rng(devices=[]):
            for seed in seeds:
                torch.manual_seed(seed)
                modules.append(build())
        parameters, buffers = stack_module_state(modules)
        if buffers:
            raise ValueError(f"build() has the buffers {', '.join(buffers)}; expected a module of parameters alone")
        self._parameters = {name: weights.detach().to(device) for name, weights in parameters.items()}
        self._module = modules[0]
        self._device = device
        descend(
            list(self._parameters.values()),
            self._logits,
            images,
            labels,
            steps=steps,
            batch_size=batch_size,
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            generators=[torch.Generator().manual_seed(seed) for seed in seeds],
        )

    @property
    def parameter_count(self) -> int:
        """The number of parameters of one network."""
        return sum(weights[0].numel() for weights in self._parameters.values())

    @torch.inference_mode()
    def logits(self, images: np.ndarray) -> np.ndarray:
        """Each replicate's class scores of its own images (r, n, c, h, w), as (r, n, classes)."""
        parts = torch.as_tensor(images).split(max(1, 4096 // len(images)), dim=1)
        return torch.cat([self._logits(part.to(self._device).float()) for part in parts], dim=1).cpu().numpy()

    def _logits(self, images: Tensor) -> Tensor:
        def scores(parameters: dict[str, Tensor], replicate: Tensor) -> Any:
            return functional_call(self._module, parameters, (replicate,))

        return vmap(scores)(self._parameters, images)
