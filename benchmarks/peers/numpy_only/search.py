"""A controller that is a recurrent network, as in Zoph & Le (2017), and learns by REINFORCE (Williams, 1992).

    h_t = tanh(h_(t−1) W + E[a_(t−1)] + b),  P(a_t | a_1 … a_(t−1)) = softmax(h_t O_t + c_t)[a_t],  h_0 = 0,

where the first token has no embedding E before it. The gradient is written out backwards through time. Replicates are
the leading axis r of all parameters, of actions (r, n, tokens) and of rewards (r, n). The output layers start at zero,
where every action is equally probable. Only the policy of the topic is offered; the rest is left out.
"""

import numpy as np

HIDDEN = 12
MEMORY = 0.8  # of the moving average of rewards that is the baseline
FIRST_BASELINE = 0.5  # half the best accuracy there is

Parameters = dict[str, np.ndarray]


def reinforce(choices: np.ndarray, *, learning_rate: float, seeds: list[int], device: str) -> "PolicyController":
    """Controllers, one per seed, for tokens of which token t has choices[t] options."""
    if choices.size == 0 or choices.min() < 1:
        raise ValueError(f"choices is {choices}; expected one number from 1 up per token")
    if device != "cpu":
        raise ValueError(f"device is {device!r}; expected 'cpu', where NumPy computes")
    if not 0 < learning_rate < np.inf:
        raise ValueError(f"learning_rate is {learning_rate}; expected a number above 0")
    return PolicyController(choices.tolist(), learning_rate, [np.random.default_rng(seed) for seed in seeds])


class PolicyController:
    """Policies, one per seed; see the contract."""

    def __init__(self, choices: list[int], learning_rate: float, generators: list[np.random.Generator]) -> None:
        self._choices, self._learning_rate, self._generators = choices, learning_rate, generators
        self._first_row = np.cumsum([0, *choices])  # of each token's options in E
        shapes = {"embedding": (sum(choices), HIDDEN), "recurrent": (HIDDEN, HIDDEN), "bias": (HIDDEN,)}
        self._theta: Parameters = {
            name: np.stack([rng.normal(scale=HIDDEN**-0.5, size=shape) for rng in generators])
            for name, shape in shapes.items()
        }
        for t, k in enumerate(choices):
            self._theta |= {f"output{t}": np.zeros((len(generators), HIDDEN, k))}
            self._theta |= {f"output{t} bias": np.zeros((len(generators), k))}
        self._baseline = np.full(len(generators), FIRST_BASELINE)

    def sample(self, size: int) -> np.ndarray:
        """Draw token by token, (r, size, tokens): the largest of log P plus Gumbel noise is drawn as P says."""
        shape = (size, len(self._choices), max(self._choices))
        noise = np.stack([rng.gumbel(size=shape) for rng in self._generators])
        actions = np.zeros(noise.shape[:3], dtype=np.int64)
        hidden = np.zeros((len(noise), size, HIDDEN))
        for t, k in enumerate(self._choices):
            hidden = self._next(hidden, actions, t)
            actions[..., t] = (self._log_softmax(hidden, t) + noise[:, :, t, :k]).argmax(-1)
        return actions

    def update(self, actions: np.ndarray, rewards: np.ndarray) -> None:
        """One step up the policy gradient; only then do these rewards enter the baseline."""
        for name, value in self.policy_gradient(actions, rewards, self._baseline).items():
            self._theta[name] = self._theta[name] + self._learning_rate * value
        self._baseline = MEMORY * self._baseline + (1 - MEMORY) * rewards.mean(-1)

    def log_probabilities(self, actions: np.ndarray) -> np.ndarray:
        """Of each token given those before it, (r, n, tokens)."""
        every = [self._log_softmax(hidden, t) for t, hidden in enumerate(self._hidden(actions))]
        chosen = [np.take_along_axis(scores, actions[..., [t]], axis=-1) for t, scores in enumerate(every)]
        return np.concatenate(chosen, axis=-1)

    def policy_gradient(self, actions: np.ndarray, rewards: np.ndarray, baseline: np.ndarray) -> Parameters:
        """Backwards through time: what a token's log-probability says of θ, and of the hidden states before it."""
        if rewards.shape != actions.shape[:2] or baseline.shape != rewards.shape[:1]:
            raise ValueError(
                f"rewards and baseline have the shapes {rewards.shape} and {baseline.shape}; "
                f"expected {actions.shape[:2]} and {actions.shape[:1]}"
            )
        hidden, gradient = self._hidden(actions), {name: np.zeros_like(value) for name, value in self._theta.items()}
        weight = (rewards - baseline[:, None])[..., None] / rewards.shape[1]  # (r, n, 1)
        by_hidden = np.zeros_like(hidden[0])
        for t in reversed(range(len(self._choices))):
            # ∇ of log softmax(z)[a] by z is one-hot(a) − softmax(z).
            by_z = weight * (self._one_hot(actions, t) - np.exp(self._log_softmax(hidden[t], t)))  # (r, n, k)
            gradient[f"output{t}"] = hidden[t].mT @ by_z
            gradient[f"output{t} bias"] = by_z.sum(1)
            by_hidden = by_hidden + by_z @ self._theta[f"output{t}"].mT
            by_sum = by_hidden * (1 - hidden[t] ** 2)  # the slope of tanh
            gradient["bias"] += by_sum.sum(1)
            if t > 0:
                gradient["recurrent"] += hidden[t - 1].mT @ by_sum
                gradient["embedding"][:, self._rows(t - 1)] = self._one_hot(actions, t - 1).mT @ by_sum
            by_hidden = by_sum @ self._theta["recurrent"].mT
        return gradient

    def parameters(self) -> Parameters:
        """θ, by name."""
        return {name: value.copy() for name, value in self._theta.items()}

    def set_parameters(self, parameters: Parameters) -> None:
        """Replace θ."""
        shapes, expected = (
            {name: value.shape for name, value in arrays.items()} for arrays in (parameters, self._theta)
        )
        if shapes != expected:
            raise ValueError(f"parameters has the shapes {shapes}; expected {expected}")
        self._theta = {name: value.copy() for name, value in parameters.items()}

    def _hidden(self, actions: np.ndarray) -> list[np.ndarray]:
        """The state from which each token is chosen, each (r, n, hidden)."""
        if actions.shape[::2] != (len(self._generators), len(self._choices)):
            expected = f"({len(self._generators)}, n, {len(self._choices)})"
            raise ValueError(f"actions has shape {actions.shape}; expected {expected}")
        if ((actions < 0) | (actions >= self._choices)).any():
            raise ValueError(f"actions holds {actions.min()} … {actions.max()}; expected 0 … {self._choices}, less one")
        states = [np.zeros((*actions.shape[:2], HIDDEN))]
        for t in range(len(self._choices)):
            states.append(self._next(states[-1], actions, t))
        return states[1:]

    def _next(self, hidden: np.ndarray, actions: np.ndarray, t: int) -> np.ndarray:
        total = hidden @ self._theta["recurrent"] + self._theta["bias"][:, None]
        if t > 0:
            total = total + self._one_hot(actions, t - 1) @ self._theta["embedding"][:, self._rows(t - 1)]
        return np.tanh(total)

    def _log_softmax(self, hidden: np.ndarray, t: int) -> np.ndarray:
        z = hidden @ self._theta[f"output{t}"] + self._theta[f"output{t} bias"][:, None]
        return z - np.logaddexp.reduce(z, axis=-1, keepdims=True)

    def _one_hot(self, actions: np.ndarray, t: int) -> np.ndarray:
        return np.equal(actions[..., t, None], np.arange(self._choices[t])).astype(np.float64)

    def _rows(self, t: int) -> slice:
        """Where E holds the options of token t."""
        return slice(self._first_row[t], self._first_row[t + 1])
