"""MetaQNN's controller: tabular Q-learning over tokens, ε-greedy, with replays of earlier trials.

Sources: Watkins, *Learning from Delayed Rewards*, 1989; Baker et al., *Designing Neural Network Architectures Using
Reinforcement Learning*, 2017, equation 3. The state at token t is the list of tokens before it, and s_t its place among
all such lists, so that Q is (r, tokens, states, options), replicates first. The reward comes after the last token and
nothing is discounted (γ = 1). A NumPy table, on the CPU whatever the device.
"""

from math import prod

import numpy as np

from . import checks
from .training import available

LEARNING_RATE = 0.2
REPLAYS = 16  # trials drawn from memory and learned from, after each new one
EXPLORATION = 0.3  # of the trials have ε = 1
DECLINE = 0.4  # of the trials see ε fall
LAST_EPSILON = 0.05


def q_update(
    q_values: np.ndarray, choices: np.ndarray, action: np.ndarray, reward: float, learning_rate: float
) -> np.ndarray:
    """Q after one action, (tokens, states, options); places beyond a token's states and options stay."""
    checks.choices("choices", choices)
    checks.actions("action", action[None, None], 1, choices.tolist())
    checks.floats("q_values", q_values, "tokens states options")
    states, options = _table(choices.tolist())
    fits = len(q_values) == len(choices) and q_values.shape[1] >= states and q_values.shape[2] >= options
    checks.require("q_values", fits, f"shape {q_values.shape}", f"({len(choices)}, {states}, {options}) or more")
    checks.number("reward", reward)
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


def meta_qnn(choices: np.ndarray, *, trials: int, seeds: list[int], device: str) -> "QController":
    """Controllers, one per seed, for tokens of which token t has choices[t] options."""
    checks.choices("choices", choices)
    checks.whole("trials", trials, 1)
    checks.seeds(seeds)
    available(device)
    return QController(choices.tolist(), trials, [np.random.default_rng(seed) for seed in seeds])


class QController:
    """Tables of values, one per seed; see the contract."""

    def __init__(self, choices: list[int], trials: int, generators: list[np.random.Generator]) -> None:
        self._choices, self._trials, self._generators = choices, trials, generators
        self._q = np.zeros((len(generators), len(choices), *_table(choices)))
        self._actions = np.zeros((len(generators), 0, len(choices)), dtype=np.int64)
        self._rewards = np.zeros((len(generators), 0))

    def sample(self, size: int) -> np.ndarray:
        """Draw actions token by token, (r, size, tokens)."""
        checks.whole("size", size, 0)
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
        """Remember these trials; after each, learn from some that are drawn from memory."""
        checks.actions("actions", actions, len(self._q), self._choices)
        shape = actions.shape[:2]
        checks.require("rewards", np.shape(rewards) == shape, f"shape {np.shape(rewards)}", f"shape {shape}")
        checks.floats("rewards", rewards)
        replicate = np.arange(len(self._q))
        for i in range(actions.shape[1]):
            self._actions = np.concatenate([self._actions, actions[:, i : i + 1]], axis=1)
            self._rewards = np.concatenate([self._rewards, rewards[:, i : i + 1]], axis=1)
            drawn = np.stack([rng.integers(self._rewards.shape[1], size=REPLAYS) for rng in self._generators])
            drawn[:, 0] = self._rewards.shape[1] - 1  # the new one among them
            for index in drawn.T:
                learn(
                    self._q,
                    self._choices,
                    self._actions[replicate, index],
                    self._rewards[replicate, index],
                    LEARNING_RATE,
                )

    def q_values(self) -> np.ndarray:
        """Q, (r, tokens, states, options)."""
        return self._q.copy()

    def epsilon(self) -> float:
        """1 at first, then falling in a straight line to its last value."""
        share = self._rewards.shape[1] / self._trials
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
