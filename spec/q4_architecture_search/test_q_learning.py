"""Question 4: MetaQNN's Q-learning, step by step on small spaces, and in the space of digits as ε falls."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.harness import claim

from . import spaces
from .experiments import DigitSearch, NoisyRewards
from .measures import low_against_high, per_replicate

SEEDS = st.integers(0, 2**32 - 1)


def q_after(q: np.ndarray, counts: list[int], action: list[int], reward: float, alpha: float) -> np.ndarray:
    """Q(s, a) ← (1 − α) Q(s, a) + α [r + max_a' Q(s', a')] for each token, the last first; q as in the contract."""
    q, target, states = q.copy(), reward, [0]
    for token, count in zip(action, counts, strict=True):
        states.append(states[-1] * count + token)
    for t in reversed(range(len(counts))):
        q[t, states[t], action[t]] = (1 - alpha) * q[t, states[t], action[t]] + alpha * target
        target = max(q[t, states[t], : counts[t]])
    return q


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


@claim("search.metaqnn-uses-q-learning")
@settings(max_examples=50)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), SEEDS, st.floats(-2, 2), st.floats(0, 1))
def test_an_update_is_the_published_formula(impl, evidence, counts, seed, reward, alpha):
    """Q after an action is (1 − α) Q + α [r + max Q'] along it, the last token first, and elsewhere as before."""
    rng = np.random.default_rng(seed)
    q = rng.normal(size=(len(counts), int(np.prod(counts[:-1])), max(counts)))
    for t, count in enumerate(counts):
        q[t, :, count:] = 10  # no option, and higher than all that are
    action = rng.integers(counts)
    expected = q_after(q, counts, action.tolist(), reward, alpha)
    updated = impl.search.q_update(q, np.array(counts), action, reward, alpha)
    evidence.equal(updated, expected, "Q after an action, and the formula")


@claim("search.metaqnn-uses-q-learning")
@settings(max_examples=10)
@given(st.lists(st.integers(2, 3), min_size=2, max_size=3), SEEDS, st.sampled_from([0.5, 1.0]))
def test_values_become_the_best_that_can_still_be_reached(impl, evidence, counts, seed, alpha):
    """Repeated updates along all actions make Q the best return within reach, Q* of a deterministic space."""
    rng = np.random.default_rng(seed)
    rewards = rng.normal(size=counts)
    expected = best_reachable(rewards)
    q = np.where(expected == 0, 0, rng.normal(size=expected.shape))
    # A sweep at least halves the error of the last token's values, then of those before: 60 leave less than 1e-13.
    for action in 60 * spaces.every_action(counts).tolist():
        q = impl.search.q_update(q, np.array(counts), np.array(action), float(rewards[*action]), alpha)
    evidence.equal(q, expected, "Q, and the best return within reach")


@claim("search.metaqnn-uses-q-learning")
def test_a_controller_learns_the_values(impl, evidence):
    """Told what its actions earn in a space of six, a controller comes to hold their best return within reach."""
    counts, rewards = [2, 3], np.array([[0.2, 0.9, 0.4], [0.7, 0.1, 0.5]])
    controller = impl.search.meta_qnn(np.array(counts), trials=400, learning_rate=0.2, seeds=[1, 2, 3], device="cpu")
    for _ in range(50):
        actions = controller.sample(8)
        controller.update(actions, rewards[actions[..., 0], actions[..., 1]])
    # How fast it learns is not specified: a tenth tells apart every two of the values.
    expected = np.repeat(best_reachable(rewards)[None], 3, axis=0)
    used = expected > 0
    evidence.equal(controller.q_values()[used], expected[used], "Q, and the best return within reach", tolerance=0.09)


@claim("search.metaqnn-uses-q-learning")
def test_epsilon_falls_and_choices_become_greedy(impl, evidence):
    """ε falls from 1 to at most .1; tokens are drawn evenly at first, and in the end are those of the highest Q."""
    counts, rng = np.array([3, 4, 2]), np.random.default_rng(0)
    controller = impl.search.meta_qnn(counts, trials=200, learning_rate=0.2, seeds=[1, 2, 3], device="cpu")
    epsilons = [controller.epsilon()]
    first = controller.sample(2000)
    for t, count in enumerate(counts):
        frequency = (first[..., t, None] == np.arange(count)).mean((0, 1))  # of 6000 draws: a deviation is < .0065
        evidence.true(np.abs(frequency - 1 / count) < 0.04, "options are drawn evenly at first", frequency=frequency)
    for _ in range(25):
        controller.update(controller.sample(8), rng.random((3, 8)))
        epsilons.append(controller.epsilon())
    evidence.equal(epsilons[0], 1.0, "ε before the first trial, and 1")
    evidence.true(np.diff(epsilons) <= 0, "ε never rises", epsilons=epsilons)
    evidence.true(epsilons[-1] <= 0.1, "ε is at most .1 in the end", last=epsilons[-1])
    share = greedy_share(controller.q_values(), counts, controller.sample(1000))
    # At most ε of the tokens are drawn evenly; of 9000, .03 is five deviations.
    evidence.true(share > 1 - epsilons[-1] - 0.03, "the other tokens are greedy", share=share)


def falling(digits: DigitSearch, evidence) -> np.ndarray:
    """The ε of each trial, (trials,), once it is known to fall from above one half to at most .1."""
    epsilons = digits.epsilons()
    evidence.true([epsilons[0] > 0.5, epsilons[-1] <= 0.1], "ε falls from above .5 to at most .1", epsilons=epsilons)
    return epsilons


@claim("search.metaqnn-uses-q-learning")
def test_the_reward_rises_as_epsilon_falls(digits: DigitSearch, evidence):
    """Trials drawn with an ε of at most .1 earn more than those drawn with one above one half."""
    differences = low_against_high(digits.searched("meta_qnn").rewards, falling(digits, evidence))
    evidence.exceeds(differences, "low_against_high_epsilon")


@claim("search.metaqnn-uses-q-learning", role="control")
def test_where_rewards_are_permuted_a_lower_epsilon_earns_no_more(digits: DigitSearch, evidence):
    """Told its rewards in random order, Q-learning earns no more with a low ε than with a high one."""
    differences = low_against_high(digits.uninformed("meta_qnn", "permuted").rewards, falling(digits, evidence))
    evidence.within(per_replicate(differences, digits.seeds), "low_against_high_permuted")


@claim("search.metaqnn-uses-q-learning", role="boundary")
def test_noisy_rewards_make_values_too_high(noisy: NoisyRewards, evidence):
    """Where each of eight options earns .5 on average, but by chance more or less, their best value exceeds .5."""
    evidence.exceeds(noisy.best_value() - noisy.EXPECTED, "noisy_rewards")
