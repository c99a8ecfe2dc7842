"""What is computed exactly of policies on small spaces, by going through every action; r policies side by side."""

from typing import Any

import numpy as np

from spec.contract import PolicyController
from spec.harness import Implementation

from .spaces import every_action

Parameters = dict[str, np.ndarray]
RATE = 0.7
"""The learning rate of these policies."""


def policies(impl: Implementation, counts: list[int], r: int, theta: Parameters | None = None) -> PolicyController:
    """Policies over tokens with so many options, all of the same seed; at the same θ, or where they start."""
    policy = impl.search.reinforce(np.array(counts), learning_rate=RATE, seeds=[7] * r, device="cpu")
    if theta is not None:
        policy.set_parameters({name: np.repeat(value[None], r, axis=0) for name, value in theta.items()})
    return policy


def random_parameters(impl: Implementation, counts: list[int], rng: np.random.Generator) -> Parameters:
    """Random θ for one policy: where it starts, all options may be equally probable."""
    parameters = sorted(policies(impl, counts, 1).parameters().items())
    return {name: rng.normal(size=value.shape[1:]) for name, value in parameters}


def flat(parameters: Parameters) -> np.ndarray:
    """All numbers of each policy in a row, (r, numbers)."""
    return np.concatenate([value.reshape(len(value), -1) for _, value in sorted(parameters.items())], axis=1)


def probabilities(policy: PolicyController, actions: np.ndarray) -> np.ndarray:
    """The probability of each of the actions (n, tokens) under each policy, (r, n)."""
    replicates = len(flat(policy.parameters()))
    return np.exp(policy.log_probabilities(np.repeat(actions[None], replicates, axis=0)).sum(-1))


def single_gradients(
    policy: PolicyController, actions: np.ndarray, rewards: np.ndarray, baseline: float = 0.0
) -> np.ndarray:
    """Each policy's estimate from one action: actions (r, tokens), rewards (r,) → (r, numbers)."""
    baselines = np.full(len(actions), baseline)
    return flat(policy.policy_gradient(actions[:, None], rewards[:, None], baselines))


def steps(policy: PolicyController, actions: np.ndarray, rewards: np.ndarray) -> np.ndarray:
    """By how much an update changes each policy: actions (r, n, tokens), rewards (r, n) → (r, numbers)."""
    before = flat(policy.parameters())
    policy.update(actions, rewards)
    return flat(policy.parameters()) - before


def step_size(taken: np.ndarray, gradients: np.ndarray) -> float:
    """The η for which η · gradient is nearest to the steps taken; both (r, numbers)."""
    return float((taken * gradients).sum() / (gradients**2).sum())


def slopes(impl: Implementation, counts: list[int], theta: Parameters, directions: np.ndarray, rewards: Any) -> Any:
    """How J(θ) = Σ_a P(a; θ) R(a) changes along each direction (d, numbers), by finite differences: (d,).

    Four points around θ, 1e-3 apart: the error is about 1e-12 by truncation and 1e-12 by rounding.
    """
    h, weights = 1e-3, np.array([1, -8, 8, -1]) / 12
    center = flat({name: value[None] for name, value in theta.items()})
    rows = (center + h * np.array([-2, -1, 1, 2])[:, None, None] * directions).reshape(-1, center.size)
    policy = policies(impl, counts, len(rows))
    policy.set_parameters(unflattened(rows, theta))
    values = probabilities(policy, every_action(counts)) @ rewards
    return weights @ values.reshape(4, -1) / h


def unflattened(rows: np.ndarray, theta: Parameters) -> Parameters:
    """`flat` undone: each row (r, numbers) as parameters of θ's names and shapes."""
    names = sorted(theta)
    parts = np.split(rows, np.cumsum([theta[name].size for name in names[:-1]]), axis=1)
    return {name: part.reshape(-1, *theta[name].shape) for name, part in zip(names, parts, strict=True)}
