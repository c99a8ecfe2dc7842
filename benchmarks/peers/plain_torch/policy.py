"""A controller that is an LSTM (Zoph & Le, 2017) and learns by REINFORCE with a baseline, in double precision."""

from typing import Any

import numpy as np
import torch
from torch import nn

from .checks import device_of, finite, parameters_like, rate, require, seeds_of, shape, whole
from .training import Parameters, load_parameters, parameters_of, seeded

HIDDEN = 16


class Policy(nn.Module):
    """P(a_t | a_1 … a_(t−1)) for each token t: what the LSTM makes of the tokens before it."""

    def __init__(self, choices: list[int]) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(HIDDEN, HIDDEN)
        self.embeddings: Any = nn.ModuleList(nn.Embedding(k, HIDDEN) for k in choices[:-1])
        self.heads: Any = nn.ModuleList(nn.Linear(HIDDEN, k) for k in choices)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.08, 0.08)  # as Zoph & Le do
        self.double()

    def step(self, token: torch.Tensor | None, t: int, state: tuple[torch.Tensor, torch.Tensor]) -> tuple:
        """Read token t − 1, and return the log-probabilities of token t, (n, choices), and the state."""
        read = torch.zeros_like(state[0]) if token is None else self.embeddings[t - 1](token)
        state = self.cell(read, state)
        return torch.log_softmax(self.heads[t](state[0]), dim=-1), state

    def begin(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The state before the first token."""
        zeros = self.heads[0].weight.new_zeros(n, HIDDEN)
        return zeros, zeros

    def forward(self, actions: torch.Tensor) -> torch.Tensor:
        """The log-probability of every token, (n, tokens)."""
        state, token, found = self.begin(len(actions)), None, []
        for t in range(len(self.heads)):
            log_probabilities, state = self.step(token, t, state)
            token = actions[:, t]
            found.append(log_probabilities.gather(1, token[:, None]))
        return torch.cat(found, dim=1)

    def sample(self, size: int, generator: torch.Generator) -> torch.Tensor:
        """Draw token by token, (size, tokens)."""
        state, token, drawn = self.begin(size), None, []
        for t in range(len(self.heads)):
            log_probabilities, state = self.step(token, t, state)
            draw = torch.multinomial(log_probabilities.exp().cpu(), 1, generator=generator)[:, 0]
            token = draw.to(log_probabilities.device)
            drawn.append(draw)
        return torch.stack(drawn, dim=1)


class PolicyController:
    """One policy per seed; see the contract."""

    def __init__(self, choices: list[int], learning_rate: float, seeds: list[int], device: torch.device) -> None:
        self._choices, self._learning_rate, self._device = choices, learning_rate, device
        self._generators, self._policies = [], []
        for seed in seeds:
            self._generators.append(seeded(seed))
            self._policies.append(Policy(choices).to(device))
        self._baseline = np.zeros(len(seeds))

    def sample(self, size: int) -> np.ndarray:
        """Draw from each policy."""
        require(size >= 1, "size", size, "1 or more")
        with torch.no_grad():
            both = zip(self._policies, self._generators, strict=True)
            return np.stack([policy.sample(size, generator).numpy() for policy, generator in both])

    def update(self, actions: np.ndarray, rewards: np.ndarray) -> None:
        """One step up the policy gradient; then the baseline moves a tenth of the way to the mean reward."""
        self._check(actions, rewards)
        require(bool(((rewards >= 0) & (rewards <= 1)).all()), "rewards", rewards, "numbers from 0 to 1")
        gradient = self.policy_gradient(actions, rewards, self._baseline)
        theta = self.parameters()
        self.set_parameters({name: theta[name] + self._learning_rate * gradient[name] for name in theta})
        self._baseline = 0.9 * self._baseline + 0.1 * rewards.mean(axis=1)

    def log_probabilities(self, actions: np.ndarray) -> np.ndarray:
        """Of every token, given those before it."""
        self._check(actions)
        with torch.no_grad():
            both = zip(self._policies, self._tensors(actions), strict=True)
            return np.stack([policy(own).cpu().numpy() for policy, own in both])

    def policy_gradient(self, actions: np.ndarray, rewards: np.ndarray, baseline: np.ndarray) -> Parameters:
        """The gradient of the mean of log P(action) · (R − b), by autograd."""
        self._check(actions, rewards)
        shape("baseline", baseline, len(self._policies))
        finite("baseline", baseline)
        gradients = []
        advantages = self._tensors(rewards - baseline[:, None])
        for policy, own, advantage in zip(self._policies, self._tensors(actions), advantages, strict=True):
            names, theta = zip(*policy.named_parameters(), strict=True)
            estimate = torch.autograd.grad((policy(own).sum(dim=1) * advantage).mean(), theta)
            gradients.append({name: part.cpu().numpy() for name, part in zip(names, estimate, strict=True)})
        return {name: np.stack([gradient[name] for gradient in gradients]) for name in gradients[0]}

    def parameters(self) -> Parameters:
        """θ."""
        return parameters_of(self._policies)

    def set_parameters(self, parameters: Parameters) -> None:
        """Replace θ."""
        parameters_like(parameters, self.parameters(), "parameters")
        load_parameters(self._policies, parameters)

    def _tensors(self, arrays: np.ndarray) -> list[torch.Tensor]:
        return [torch.as_tensor(array, device=self._device) for array in arrays]

    def _check(self, actions: np.ndarray, rewards: np.ndarray | None = None) -> None:
        shape("actions", actions, len(self._policies), None, len(self._choices))
        require(actions.shape[1] > 0, "actions", f"of shape {actions.shape}", "at least one")
        for t, k in enumerate(self._choices):
            whole("actions", actions[:, :, t], 0, k)
        if rewards is not None:
            shape("rewards", rewards, *actions.shape[:2])
            finite("rewards", rewards)


def reinforce(choices: np.ndarray, *, learning_rate: float, seeds: list[int], device: str) -> PolicyController:
    """Controllers that have learned nothing yet."""
    require(choices.size > 0 and choices.min() >= 1, "choices", choices, "one or more numbers from 1")
    rate(learning_rate)
    seeds_of(seeds, len(seeds))
    return PolicyController(choices.tolist(), learning_rate, seeds, device_of(device))
