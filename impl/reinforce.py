"""A controller that is a policy over tokens, and learns by REINFORCE.

Sources: Williams, *Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning*, 1992;
Zoph & Le, *Neural Architecture Search with Reinforcement Learning*, 2017, section 3.2. Their policy is a recurrent
network; this one is the simplest that is autoregressive, a softmax layer per token which reads all tokens before it:

    P(a_t | a_1 … a_(t−1); θ) = softmax(x_t θ_t)[a_t],  x_t = (1, one-hot a_1, …, one-hot a_(t−1)).

Replicates are an axis: θ_t is (r, 1 + k_1 + … + k_(t−1), k_t) for k_t options, actions are (r, n, tokens) and rewards
(r, n). θ starts at zero, where every action is equally probable. All in float64 and on the CPU, whatever the device: θ
is too small to gain from another.
"""

import numpy as np

from . import checks
from .training import available

MEMORY = 0.8  # of the moving average of rewards that is the baseline
FIRST_BASELINE = 0.5  # before any reward is known: halfway between the worst accuracy and the best


def reinforce(choices: np.ndarray, *, learning_rate: float, seeds: list[int], device: str) -> "PolicyController":
    """Controllers, one per seed, for tokens of which token t has choices[t] options."""
    checks.choices("choices", choices)
    checks.rate(learning_rate)
    checks.seeds(seeds)
    available(device)
    return PolicyController(choices.tolist(), learning_rate, [np.random.default_rng(seed) for seed in seeds])


class PolicyController:
    """Policies, one per seed; see the contract."""

    def __init__(self, choices: list[int], learning_rate: float, generators: list[np.random.Generator]) -> None:
        self._choices, self._learning_rate, self._generators = choices, learning_rate, generators
        self._starts = [1 + sum(choices[:t]) for t in range(len(choices))]  # x_t is x[: starts[t]]
        r = len(generators)
        self._theta = {
            f"token{t}": np.zeros((r, start, k)) for t, (start, k) in enumerate(zip(self._starts, choices, strict=True))
        }
        self._baseline = np.full(r, FIRST_BASELINE)

    def sample(self, size: int) -> np.ndarray:
        """Draw actions token by token, (r, size, tokens)."""
        checks.whole("size", size, 1)
        uniform = np.stack([rng.random((size, len(self._choices))) for rng in self._generators])
        actions = np.zeros(uniform.shape, dtype=np.int64)
        for t, k in enumerate(self._choices):
            cumulative = np.exp(self._conditional(self._encoded(actions), t)).cumsum(-1)  # (r, size, k)
            # The last option takes what rounding leaves of the sum of 1.
            actions[..., t] = (uniform[..., t, None] >= cumulative[..., : k - 1]).sum(-1)
        return actions

    def update(self, actions: np.ndarray, rewards: np.ndarray) -> None:
        """θ ← θ + η · policy gradient; the baseline holds earlier rewards only, so that it leaves the mean alone."""
        gradient = self.policy_gradient(actions, rewards, self._baseline)
        checks.accuracies("rewards", rewards)
        for name, value in gradient.items():
            self._theta[name] = self._theta[name] + self._learning_rate * value
        self._baseline = MEMORY * self._baseline + (1 - MEMORY) * rewards.mean(-1)

    def log_probabilities(self, actions: np.ndarray) -> np.ndarray:
        """Return log P(a_t | a_1 … a_(t−1); θ), (r, n, tokens)."""
        self._check(actions)
        x = self._encoded(actions)
        conditionals = [self._conditional(x, t) for t in range(len(self._choices))]
        return np.stack([_chosen(c, actions[..., t]) for t, c in enumerate(conditionals)], axis=-1)

    def policy_gradient(self, actions: np.ndarray, rewards: np.ndarray, baseline: np.ndarray) -> dict[str, np.ndarray]:
        """1/n Σ_n Σ_t ∇_θ log P(a_t | a_1 … a_(t−1); θ) (R − baseline); the sum over t is over the θ_t."""
        self._check(actions)
        r, n = actions.shape[:2]
        advantage = checks.rewards("rewards", rewards, (r, n)) - checks.rewards("baseline", baseline, (r,))[:, None]
        x = self._encoded(actions)
        weighted = (x * advantage[..., None] / n).swapaxes(1, 2)  # (r, 1 + Σ k, n)
        gradient = {}
        for t, k in enumerate(self._choices):
            # ∇ of log softmax(z)[a] by z is one-hot(a) − softmax(z), and z = x θ.
            score = (actions[..., t, None] == np.arange(k)) - np.exp(self._conditional(x, t))  # (r, n, k)
            gradient[f"token{t}"] = weighted[:, : self._starts[t]] @ score
        return gradient

    def parameters(self) -> dict[str, np.ndarray]:
        """θ by name, (r, …)."""
        return {name: value.copy() for name, value in self._theta.items()}

    def set_parameters(self, parameters: dict[str, np.ndarray]) -> None:
        """Replace θ; the same names and shapes as `parameters` returns."""
        checks.parameters("parameters", parameters, self._theta)
        self._theta = {name: parameters[name].astype(np.float64) for name in self._theta}

    def _encoded(self, actions: np.ndarray) -> np.ndarray:
        """Return x after the last token, (r, n, 1 + Σ k)."""
        one_hot = [actions[..., t, None] == np.arange(k) for t, k in enumerate(self._choices)]
        return np.concatenate([np.ones((*actions.shape[:2], 1)), *one_hot], axis=-1)

    def _conditional(self, x: np.ndarray, t: int) -> np.ndarray:
        """The logarithm of every option's probability, given the tokens before t: (r, n, k_t)."""
        z = x[..., : self._starts[t]] @ self._theta[f"token{t}"]
        z -= z.max(-1, keepdims=True)
        return z - np.log(np.exp(z).sum(-1, keepdims=True))

    def _check(self, actions: np.ndarray) -> None:
        checks.actions("actions", actions, (len(self._generators), "n"), self._choices)


def _chosen(values: np.ndarray, options: np.ndarray) -> np.ndarray:
    """The values (r, n, k) of the options (r, n) taken."""
    return np.take_along_axis(values, options[..., None], axis=-1)[..., 0]
