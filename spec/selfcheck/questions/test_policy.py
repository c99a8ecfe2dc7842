"""The project's own policy is the one that its module describes, where the contract leaves it open which."""

import numpy as np
from scipy.special import log_softmax

from impl import search
from impl.reinforce import FIRST_BASELINE, MEMORY

COUNTS = [2, 3, 2]
RATE = 0.7


def draws(rng, n):
    """Actions (2, n, tokens) and rewards (2, n) of two policies."""
    return rng.integers(COUNTS, size=(2, n, len(COUNTS))), rng.random((2, n))


def test_a_token_is_drawn_by_a_softmax_of_one_and_the_tokens_before():
    """Log P(a_t | …) = log softmax(x θ_t)[a_t], x being 1 and the one-hot vectors of a_1 … a_(t−1)."""
    rng = np.random.default_rng(0)
    policy = search.reinforce(np.array(COUNTS), learning_rate=RATE, seeds=[1, 2], device="cpu")
    theta = {name: rng.normal(size=value.shape) for name, value in policy.parameters().items()}
    policy.set_parameters(theta)
    actions, _ = draws(rng, 5)
    for replicate, n in np.ndindex(2, 5):
        x, wanted = [1.0], []
        for t, (token, count) in enumerate(zip(actions[replicate, n], COUNTS, strict=True)):
            wanted.append(log_softmax(np.array(x) @ theta[f"token{t}"][replicate])[token])
            x += np.eye(count)[token].tolist()
        np.testing.assert_allclose(policy.log_probabilities(actions)[replicate, n], wanted, rtol=0, atol=1e-12)


def test_the_baseline_is_a_moving_average_of_the_rewards_before():
    """Each update is η times the gradient with the average of all earlier updates' mean rewards, the latest most."""
    rng = np.random.default_rng(1)
    policy, baseline = (
        search.reinforce(np.array(COUNTS), learning_rate=RATE, seeds=[1, 2], device="cpu"),
        np.full(2, FIRST_BASELINE),
    )
    for _ in range(4):
        actions, rewards = draws(rng, 3)
        before, gradient = policy.parameters(), policy.policy_gradient(actions, rewards, baseline)
        policy.update(actions, rewards)
        for name, value in policy.parameters().items():
            np.testing.assert_allclose(value, before[name] + RATE * gradient[name], rtol=0, atol=1e-12)
        baseline = MEMORY * baseline + (1 - MEMORY) * rewards.mean(axis=1)
