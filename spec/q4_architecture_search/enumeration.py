"""What is computed exactly of policies on small spaces, by going through every action; r policies side by side."""

from typing import Any

import numpy as np

from spec.common.replicates import seeds_of
from spec.contract import PolicyController
from spec.harness import Evidence, Implementation, device_of_run

from .spaces import every_action

Parameters = dict[str, np.ndarray]
RATE = 0.7
"""The learning rate of these policies."""


def policies(impl: Implementation, counts: list[int], r: int, theta: Parameters | None = None) -> PolicyController:
    """Policies over tokens with so many options, all of the same seed; at the same θ, or where they start."""
    policy = impl.search.reinforce(np.array(counts), learning_rate=RATE, seeds=seeds_of(7) * r, device=device_of_run())
    if theta is not None:
        policy.set_parameters(copies(theta, r))
    return policy


def random_parameters(impl: Implementation, counts: list[int], rng: np.random.Generator) -> Parameters:
    """Random θ for one policy: where it starts, all options may be equally probable."""
    parameters = sorted(policies(impl, counts, 1).parameters().items())
    return {name: rng.normal(size=value.shape[1:]) for name, value in parameters}


def copies(theta: Parameters, r: int) -> Parameters:
    """The θ of one policy, for r policies."""
    return {name: np.repeat(value[None], r, axis=0) for name, value in theta.items()}


def flat(parameters: Parameters) -> np.ndarray:
    """All numbers of each policy in a row, (r, numbers)."""
    return np.concatenate([value.reshape(len(value), -1) for _, value in sorted(parameters.items())], axis=1)


LARGEST_LOGARITHM = 100.0
"""Of what is no probability there is a number to compare and to compute with, rather than infinity."""


def probabilities(policy: PolicyController, actions: np.ndarray, r: int = 1) -> np.ndarray:
    """The probability of each of the actions (n, tokens) under each of r policies, (r, n)."""
    logarithms = policy.log_probabilities(np.repeat(actions[None], r, axis=0)).sum(-1)
    return np.exp(np.minimum(logarithms, LARGEST_LOGARITHM))


def estimate(
    policy: PolicyController, actions: np.ndarray, rewards: np.ndarray, baseline: np.ndarray | float = 0.0
) -> np.ndarray:
    """The estimate of each policy's gradient: actions (r, n, tokens), rewards (r, n), baseline (r,) → (r, numbers)."""
    return flat(policy.policy_gradient(actions, rewards, np.broadcast_to(baseline, len(actions)).astype(float)))


def single_estimates(
    policy: PolicyController, actions: np.ndarray, rewards: np.ndarray, baseline: float = 0.0
) -> np.ndarray:
    """Each of n policies' estimate from one of the actions: actions (n, tokens), rewards (n,) → (n, numbers)."""
    return estimate(policy, actions[:, None], rewards[:, None], baseline)


def steps(policy: PolicyController, actions: np.ndarray, rewards: np.ndarray) -> np.ndarray:
    """By how much an update changes each policy: actions (r, n, tokens), rewards (r, n) → (r, numbers)."""
    before = flat(policy.parameters())
    policy.update(actions, rewards)
    return flat(policy.parameters()) - before


def baselines(
    policy: PolicyController, theta: Parameters, actions: np.ndarray, rewards: np.ndarray, evidence: Evidence
) -> np.ndarray:
    """The baseline of each policy, (r,), that an update from these θ (r, …) tells, once it is one of the formula's.

    A step is learning rate · (estimate of R − b · estimate of 1), which is solved for b. The policies go back to θ.
    """
    policy.set_parameters(theta)
    of_rewards, of_ones = (estimate(policy, actions, r) for r in (rewards, np.ones_like(rewards)))
    taken = steps(policy, actions, rewards)
    policy.set_parameters(theta)
    size = (of_ones**2).sum(1)  # 0 of no right policy
    b = ((of_rewards - taken / RATE) * of_ones).sum(1) / np.where(size > 0, size, 1)
    formula = RATE * estimate(policy, actions, rewards, b)
    evidence.equal(taken, formula, "a step, and learning rate · policy_gradient with the baseline it tells", 1e-9)
    return b


def slopes(impl: Implementation, counts: list[int], theta: Parameters, directions: np.ndarray, rewards: Any) -> Any:
    """How J(θ) = Σ_a P(a; θ) R(a) changes along each direction (d, numbers), by finite differences: (d,).

    Four points around θ, 1e-3 apart: the error is about 1e-12 by truncation and 1e-12 by rounding.
    """
    h, weights = 1e-3, np.array([1, -8, 8, -1]) / 12
    center = flat({name: value[None] for name, value in theta.items()})
    rows = (center + h * np.array([-2, -1, 1, 2])[:, None, None] * directions).reshape(-1, center.size)
    policy = policies(impl, counts, len(rows))
    policy.set_parameters(unflattened(rows, theta))
    values = probabilities(policy, every_action(counts), len(rows)) @ rewards
    return weights @ values.reshape(4, -1) / h


def unflattened(rows: np.ndarray, theta: Parameters) -> Parameters:
    """`flat` undone: each row (r, numbers) as parameters of θ's names and shapes."""
    names = sorted(theta)
    parts = np.split(rows, np.cumsum([theta[name].size for name in names[:-1]]), axis=1)
    return {name: part.reshape(-1, *theta[name].shape) for name, part in zip(names, parts, strict=True)}


def greedy_probabilities(q: np.ndarray, counts: list[int], epsilon: float) -> np.ndarray:
    """The probability of each of `every_action` if each token is drawn ε-greedily from its Q, (actions,).

    q is (tokens, states, options), as in the contract.
    """
    joint = np.ones(1)
    for t, count in enumerate(counts):
        values = q[t, : len(joint), :count]  # of the states that this token has, in their order
        best = values == values.max(-1, keepdims=True)
        conditional = (1 - epsilon) * best / best.sum(-1, keepdims=True) + epsilon / count
        joint = (joint[:, None] * conditional).ravel()
    return joint


def places(actions: np.ndarray, counts: list[int]) -> np.ndarray:
    """Which of `every_action` each of the actions (…, tokens) is, (…)."""
    return np.ravel_multi_index(tuple(np.moveaxis(actions, -1, 0)), tuple(counts))


def drawn_as_often(evidence: Evidence, drawn: np.ndarray, probable: np.ndarray, what: str) -> None:
    """Places `drawn` (n,) are as frequent as they are `probable` (places,).

    By Bernstein's inequality each frequency is this far off with a probability below 1e-9.
    """
    n, log = len(drawn), np.log(2e9)
    frequency = np.bincount(drawn, minlength=len(probable)) / n
    bound = log / (3 * n) + np.sqrt((log / (3 * n)) ** 2 + 2 * probable * (1 - probable) * log / n)
    worst = int(np.argmax(np.abs(frequency - probable) - bound))
    close = np.abs(frequency - probable) <= bound
    evidence.true(close, what, place=worst, drawn=frequency[worst], probable=probable[worst], draws=n)


def drawn_independently(
    evidence: Evidence, first: np.ndarray, second: np.ndarray, probable: np.ndarray, what: str
) -> None:
    """Pairs of places `first` and `second`, each (n,), are as frequent as if neither knew of the other."""
    drawn_as_often(evidence, first * len(probable) + second, np.outer(probable, probable).ravel(), what)
