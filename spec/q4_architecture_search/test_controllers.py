"""Question 4: what is exact about the controllers, by going through every action of small spaces."""

from functools import partial

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.harness import claim

from . import spaces
from .enumeration import (
    flat,
    policies,
    probabilities,
    random_parameters,
    single_gradients,
    slopes,
    step_size,
    steps,
)

SEEDS = st.integers(0, 2**32 - 1)
COUNTS = st.lists(st.integers(1, 3), min_size=1, max_size=3).filter(lambda counts: max(counts) > 1)
"""How many options each token has: small enough to try every action, and something to choose."""
LONGER = st.lists(st.integers(2, 3), min_size=2, max_size=3)
"""Likewise, and at least two tokens with a choice."""
OPTIONS = st.lists(st.integers(-9, 9) | st.text("abc", min_size=1, max_size=2), min_size=1, max_size=3, unique=True)
SPACES = st.dictionaries(st.text("xyz", min_size=1, max_size=3), OPTIONS, min_size=1, max_size=3)
"""Up to three hyper-parameters, whose options are numbers or words."""
ROUNDING = 1e-10
"""Of sums over actions, and of steps that are differences of parameters: far below 1, far above float64's 1e-16."""


def on_small_spaces(test):
    """25 examples of how many options each token has, and of a seed."""
    return settings(max_examples=25)(given(COUNTS, SEEDS)(test))


def somewhere(impl, counts: list[int], seed: int):
    """Every action (n, tokens), as many policies at the same random θ, that θ, and a random generator."""
    rng, actions = np.random.default_rng(seed), spaces.every_action(counts)
    theta = random_parameters(impl, counts, rng)
    return actions, policies(impl, counts, len(actions), theta), theta, rng


@claim("search.policy-gradient")
@on_small_spaces
def test_the_formula_is_the_slope_of_the_expected_reward(impl, evidence, counts, seed):
    """The expectation of the estimate over all actions is how the expected reward changes, in random directions."""
    actions, policy, theta, rng = somewhere(impl, counts, seed)
    rewards = rng.normal(size=len(actions))
    expectation = probabilities(policy, actions)[0] @ single_gradients(policy, actions, rewards)
    directions = rng.normal(size=(4, len(expectation)))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    differences = slopes(impl, counts, theta, directions, rewards)
    evidence.equal(directions @ expectation, differences, "Σ P · estimate, and finite differences of J", ROUNDING)


@claim("search.policy-gradient")
@settings(max_examples=25)
@given(COUNTS, SEEDS, st.integers(2, 4))
def test_the_estimate_is_a_mean_over_actions(impl, evidence, counts, seed, n):
    """The estimate from n actions is the mean of the estimates from each of them, with its reward less the baseline."""
    actions, policy, _, rng = somewhere(impl, counts, seed)
    batch = rng.integers(len(actions), size=(len(actions), n))  # n for each policy
    rewards, baseline = rng.normal(size=batch.shape), rng.normal(size=len(actions))
    together = flat(policy.policy_gradient(actions[batch], rewards, baseline))
    alone = [single_gradients(policy, actions[batch[:, i]], rewards[:, i] - baseline) for i in range(n)]
    evidence.equal(together, np.mean(alone, axis=0), "estimate from n actions, and mean of n estimates")


@claim("search.policy-gradient")
@on_small_spaces
def test_a_baseline_keeps_the_mean_and_cuts_the_variance(impl, evidence, counts, seed):
    """With the expected reward as its baseline the estimate has the same expectation, and a smaller variance."""
    actions, policy, _, rng = somewhere(impl, counts, seed)
    rewards, p = 1 + 0.1 * rng.random(len(actions)), probabilities(policy, actions)[0]
    without, with_baseline = (single_gradients(policy, actions, rewards, b) for b in (0.0, float(p @ rewards)))
    evidence.equal(p @ with_baseline, p @ without, "expectation with a baseline, and without", ROUNDING)
    before, after = (p @ (estimates - p @ estimates) ** 2 for estimates in (without, with_baseline))
    ratio = after.sum() / before.sum()
    evidence.true(bool(ratio < 0.1), "less than a tenth of the variance", ratio=ratio)


@claim("search.policy-gradient")
@on_small_spaces
def test_an_update_ascends_the_expected_reward(impl, evidence, counts, seed):
    """Over all actions a policy may draw, its first update is in expectation η times the slope of J, with η > 0."""
    actions, policy, _, rng = somewhere(impl, counts, seed)
    rewards, p = rng.random(len(actions)), probabilities(policy, actions)[0]
    slope = p @ single_gradients(policy, actions, rewards)
    expected_step = p @ steps(policy, actions[:, None], rewards[:, None])
    eta = step_size(expected_step[None], slope[None])
    evidence.equal(expected_step, eta * slope, "expected step, and η times the slope of J", ROUNDING)
    evidence.true(eta > 0, "η is positive: it goes up", eta=eta)


@claim("search.policy-gradient")
@on_small_spaces
def test_the_baseline_holds_no_reward_that_it_is_compared_with(impl, evidence, counts, seed):
    """Also after other updates, rewards add to a step what the formula without a baseline says: η Σ ∇ log P · R / n."""
    policy, rng = policies(impl, counts, 3), np.random.default_rng(seed)

    def drawn():
        actions = rng.integers(counts, size=(1, 4, len(counts)))
        return np.repeat(actions, 3, axis=0), np.repeat(rng.random((1, 4)), 3, axis=0)

    for _ in range(3):
        policy.update(*drawn())
    actions, rewards = drawn()
    rewards = rewards * [[1], [0], [0.5]]  # three policies with one history, told of R, 0 and half of R
    gradient = flat(policy.policy_gradient(actions, rewards, np.zeros(3)))
    taken = steps(policy, actions, rewards)
    added = taken - taken[1]
    eta = step_size(added, gradient)
    evidence.equal(added, eta * gradient, "what R adds to a step, and η times the formula", ROUNDING)
    evidence.true(eta > 0, "η is positive: it goes up", eta=eta)


@claim("search.policy-gradient")
@settings(max_examples=10)
@given(COUNTS, SEEDS)
def test_controllers_do_not_share_what_they_remember(impl, evidence, counts, seed):
    """What other policies earned, of this controller or another, changes no step of a policy."""
    rng = np.random.default_rng(seed)
    history = [(rng.integers(counts, size=(2, 4, len(counts))), rng.random((2, 4))) for _ in range(3)]
    paths = []
    for loud in (1, 1, 0):  # the second controller comes after the first; the third has a neighbour that earns more
        policy = policies(impl, counts, 2)
        paths.append([steps(policy, actions, rewards * [[1], [loud]])[0] for actions, rewards in history])
    evidence.equal(np.array(paths[1]), np.array(paths[0]), "steps of a fresh controller, and of the one before")
    evidence.equal(np.array(paths[2]), np.array(paths[0]), "steps beside a policy that earns more, and before")


@claim("search.autoregressive-actions")
@settings(max_examples=25)
@given(LONGER, SEEDS)
def test_each_token_is_conditioned_on_the_ones_before(impl, evidence, counts, seed):
    """P(a_t | a_1 … a_(t−1)) sums to one for each prefix, is another for another prefix, and ignores later tokens."""
    actions, policy, _, _ = somewhere(impl, counts, seed)
    logs = policy.log_probabilities(np.repeat(actions[None], len(actions), axis=0))[0].reshape(*counts, len(counts))
    for t in range(len(counts)):
        conditional = np.exp(logs[..., t])  # one axis per token
        later = tuple(range(t + 1, len(counts)))
        evidence.true(np.ptp(conditional, axis=later) <= 1e-12, "later tokens change nothing")
        table = conditional.mean(axis=later)  # (k_1, …, k_t)
        evidence.equal(table.sum(-1), np.ones(table.shape[:-1]), "sum over options, and 1")
        for axis in range(t):
            evidence.true(bool(np.ptp(table, axis=axis).max() > 1e-6), "an earlier token changes P", t=t, earlier=axis)


@claim("search.autoregressive-actions")
@on_small_spaces
def test_the_product_of_the_conditionals_is_the_joint(impl, evidence, counts, seed):
    """The products of the conditionals sum to one over all actions, and are how often actions are drawn."""
    actions, _, theta, _ = somewhere(impl, counts, seed)
    policy = policies(impl, counts, 1, theta)
    joint = probabilities(policy, actions)[0]
    evidence.equal(joint.sum(), 1.0, "sum over all actions, and 1")
    drawn = policy.sample(4000)[0][:, None]
    frequency = (drawn == actions).all(-1).mean(0)
    deviation = np.sqrt(joint * (1 - joint) / len(drawn))
    # 27 actions and 25 examples: six deviations and three draws more are exceeded less than once in 1000 runs.
    close = np.abs(frequency - joint) <= 6 * deviation + 3 / len(drawn)
    evidence.true(close, "actions are drawn as often as they are probable", drawn=frequency, probable=joint)


@claim("search.action-space-is-tokens")
@on_small_spaces
def test_every_list_of_tokens_is_possible_and_no_other(impl, evidence, counts, seed):
    """Every combination has a positive probability, a fresh controller draws them all, and other tokens are refused."""
    actions, policy, _, _ = somewhere(impl, counts, seed)
    evidence.true(probabilities(policy, actions) > 0, "every action is possible")
    # Of 27 equally probable actions, each comes up in 1500 draws with all but a 1e-23 chance.
    q_learner = impl.search.meta_qnn(np.array(counts), trials=10, learning_rate=0.5, seeds=[seed], device="cpu")
    for controller in (policies(impl, counts, 1), q_learner):
        drawn = np.unique(controller.sample(1500)[0], axis=0)
        evidence.equal(drawn, actions, "different actions that a fresh controller draws, and all there are")
    outside = np.repeat(actions[None, :1], len(actions), axis=0)
    for token in (-1, counts[0]):
        outside[..., 0] = token
        evidence.refused(lambda: policy.log_probabilities(outside), "a token outside the space", "actions")


@claim("search.action-space-is-tokens")
@settings(max_examples=50)
@given(SPACES)
def test_a_space_has_as_many_tokens_as_hyper_parameters(impl, evidence, space):
    """A space has one token per hyper-parameter, with as many values as it has options."""
    counts = [len(options) for options in space.values()]
    evidence.equal(impl.search.choices(space), np.array(counts), "choices, and numbers of options")


@claim("search.action-is-new-hyperparameters")
@settings(max_examples=50)
@given(SPACES, SEEDS)
def test_an_action_stands_for_hyper_parameters(impl, evidence, space, seed):
    """Each controller samples actions that choose one of its options for every hyper-parameter of the space."""
    counts = spaces.choices(space)
    for offer in (impl.search.reinforce, partial(impl.search.meta_qnn, trials=10)):
        actions = offer(counts, learning_rate=0.5, seeds=[seed], device="cpu").sample(5)[0]
        evidence.true((actions >= 0) & (actions < counts), "a token is one of its options", actions=actions)
        decoded = impl.search.decode(space, actions)
        evidence.equal(decoded, spaces.decoded(space, actions), "decoded actions, and the options they choose")


@claim("search.action-is-new-hyperparameters")
def test_actions_are_drawn_from_the_seed(impl, evidence):
    """Controllers with the same seed propose the same actions, and new ones each time; with another seed others."""
    for offer in (impl.search.reinforce, partial(impl.search.meta_qnn, trials=100)):
        first, again = (offer(np.array([3, 3, 3]), learning_rate=0.5, seeds=[1, 2], device="cpu") for _ in range(2))
        draws = [controller.sample(20) for controller in (first, first, again)]
        evidence.equal(draws[2], draws[0], "actions of another controller with the same seeds")
        evidence.true(bool((draws[1] != draws[0]).any()), "actions differ the second time")
        evidence.true(bool((draws[0][0] != draws[0][1]).any()), "actions differ between seeds")


@claim("search.action-is-new-hyperparameters")
@on_small_spaces
def test_probabilities_sum_to_one(impl, evidence, counts, seed):
    """The probabilities of all actions are none negative and sum to one, wherever θ is, and however far."""
    actions, policy, theta, _ = somewhere(impl, counts, seed)
    for p in (probabilities(policy, actions)[0], probabilities(policies(impl, counts, 1), actions)[0]):
        evidence.true(p >= 0, "no probability is negative")
        evidence.equal(p.sum(), 1.0, "sum of all probabilities, and 1")
    far = policies(impl, counts, 1, {name: 1000 * value for name, value in theta.items()})
    p = probabilities(far, actions)[0]
    evidence.true(p >= 0, "no probability is negative where θ is a thousand times as large")
    evidence.equal(p.sum(), 1.0, "sum of all probabilities there, and 1", ROUNDING)


@claim("search.reward-feeds-the-controller")
@on_small_spaces
def test_an_update_depends_on_the_reward(impl, evidence, counts, seed):
    """After the same action another reward makes another policy, and the same reward the same."""
    policy = policies(impl, counts, 4)
    action = np.repeat(np.random.default_rng(seed).integers(counts, size=(1, 1, len(counts))), 4, axis=0)
    taken = steps(policy, action, np.array([[0.1], [0.1], [0.2], [0.9]]))
    evidence.equal(taken[1], taken[0], "steps after the same reward")
    apart = np.abs(taken[[0, 2, 3]] - taken[[2, 3, 0]]).max(-1)
    evidence.true(apart > 1e-6, "another reward makes another step", apart=apart)


@claim("search.reward-feeds-the-controller")
@settings(max_examples=25)
@given(COUNTS, SEEDS, st.floats(0, 1))
def test_constant_rewards_lead_nowhere(impl, evidence, counts, seed, reward):
    """If every action earns the same, an update is zero in expectation over all actions."""
    actions, policy, _, _ = somewhere(impl, counts, seed)
    p = probabilities(policy, actions)[0]
    rewards = np.full(len(actions), reward)
    gradient = p @ single_gradients(policy, actions, rewards)
    evidence.equal(gradient, np.zeros_like(gradient), "expected estimate under constant rewards, and 0", ROUNDING)
    step = p @ steps(policy, actions[:, None], rewards[:, None])
    evidence.equal(step, np.zeros_like(step), "expected step under constant rewards, and 0", ROUNDING)


@claim("search.accuracy-is-the-reward", role="boundary")
@settings(max_examples=25)
@given(SEEDS)
def test_a_monotone_transform_keeps_the_ranking_and_turns_the_gradient(impl, evidence, seed):
    """Accuracies to the fourth power rank architectures the same, and have a gradient of another direction."""
    rng, actions = np.random.default_rng(seed), spaces.every_action([2, 3, 2])
    theta = random_parameters(impl, [2, 3, 2], rng)
    small = {name: 0.1 * value for name, value in theta.items()}  # no action all but certain
    policy = policies(impl, [2, 3, 2], len(actions), small)
    accuracy, p = rng.permutation(np.linspace(0, 1, len(actions))), probabilities(policy, actions)[0]
    evidence.equal(np.argsort(accuracy**4), np.argsort(accuracy), "rankings by transformed and by plain accuracy")
    one, other = (p @ single_gradients(policy, actions, r) for r in (accuracy, accuracy**4))
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    evidence.true(bool(cosine < 0.995), "the gradients point in different directions", cosine=cosine)


@claim("search.action-space-is-tokens", role="control")
def test_what_is_no_list_of_options_is_refused(impl, evidence):
    """A hyper-parameter without options, and one with an option twice, are refused by name."""
    for options in ([], ["relu", "relu"]):
        space = {"depth": [1, 2], "activation": options}
        evidence.refused(lambda space=space: impl.search.choices(space), "no space", "activation")
