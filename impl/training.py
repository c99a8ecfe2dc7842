"""Training a network of `networks.py` on its images, all replicates as one batch.

AdamW (Loshchilov & Hutter, *Decoupled Weight Decay Regularization*, 2019) on the cross-entropy, with the learning rate
rising linearly and then falling along half a cosine. Losses are summed over replicates, so that each replicate has the
gradient it would have alone. Each draws its numbers from a generator of its own seed: whichever others it is trained
with, it differs by no more than rounding. Shapes: images (r, n, c, h, w), labels (r, n).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import cos, pi
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .adam import Adam
from .networks import Initials, Network, Parameters

WEIGHT_DECAY = 1e-2
WARMUP = 0.1  # of the steps


def initialise(initials: Initials, generators: list[torch.Generator], device: torch.device) -> Parameters:
    """Draw every parameter, (r, …)."""
    drawn = [
        {name: torch.randn(initial.shape, generator=g) * initial.deviation for name, initial in initials.items()}
        for g in generators
    ]
    return {name: torch.stack([replicate[name] for replicate in drawn]).to(device) for name in initials}


def train(
    network: Network,
    parameters: Parameters,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    steps: int,
    batch_size: int,
    learning_rate: float,
    generators: list[torch.Generator],
) -> None:
    """Change `parameters` in place by `steps` steps."""
    where = next(iter(parameters.values())).device
    pixels, targets = torch.as_tensor(images).to(where), torch.as_tensor(labels).to(where, torch.long)
    replicate = torch.arange(len(generators), device=where).unsqueeze(1)
    order = batches(images.shape[1], batch_size, steps, generators)

    def loss() -> Tensor:
        index = next(order).to(where)
        logits = network.logits(parameters, pixels[replicate, index].float())  # (r, batch, classes)
        return F.cross_entropy(logits.flatten(0, 1), targets[replicate, index].flatten(), reduction="sum") / batch_size

    for _ in descent(parameters, loss, steps, learning_rate):
        pass


def descent(parameters: Parameters, loss: Callable[[], Tensor], steps: int, learning_rate: float) -> Iterator[int]:
    """Change `parameters` in place by `steps` steps down the next `loss`; tell how many are done, from 0 on."""
    trained = [parameter.requires_grad_() for parameter in parameters.values()]
    optimiser = Adam(trained, weight_decay=WEIGHT_DECAY)
    yield 0
    for step in range(steps):
        gradients = torch.autograd.grad(loss(), trained, materialize_grads=True)
        optimiser.step(gradients, learning_rate * schedule((step + 1) / steps))
        yield step + 1
    for parameter in trained:
        parameter.requires_grad_(False)


def schedule(progress: float) -> float:
    """Which share of the learning rate is used after this share of the steps."""
    return min(progress / WARMUP, 0.5 + 0.5 * cos(pi * progress))


def batches(n: int, batch_size: int, steps: int, generators: list[torch.Generator]) -> Iterator[Tensor]:
    """Which images each replicate sees at each step, (r, batch): all of its own in a random order, then in another."""
    passes = -(-steps * batch_size // n)
    orders = [torch.cat([torch.randperm(n, generator=g) for _ in range(passes)]) for g in generators if passes]
    for step in range(steps):
        yield torch.stack([order[step * batch_size : (step + 1) * batch_size] for order in orders])


def available(device: str) -> torch.device:
    """The device of this name, if this machine has it."""
    try:
        if isinstance(device, str) and device != "meta":  # whose tensors hold no numbers
            return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError):
        pass
    raise ValueError(f"device is {device!r}; expected one that torch can use here, such as 'cpu'")


@contextmanager
def deterministic() -> Iterator[None]:
    """On CUDA, the same algorithm every time, in full float32, whatever the process has set; a CPU needs nothing."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS needs, to be read as it starts
    precision, mode = torch.get_float32_matmul_precision(), torch.get_deterministic_debug_mode()
    memory: Any = torch.utils.deterministic
    fills = memory.fill_uninitialized_memory
    try:
        torch.set_float32_matmul_precision("highest")
        # As `use_deterministic_algorithms(True, warn_only=True)`, which imports torch's compiler.
        torch.set_deterministic_debug_mode("warn")
        memory.fill_uninitialized_memory = False  # nothing here reads any
        with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.set_float32_matmul_precision(precision)
        torch.set_deterministic_debug_mode(mode)
        memory.fill_uninitialized_memory = fills
