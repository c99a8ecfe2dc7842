"""A controller that learns values in a table (MetaQNN: Baker et al., 2017)."""

import math

import numpy as np

from .checks import device_of, finite, require, seeds_of, shape, whole

LEAST_EPSILON = 0.1


def q_update(
    q_values: np.ndarray, choices: np.ndarray, action: np.ndarray, reward: float, learning_rate: float
) -> np.ndarray:
    """Q-learning of one action, the last token first."""
    _check_choices(choices)
    shape("q_values", q_values, *_table_shape(choices))
    finite("q_values", q_values)
    _check_actions("action", action, choices)
    require(math.isfinite(reward), "reward", reward, "a finite number")
    require(0 <= learning_rate <= 1, "learning_rate", learning_rate, "a number from 0 to 1")
    q = q_values.copy()
    _learn(q, choices, action, reward, learning_rate)
    return q


class QController:
    """A table per seed; see the contract."""

    def __init__(self, choices: np.ndarray, trials: int, learning_rate: float, seeds: list[int]) -> None:
        self._choices, self._trials, self._learning_rate = choices, trials, learning_rate
        self._generators = [np.random.default_rng(seed) for seed in seeds]
        self._q = np.zeros((len(seeds), *_table_shape(choices)))
        self._learned = 0

    def sample(self, size: int) -> np.ndarray:
        """Draw from each controller, ε-greedily."""
        require(size >= 1, "size", size, "1 or more")
        epsilon, actions = self.epsilon(), np.zeros((len(self._q), size, len(self._choices)), dtype=np.int64)
        for q, rng, own in zip(self._q, self._generators, actions, strict=True):
            state = np.zeros(size, dtype=np.int64)
            for t, k in enumerate(self._choices):
                options = q[t, state, :k]
                best = options == options.max(axis=1, keepdims=True)
                greedy = np.where(best, rng.random(best.shape), -1.0).argmax(axis=1)
                explores = rng.random(size) < epsilon
                own[:, t] = np.where(explores, rng.integers(k, size=size), greedy)
                state = state * k + own[:, t]
        return actions

    def update(self, actions: np.ndarray, rewards: np.ndarray) -> None:
        """Learn from one trial after the other."""
        shape("actions", actions, len(self._q), None, len(self._choices))
        require(actions.shape[1] > 0, "actions", f"of shape {actions.shape}", "at least one")
        _check_actions("actions", actions, self._choices)
        shape("rewards", rewards, *actions.shape[:2])
        finite("rewards", rewards)
        require(bool(((rewards >= 0) & (rewards <= 1)).all()), "rewards", rewards, "numbers from 0 to 1")
        for q, own_actions, own_rewards in zip(self._q, actions, rewards, strict=True):
            for action, reward in zip(own_actions, own_rewards, strict=True):
                _learn(q, self._choices, action, reward, self._learning_rate)
        self._learned += actions.shape[1]

    def q_values(self) -> np.ndarray:
        """The tables."""
        return self._q.copy()

    def epsilon(self) -> float:
        """It falls in a straight line."""
        return max(LEAST_EPSILON, 1 - (1 - LEAST_EPSILON) * self._learned / self._trials)


def meta_qnn(choices: np.ndarray, *, trials: int, learning_rate: float, seeds: list[int], device: str) -> QController:
    """Controllers that have learned nothing yet."""
    _check_choices(choices)
    require(trials >= 1, "trials", trials, "1 or more")
    require(0 < learning_rate <= 1, "learning_rate", learning_rate, "a number above 0 and at most 1")
    seeds_of(seeds, len(seeds))
    device_of(device)
    return QController(choices, trials, learning_rate, seeds)


def _learn(q: np.ndarray, choices: np.ndarray, action: np.ndarray, reward: float, learning_rate: float) -> None:
    states = [0]
    for k, a in zip(choices[:-1], action[:-1], strict=True):
        states.append(states[-1] * int(k) + int(a))
    for t in reversed(range(len(choices))):
        last = t == len(choices) - 1
        target = reward if last else q[t + 1, states[t + 1], : choices[t + 1]].max()
        q[t, states[t], action[t]] = (1 - learning_rate) * q[t, states[t], action[t]] + learning_rate * target


def _table_shape(choices: np.ndarray) -> tuple[int, int, int]:
    return len(choices), math.prod(choices[:-1].tolist()), int(choices.max())


def _check_choices(choices: np.ndarray) -> None:
    require(choices.size > 0 and choices.min() >= 1, "choices", choices, "one or more numbers from 1")


def _check_actions(name: str, actions: np.ndarray, choices: np.ndarray) -> None:
    require(actions.shape[-1] == len(choices), name, f"of shape {actions.shape}", f"{len(choices)} tokens")
    for t, k in enumerate(choices):
        whole(name, actions[..., t].reshape(-1), 0, k)
