"""Training multilayer perceptrons of many shapes as one batch: the trainer of architecture search.

Source: the child networks of Zoph & Le, *Neural Architecture Search with Reinforcement Learning*, 2017, here small and
fully connected; Adam (Kingma & Ba, 2015) on the cross-entropy. Networks are an axis: inputs (a, b, features) become
class scores (a, b, classes). Networks whose widest layers are alike are a batch, in which each layer is padded to that
width, and each network to the most layers. Padding is held at zero by masks, so that it neither computes nor learns
anything, and a network draws its numbers from a generator of its own seed: whichever others it is trained with, it
differs by no more than rounding.
"""

from collections.abc import Iterable
from itertools import groupby, pairwise
from math import sqrt
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from . import checks
from .adam import Adam
from .training import available, batches, deterministic, schedule

ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}
GAIN = {"relu": sqrt(2), "tanh": 1.0, "sigmoid": 1.0}


def train_architectures(
    inputs: np.ndarray,
    labels: np.ndarray,
    *,
    architectures: list[dict[str, Any]],
    classes: int,
    steps: int,
    batch_size: int,
    learning_rate: float,
    seeds: list[int],
    device: str,
) -> "TrainedArchitectures":
    """Train one perceptron per architecture {"widths": [units of each hidden layer], "activation": name}.

    inputs (n, features), labels (n,) from 0 … classes − 1. `steps = 0` returns the networks as initialised.
    """
    for name, value, least in (("classes", classes, 2), ("steps", steps, 0), ("batch_size", batch_size, 1)):
        checks.whole(name, value, least)
    checks.rate(learning_rate)
    _check_architectures(architectures)
    checks.seeds(seeds)
    checks.require("seeds", len(seeds) == len(architectures), seeds, f"one per architecture, {len(architectures)}")
    checks.floats("inputs", inputs, "n features")
    checks.require("inputs", inputs.size > 0, f"shape {inputs.shape}", "at least one input and one feature")
    checks.classes("labels", labels, inputs.shape[:1], classes)
    where = available(device)

    def widest(i: int) -> int:
        return max(architectures[i]["widths"])

    # Within a batch in the order of their activations, so that each activation is applied to one slice of it.
    order = sorted(
        range(len(seeds)), key=lambda i: (widest(i), list(ACTIVATIONS).index(architectures[i]["activation"]))
    )
    x, y = torch.as_tensor(inputs).to(where, torch.float32), torch.as_tensor(labels).to(where, torch.long)
    networks = []
    for _, members in groupby(order, key=widest):
        batch = list(members)
        generators = [torch.Generator().manual_seed(seeds[i]) for i in batch]
        network = Perceptrons([architectures[i] for i in batch], inputs.shape[1], classes, generators, where)
        network.train(x, y, batches(len(x), batch_size, steps, generators), steps, learning_rate)
        networks.append(network)
    return TrainedArchitectures(networks, np.argsort(order).tolist())


class Perceptrons:
    """The padded parameters: weights[l] (a, in, out) and biases[l] (a, 1, out), the class scores' layer last."""

    def __init__(
        self,
        architectures: list[dict[str, Any]],
        features: int,
        classes: int,
        generators: list[torch.Generator],
        device: torch.device,
    ) -> None:
        self.widths = [[features, *architecture["widths"], classes] for architecture in architectures]
        a, depth = len(architectures), max(len(architecture["widths"]) for architecture in architectures)
        widest = max(max(architecture["widths"]) for architecture in architectures)
        self.slices = [
            (name, len(list(group))) for name, group in groupby(trained["activation"] for trained in architectures)
        ]

        sizes = [features, *[widest] * depth, classes]
        self.weights = [torch.zeros(a, n_in, n_out) for n_in, n_out in pairwise(sizes)]
        self.biases = [torch.zeros(a, 1, n_out) for n_out in sizes[1:]]
        self.units = [torch.zeros(a, 1, widest) for _ in range(depth)]  # 1 where a network has this unit
        for i, (widths, architecture, generator) in enumerate(zip(self.widths, architectures, generators, strict=True)):
            for layer, (n_in, n_out) in enumerate(pairwise(widths)):
                place = layer if layer < len(widths) - 2 else depth
                gain = GAIN[architecture["activation"]] if place < depth else 1.0
                drawn = torch.randn(n_in, n_out, generator=generator) * gain / sqrt(n_in)
                self.weights[place][i, :n_in, :n_out] = drawn
                if place < depth:
                    self.units[place][i, :, :n_out] = 1
        self.weights = [weights.to(device) for weights in self.weights]
        self.biases = [biases.to(device) for biases in self.biases]
        self.units = [units.to(device) for units in self.units]
        # (a, 1, 1): 1 where a network has no such layer
        self.absent = [1 - units.amax(2, keepdim=True) for units in self.units]

    @property
    def parameters(self) -> list[Tensor]:
        """Everything that is trained."""
        return [*self.weights, *self.biases]

    def train(self, x: Tensor, y: Tensor, order: Iterable[Tensor], steps: int, learning_rate: float) -> None:
        """Change the parameters in place by `steps` steps, each on the inputs (n, features) that `order` names."""
        trained = [parameter.requires_grad_() for parameter in self.parameters]
        optimiser = Adam(trained)
        with deterministic():
            for step, index in enumerate(order):
                index = index.to(x.device)  # (a, batch)
                # Classes before the rows: along the last axis the softmax of so few is ten times slower on a CPU.
                scores = self.logits(x[index]).flatten(0, 1).T.log_softmax(0).T  # (a · batch, classes)
                # Summed over networks, so that each has the gradient it would have alone.
                loss = F.nll_loss(scores, y[index].flatten(), reduction="sum") / index.shape[1]
                gradients = torch.autograd.grad(loss, trained, materialize_grads=True)
                optimiser.step(gradients, learning_rate * schedule((step + 0.5) / steps))
        for parameter in trained:
            parameter.requires_grad_(False)

    def logits(self, x: Tensor) -> Tensor:
        """Class scores: (a, b, features) → (a, b, classes)."""
        for layer, (units, absent) in enumerate(zip(self.units, self.absent, strict=True)):
            y = self.activated(torch.baddbmm(self.biases[layer], x, self.weights[layer])) * units
            x = y if layer == 0 else torch.addcmul(y, x, absent)  # a layer that a network lacks hands on what it got
        return torch.baddbmm(self.biases[-1], x, self.weights[-1])

    def activated(self, z: Tensor) -> Tensor:
        """Each network's own activation."""
        parts = z.split([count for _, count in self.slices])
        return torch.cat([ACTIVATIONS[name](part) for (name, _), part in zip(self.slices, parts, strict=True)])


class TrainedArchitectures:
    """Trained perceptrons, one per architecture; see the contract."""

    def __init__(self, networks: list[Perceptrons], place: list[int]) -> None:
        self._networks, self._place = networks, place

    @torch.inference_mode()
    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Class scores of the same inputs by each network, (a, m, classes)."""
        checks.floats("inputs", inputs, "m features")
        weights = self._networks[0].weights[0]
        features = weights.shape[1]
        checks.require("inputs", inputs.shape[1] == features, f"shape {inputs.shape}", f"(m, {features})")
        x = torch.as_tensor(inputs).to(weights)
        with deterministic():
            logits = torch.cat([network.logits(x.expand(len(network.widths), *x.shape)) for network in self._networks])
        return logits.cpu().numpy()[self._place]

    def layers(self, index: int) -> list[dict[str, np.ndarray]]:
        """Weights (in, out) and biases (out,) of each linear layer of one network, without padding."""
        checks.whole("index", index, 0)
        checks.require("index", index < len(self._place), index, f"0 … {len(self._place) - 1}")
        rows = [(network, i) for network in self._networks for i in range(len(network.widths))]
        network, i = rows[self._place[index]]
        widths = network.widths[i]
        places = [*range(len(widths) - 2), -1]
        return [
            {
                "weights": network.weights[place][i, :n_in, :n_out].cpu().numpy().copy(),
                "biases": network.biases[place][i, 0, :n_out].cpu().numpy().copy(),
            }
            for place, n_in, n_out in zip(places, widths, widths[1:], strict=False)
        ]


def _check_architectures(architectures: list[dict[str, Any]]) -> None:
    checks.require("architectures", len(architectures) >= 1, architectures, "at least one")
    for position, architecture in enumerate(architectures):
        name = f"architectures[{position}]"
        known = ", ".join(map(repr, ACTIVATIONS))
        activation, widths = architecture["activation"], architecture["widths"]
        checks.require(f"{name}['activation']", activation in ACTIVATIONS, repr(activation), known)
        checks.require(f"{name}['widths']", len(widths) >= 1, widths, "at least one hidden layer")
        for layer, width in enumerate(widths):
            checks.whole(f"{name}['widths'][{layer}]", width, 1)
