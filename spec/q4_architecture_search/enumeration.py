"""What is computed exactly on small spaces: by going through every action, and through every step of Q-learning."""

from typing import Any

import numpy as np

from spec.contract import PolicyController
from spec.harness import Implementation

from .spaces import every_action

Parameters = dict[str, np.ndarray]


def policies(impl: Implementation, counts: list[int], replicates: int) -> PolicyController:
    """As many policies over tokens with so many options, all of the same seed."""
    return impl.search.reinforce(np.array(counts), seeds=[7] * replicates, device="cpu")


def some_parameters(policy: PolicyController, rng: np.random.Generator) -> Parameters:
    """Random θ for one policy: where it starts, every option may be as probable as any other."""
    return {name: rng.normal(size=value.shape[1:]) for name, value in sorted(policy.parameters().items())}


def same(parameters: Parameters, replicates: int) -> Parameters:
    """The same θ for each of several policies."""
    return {name: np.repeat(value[None], replicates, axis=0) for name, value in parameters.items()}


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
    """Each policy's estimate from one action of its own: actions (r, tokens), rewards (r,) → (r, numbers)."""
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
    places = flat(same(theta, 1)) + h * np.array([-2, -1, 1, 2])[:, None, None] * directions  # (4, d, numbers)
    rows = places.reshape(-1, places.shape[-1])
    policy = policies(impl, counts, len(rows))
    policy.set_parameters(unflattened(rows, theta))
    values = probabilities(policy, every_action(counts)) @ rewards
    return weights @ values.reshape(4, -1) / h


def unflattened(rows: np.ndarray, theta: Parameters) -> Parameters:
    """`flat` undone: each row (r, numbers) as parameters of θ's names and shapes."""
    ends = np.cumsum([value.size for _, value in sorted(theta.items())])
    parts = np.split(rows, ends[:-1], axis=1)
    return {
        name: part.reshape(-1, *value.shape) for (name, value), part in zip(sorted(theta.items()), parts, strict=True)
    }


def q_after(q: np.ndarray, counts: list[int], action: list[int], reward: float, alpha: float) -> np.ndarray:
    """Q(s, a) ← (1 − α) Q(s, a) + α [r + max_a' Q(s', a')] for each token, the last first; q as in the contract."""
    q, states = q.copy(), [state(counts, action[:t]) for t in range(len(counts))]
    for t in reversed(range(len(counts))):
        last = t == len(counts) - 1
        target = reward if last else max(q[t + 1, states[t + 1], : counts[t + 1]])
        q[t, states[t], action[t]] = (1 - alpha) * q[t, states[t], action[t]] + alpha * target
    return q


def state(counts: list[int], before: list[int]) -> int:
    """The place of some first tokens among all lists of so many first tokens, in their order."""
    return int(np.ravel_multi_index(before, counts[: len(before)])) if before else 0


def best_reachable(rewards: np.ndarray) -> np.ndarray:
    """Q*: the best of the rewards (k_1, …, k_T) that can still be reached; zero beyond the states and options."""
    counts = rewards.shape
    q = np.zeros((len(counts), int(np.prod(counts[:-1])), max(counts)))
    for t, count in enumerate(counts):
        best = rewards.reshape(-1, count, int(np.prod(counts[t + 1 :]))).max(-1)
        q[t, : len(best), :count] = best
    return q


def greedy_share(q: np.ndarray, counts: np.ndarray, actions: np.ndarray) -> float:
    """The share of tokens of actions (r, n, tokens) that have the highest Q given the tokens before."""
    replicate, states, greedy = np.arange(len(q))[:, None], np.zeros(actions.shape[:2], dtype=int), []
    for t, count in enumerate(counts):
        greedy.append(q[replicate, t, states, actions[..., t]] == q[replicate, t, states, :count].max(-1))
        states = states * count + actions[..., t]
    return float(np.mean(greedy))
