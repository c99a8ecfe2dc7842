"""MetaQNN's controller: tabular Q-learning over tokens, ε-greedy.

Sources: Watkins, *Learning from Delayed Rewards*, 1989; Baker et al., *Designing Neural Network Architectures Using
Reinforcement Learning*, 2017, equation 3. The state at token t is the list of tokens before it, and s_t its place among
all such lists, so that Q is (r, tokens, states, options), replicates first. The reward comes after the last token and
nothing is discounted (γ = 1). A NumPy table, on the CPU whatever the device.
"""

from math import isfinite, prod

import numpy as np

from . import checks
from .training import available

FIRST_VALUE = 0.5  # of every option, as in the paper: halfway between the worst accuracy and the best
EXPLORATION = 0.3  # of the trials have ε = 1
DECLINE = 0.4  # of the trials see ε fall
LAST_EPSILON = 0.05


def q_update(
    q_values: np.ndarray, choices: np.ndarray, action: np.ndarray, reward: float, learning_rate: float
) -> np.ndarray:
    """Q after one action, (tokens, states, options); places beyond a token's states and options stay."""
    checks.choices("choices", choices)
    checks.actions("action", action, (), choices.tolist())
    checks.floats("q_values", q_values)
    shape = (len(choices), *_table(choices.tolist()))
    checks.require("q_values", q_values.shape == shape, f"shape {q_values.shape}", f"{shape}")
    checks.require("reward", isfinite(checks.number("reward", reward)), reward, "a finite number")
    checks.require("learning_rate", 0 <= checks.number("learning_rate", learning_rate) <= 1, learning_rate, "0 … 1")
    updated = q_values[None].copy()
    learn(updated, choices.tolist(), action[None], np.array([reward], dtype=np.float64), learning_rate)
    return updated[0]


def learn(q: np.ndarray, choices: list[int], actions: np.ndarray, rewards: np.ndarray, learning_rate: float) -> None:
    """Change each replicate's table q (r, t, s, k) by one action (r, t) and its reward (r,), the last token first.

    Q(s, a) ← (1 − α) Q(s, a) + α [r + max_a' Q(s', a')]: r is 0 but after the last token, which has no state s'.
    """
    replicate, states, target = np.arange(len(q)), _states(actions, choices), rewards
    for t in reversed(range(len(choices))):
        state = (replicate, t, states[:, t])
        q[*state, actions[:, t]] += learning_rate * (target - q[*state, actions[:, t]])
        target = q[*state, : choices[t]].max(-1)


def meta_qnn(choices: np.ndarray, *, trials: int, learning_rate: float, seeds: list[int], device: str) -> "QController":
    """Controllers, one per seed, for tokens of which token t has choices[t] options."""
    checks.choices("choices", choices)
    checks.whole("trials", trials, 1)
    checks.rate(learning_rate, most=1)
    checks.seeds(seeds)
    available(device)
    return QController(choices.tolist(), trials, learning_rate, [np.random.default_rng(seed) for seed in seeds])


class QController:
    """Tables of values, one per seed; see the contract."""

    def __init__(
        self, choices: list[int], trials: int, learning_rate: float, generators: list[np.random.Generator]
    ) -> None:
        self._choices, self._trials, self._learning_rate = choices, trials, learning_rate
        self._generators = generators
        self._q = np.full((len(generators), len(choices), *_table(choices)), FIRST_VALUE)
        self._learned = 0  # trials

    def sample(self, size: int) -> np.ndarray:
        """Draw actions token by token, (r, size, tokens)."""
        checks.whole("size", size, 1)
        shape = (size, len(self._choices))
        explores = np.stack([rng.random(shape) for rng in self._generators]) < self.epsilon()
        options = max(self._choices)
        order = np.stack([rng.random((*shape, options)) for rng in self._generators])  # (r, size, tokens, options)
        replicate = np.arange(len(self._q))[:, None]
        actions = np.zeros(explores.shape, dtype=np.int64)
        for t, k in enumerate(self._choices):
            q = self._q[replicate, t, _states(actions, self._choices)[..., t], :k]  # (r, size, k)
            best = q == q.max(-1, keepdims=True)
            # The first in a random order: of all options, or of the best ones.
            eligible = best | explores[..., t, None]
            actions[..., t] = np.where(eligible, order[..., t, :k], -1).argmax(-1)
        return actions

    def update(self, actions: np.ndarray, rewards: np.ndarray) -> None:
        """Learn from one trial after another; all replicates side by side."""
        checks.actions("actions", actions, (len(self._q), "n"), self._choices)
        rewards = checks.rewards("rewards", rewards, actions.shape[:2])
        checks.accuracies("rewards", rewards)
        for i in range(actions.shape[1]):
            learn(self._q, self._choices, actions[:, i], rewards[:, i], self._learning_rate)
        self._learned += actions.shape[1]

    def q_values(self) -> np.ndarray:
        """Q, (r, tokens, states, options)."""
        return self._q.copy()

    def epsilon(self) -> float:
        """1 at first, then falling in a straight line to its last value."""
        share = self._learned / self._trials
        return float(np.clip(1 - (share - EXPLORATION) / DECLINE, LAST_EPSILON, 1))


def _table(choices: list[int]) -> tuple[int, int]:
    """The most states that a token has, which are the last one's, and the most options."""
    return prod(choices[:-1]), max(choices)


def _states(actions: np.ndarray, choices: list[int]) -> np.ndarray:
    """The state in which each token was chosen: s_0 = 0, s_(t+1) = s_t k_t + a_t; (…, tokens)."""
    states = np.zeros_like(actions)
    for t, k in enumerate(choices[:-1]):
        states[..., t + 1] = states[..., t] * k + actions[..., t]
    return states
