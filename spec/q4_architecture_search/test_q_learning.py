"""Question 4: MetaQNN's Q-learning, step by step on small spaces, and in the space of digits as ε falls."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.laws import argument, refuses
from spec.common.replicates import seeds_of
from spec.harness import claim, device_of_run, seed_of_test

from . import spaces
from .enumeration import drawn_as_often, drawn_independently, greedy_probabilities, places
from .experiments import DigitSearch, NoisyRewards
from .measures import low_against_high, per_replicate

SEEDS = st.integers(0, 2**32 - 1)
REWARDS = st.floats(-100, 100) | st.sampled_from([-1e9, 1e9])
DRAWS = 4000


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


def used(counts: list[int]) -> np.ndarray:
    """Which places of a table are a token's states and options, (tokens, states, options)."""
    table = np.zeros((len(counts), int(np.prod(counts[:-1])), max(counts)), dtype=bool)
    for t, count in enumerate(counts):
        table[t, : int(np.prod(counts[:t])), :count] = True
    return table


def learners(impl, counts: list[int], *, trials: int, rate: float, seeds=None):
    """Controllers that learn by Q-learning, three unless `seeds` say otherwise."""
    return impl.search.meta_qnn(
        np.array(counts), trials=trials, learning_rate=rate, seeds=seeds or seeds_of(0, 1, 2), device=device_of_run()
    )


@claim("search.metaqnn-uses-q-learning")
@settings(max_examples=30)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=5), SEEDS, REWARDS, st.floats(0, 1))
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
def test_a_table_may_have_tens_of_thousands_of_states(impl, evidence):
    """Of 18 tokens of two options the last has 131 072 states; what is learned about are states 32 768 and 65 536."""
    counts, action, reward = [2] * 18, [1] + [0] * 17, 0.7
    q = np.random.default_rng(seed_of_test()).random((18, 2**17, 2))
    updated = impl.search.q_update(q, np.array(counts), np.array(action), reward, 0.5)
    evidence.equal(updated, q_after(q, counts, action, reward, 0.5), "Q after an action, and the formula")
    controller = learners(impl, counts, trials=1, rate=0.5, seeds=[seed_of_test()])
    before = controller.q_values()[0]
    controller.update(np.array([[action]]), np.array([[reward]]))
    learned = [q[used(counts)] for q in (controller.q_values()[0], q_after(before, counts, action, reward, 0.5))]
    evidence.equal(*learned, "a controller's Q after an action, and the formula")


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
@settings(max_examples=20)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), SEEDS, st.floats(0.01, 1), st.lists(st.integers(1, 9)))
def test_a_controller_updates_its_values_trial_by_trial(impl, evidence, counts, seed, rate, sizes):
    """Whatever its Q was, an update makes it `q_update` of each trial in turn, for each replicate by its own trials.

    The first trial comes twice: it is learned from as often.
    """
    rng = np.random.default_rng(seed)
    controller = learners(impl, counts, trials=20, rate=rate)
    expected = controller.q_values()
    evidence.equal(expected.shape, (3, *used(counts).shape), "shape, and replicates × tokens × states × options")
    for n in [4, *sizes[:4]]:
        actions, rewards = rng.integers(counts, size=(3, n, len(counts))), rng.random((3, n))
        # Rewards are from 0 to 1, both included.
        rewards = np.where(rng.random((3, n)) < 0.3, rng.integers(2, size=(3, n)), rewards)
        actions[:, 1:2], rewards[:, 1:2] = actions[:, :1], rewards[:, :1]
        controller.update(actions, rewards)
        controller.sample(2)  # changes nothing
        for replicate, i in np.ndindex(3, n):
            action, reward = actions[replicate, i].tolist(), float(rewards[replicate, i])
            expected[replicate] = q_after(expected[replicate], counts, action, reward, rate)
        learned = controller.q_values()[:, used(counts)]
        evidence.equal(learned, expected[:, used(counts)], "Q after an update, and `q_update` of trial after trial")


@claim("search.metaqnn-uses-q-learning")
@settings(max_examples=8)
@given(st.integers(1, 200), SEEDS, st.lists(st.integers(1, 60), min_size=1, max_size=12))
def test_epsilon_falls_with_the_trials(impl, evidence, trials, seed, sizes):
    """ε is 1 before the first update, falls with the number of trials alone, and is at most .1 after so many.

    It is the number of each controller's own, of which there are three; ε is above .5 within the first quarter of them,
    and at most .5 from three quarters on.
    """
    rng = np.random.default_rng(seed)
    controller, learned = learners(impl, [2, 3], trials=trials, rate=0.5), 0
    evidence.equal(controller.epsilon(), 1.0, "ε before the first trial, and 1")
    epsilons = [controller.epsilon()]
    for n in [*sizes, trials]:
        controller.sample(n)
        evidence.equal(controller.epsilon(), epsilons[-1], "ε after drawing, and before")
        controller.update(rng.integers([2, 3], size=(3, n, 2)), rng.random((3, n)))
        epsilons.append(controller.epsilon())
        learned += n
        share, epsilon = learned / trials, epsilons[-1]
        evidence.true(0 <= epsilon <= epsilons[-2], "ε never rises, nor falls below 0", epsilons=epsilons)
        evidence.true(share >= 0.25 or epsilon > 0.5, "ε is above .5 within the first quarter", epsilons=epsilons)
        evidence.true(share < 0.75 or epsilon <= 0.5, "ε is at most .5 from three quarters on", epsilons=epsilons)
        evidence.true(share < 1 or epsilon <= 0.1, "ε is at most .1 once there were all trials", epsilons=epsilons)
    other = learners(impl, [2, 3], trials=trials, rate=0.5, seeds=[seed])
    other.update(np.zeros((1, learned - trials, 2), dtype=np.int64), np.zeros((1, learned - trials)))
    evidence.equal(other.epsilon(), epsilons[-2], "ε after as many other trials, in one update")


@claim("search.metaqnn-uses-q-learning")
@pytest.mark.parametrize("spread", [1, 1e-9, 0], ids=["all apart", "all but ties", "ties"])
def test_tokens_are_drawn_epsilon_greedily(impl, evidence, spread):
    """While ε falls, each token is drawn evenly with probability ε, and else evenly from its options of highest Q."""
    counts, rng = [3, 2, 3], np.random.default_rng(seed_of_test())
    controller, actions = learners(impl, counts, trials=4 * 54, rate=1.0), spaces.every_action(counts)
    rewards = 0.5 + spread * (rng.random((3, len(actions))) - 0.5)
    if not spread:
        rewards[:, actions[:, 2] == 2] = 0.25
    order = np.tile(np.arange(len(actions)), 3)  # three times over: then Q is what can be reached
    for part in [[], *np.split(order, 3), *np.split(np.tile(order, 3), 9)]:
        if len(part):
            controller.update(np.repeat(actions[None, part], 3, axis=0), rewards[:, part])
        epsilon, q, drawn = controller.epsilon(), controller.q_values(), places(controller.sample(DRAWS), counts)
        for replicate in range(3):
            probable = greedy_probabilities(q[replicate], counts, epsilon)
            drawn_as_often(evidence, drawn[replicate], probable, "actions are drawn as ε and Q say")


@claim("search.metaqnn-uses-q-learning")
def test_long_actions_are_drawn_epsilon_greedily(impl, evidence):
    """Also of six tokens each is drawn by itself: evenly with probability ε, and else from its options of highest Q."""
    counts, rng = [2] * 6, np.random.default_rng(seed_of_test())
    controller, actions = learners(impl, counts, trials=4 * 64, rate=1.0), spaces.every_action(counts)
    rewards = rng.random((3, len(actions)))
    for _ in range(5):
        controller.update(np.repeat(actions[None], 3, axis=0), rewards)
        q, drawn = controller.q_values(), places(controller.sample(DRAWS), counts)
        for replicate in range(3):
            probable = greedy_probabilities(q[replicate], counts, controller.epsilon())
            drawn_as_often(evidence, drawn[replicate], probable, "actions are drawn as ε and Q say")


@claim("search.metaqnn-uses-q-learning")
def test_greedy_draws_know_nothing_of_each_other(impl, evidence):
    """Also when ε has fallen, neighbours among the draws are as frequent as independent ones."""
    counts, rng = [2, 3], np.random.default_rng(seed_of_test())
    controller = learners(impl, counts, trials=40, rate=0.5)
    for _ in range(5):
        controller.update(rng.integers(counts, size=(3, 8, 2)), rng.random((3, 8)))
        drawn, again = (places(controller.sample(DRAWS), counts) for _ in range(2))
        for replicate, q in enumerate(controller.q_values()):
            p = greedy_probabilities(q, counts, controller.epsilon())
            drawn_independently(evidence, drawn[replicate, ::2], drawn[replicate, 1::2], p, "neighbours in one call")
            drawn_independently(evidence, drawn[replicate], again[replicate], p, "a call and the next")


@claim("search.metaqnn-uses-q-learning")
@pytest.mark.parametrize("trials", [0, -1])
def test_a_search_of_no_trials_is_refused(impl, evidence, trials):
    """ε falls over one trial or more."""
    good = {"choices": np.array([2, 3]), "learning_rate": 0.5, "seeds": [1], "device": device_of_run()}
    refuses(evidence, impl.search.meta_qnn, good, trials=trials)
    refuses(evidence, impl.search.meta_qnn, good | {"trials": 4}, learning_rate=1.1)


@claim("search.metaqnn-uses-q-learning")
@pytest.mark.parametrize(
    "bad",
    [
        {"q_values": np.zeros((2, 1, 3))},
        {"q_values": np.zeros((1, 2, 3))},
        {"q_values": np.full((2, 2, 3), np.nan)},
        {"action": np.array([1, 3])},
        {"action": np.array([-1, 0])},
        {"action": np.array([1])},
        {"reward": np.nan},
        {"learning_rate": 1.5},
        {"learning_rate": -0.1},
        {"learning_rate": np.nan},
    ],
    ids=argument,
)
def test_no_update_is_of_bad_input(impl, evidence, bad):
    """Tables and actions of another shape or outside the space, and invalid rewards and rates are refused."""
    good = {"q_values": np.zeros((2, 2, 3)), "choices": np.array([2, 3]), "action": np.array([1, 2])}
    refuses(evidence, impl.search.q_update, good | {"reward": 0.5, "learning_rate": 0.5}, **bad)


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
    """Given its rewards in random order, Q-learning earns no more with a low ε than with a high one."""
    differences = low_against_high(digits.uninformed("meta_qnn", "permuted").rewards, falling(digits, evidence))
    evidence.within(per_replicate(differences, digits.seeds), "low_against_high_permuted")


@claim("search.metaqnn-uses-q-learning", role="boundary")
def test_noisy_rewards_make_values_too_high(noisy: NoisyRewards, evidence):
    """Where each of eight options earns .5 on average, but by chance more or less, their best value exceeds .5."""
    evidence.exceeds(noisy.best_value() - noisy.EXPECTED, "noisy_rewards")
