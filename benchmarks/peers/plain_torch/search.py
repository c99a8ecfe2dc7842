"""Architecture search: spaces of hyper-parameters, the trainer, and two controllers, each in a module of its own."""

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from .checks import device_of, finite, rate, require, seeds_of, shape, whole
from .policy import reinforce
from .q_table import meta_qnn, q_update
from .training import answers, batches, minimise_cross_entropy, seeded

__all__ = ["choices", "decode", "meta_qnn", "q_update", "reinforce", "train_architectures"]

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def choices(hyperparameters: dict[str, Any]) -> np.ndarray:
    """How many options each hyper-parameter has."""
    require(len(hyperparameters) > 0, "hyperparameters", hyperparameters, "at least one hyper-parameter")
    for name, options in hyperparameters.items():
        if isinstance(options, np.ndarray):
            raise ValueError(f"{name} is an array; expected a list of options: data is given, not chosen")
        require(isinstance(options, list), name, repr(options), "a list of options")
        require(len(options) > 0, name, options, "at least one option")
        for place, option in enumerate(options):
            if isinstance(option, (np.ndarray, list)):
                raise ValueError(f"{name} has the option {option}; expected numbers or words: data is not chosen")
            require(isinstance(option, (bool, int, float, str)), name, options, "numbers, bools or words")
            require(not isinstance(option, float) or math.isfinite(option), name, options, "finite numbers")
            require(option not in options[:place], name, options, "options that differ")
    return np.array([len(options) for options in hyperparameters.values()], dtype=np.int64)


def decode(hyperparameters: dict[str, Any], actions: np.ndarray) -> list[dict[str, Any]]:
    """The option that each token chooses."""
    counts = choices(hyperparameters)
    shape("actions", actions, None, len(counts))
    for t, count in enumerate(counts):
        whole("actions", actions[:, t], 0, count)
    names = list(hyperparameters)
    return [{name: hyperparameters[name][a] for name, a in zip(names, action, strict=True)} for action in actions]


class TrainedArchitectures:
    """Trained perceptrons; see the contract."""

    def __init__(self, networks: list[nn.Sequential], features: int) -> None:
        self._networks, self._features = networks, features

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Every network's class scores of the same inputs."""
        shape("inputs", inputs, None, self._features)
        finite("inputs", inputs)
        return answers(self._networks, nn.Sequential.forward, [inputs] * len(self._networks))

    def layers(self, index: int) -> list[dict[str, np.ndarray]]:
        """Weights (inputs, outputs) and biases of each linear layer."""
        require(0 <= index < len(self._networks), "index", index, f"0 … {len(self._networks) - 1}")
        linear = [layer for layer in self._networks[index] if isinstance(layer, nn.Linear)]
        arrays = [(layer.weight.detach().cpu().numpy(), layer.bias.detach().cpu().numpy()) for layer in linear]
        return [{"weights": weights.T.copy(), "biases": biases.copy()} for weights, biases in arrays]


def perceptron(features: int, widths: list[int], activation: str, classes: int) -> nn.Sequential:
    """Linear layers with the activation between them."""
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Linear(features, width), ACTIVATIONS[activation]()]
        features = width
    return nn.Sequential(*layers, nn.Linear(features, classes))


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
) -> TrainedArchitectures:
    """Train one perceptron after the other with Adam."""
    require(inputs.size > 0, "inputs", f"of shape {inputs.shape}", "at least one")
    finite("inputs", inputs)
    require(len(architectures) > 0, "architectures", "empty", "at least one")
    for architecture in architectures:
        widths, activation = architecture["widths"], architecture["activation"]
        require(len(widths) > 0 and min(widths) >= 1, "widths", widths, "one or more, each 1 or more")
        require(activation in ACTIVATIONS, "activation", activation, f"one of {list(ACTIVATIONS)}")
    for name, value, least in (("classes", classes, 2), ("steps", steps, 0), ("batch_size", batch_size, 1)):
        require(value >= least, name, value, f"{least} or more")
    shape("labels", labels, len(inputs))
    whole("labels", labels, 0, classes)
    rate(learning_rate)
    seeds_of(seeds, len(architectures))
    place = device_of(device)
    x = torch.as_tensor(inputs, dtype=torch.float32, device=place)
    y = torch.as_tensor(labels, dtype=torch.int64, device=place)
    networks: list[nn.Sequential] = []
    for architecture, seed in zip(architectures, seeds, strict=True):
        generator = seeded(seed)
        network = perceptron(inputs.shape[1], architecture["widths"], architecture["activation"], classes).to(place)
        minimise_cross_entropy(network, x, y, batches(len(inputs), batch_size, steps, generator), learning_rate)
        networks.append(network)
    return TrainedArchitectures(networks, inputs.shape[1])
