"""Question 4: what is exact about the controllers, by going through every action of small spaces."""

from functools import partial

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spec.common.laws import answers_each_by_itself, argument, follows_each_seed, parameters_decide, refuses
from spec.common.replicates import seeds_of
from spec.harness import claim, device_of_run, seed_of_test

from . import spaces
from .enumeration import (
    baselines,
    copies,
    drawn_as_often,
    drawn_independently,
    estimate,
    places,
    policies,
    probabilities,
    random_parameters,
    single_estimates,
    slopes,
    steps,
)

SEEDS = st.integers(0, 2**32 - 1)
COUNTS = st.lists(st.integers(1, 3), min_size=1, max_size=3).filter(lambda counts: max(counts) > 1)
"""How many options each token has: small enough to try every action, and something to choose."""
LONGER = st.lists(st.integers(2, 3), min_size=2, max_size=3)
"""Likewise, and at least two tokens with a choice."""
OPTIONS = st.lists(
    st.integers(-(2**40), 2**40) | st.floats(-1e6, 1e6) | st.text(max_size=3) | st.booleans(),
    min_size=1,
    max_size=300,
    unique=True,
)
SPACES = st.dictionaries(st.text(max_size=5), OPTIONS, min_size=1, max_size=12)
"""Hyper-parameters with whatever names, whose options are numbers, truths or words."""
ROUNDING = 1e-10
"""Of sums over actions, and of steps that are differences of parameters: far below 1, far above float64's 1e-16."""
SLOPES = 1e-8
"""Likewise, of finite differences."""
DRAWS = 4000


def on_small_spaces(test):
    """12 examples of how many options each token has, and of a seed."""
    return settings(max_examples=12)(given(COUNTS, SEEDS)(test))


def somewhere(impl, counts: list[int], seed: int, r: int = 1):
    """Every action (n, tokens), r policies at the same random θ, that θ, and a random generator."""
    rng = np.random.default_rng(seed)
    theta = random_parameters(impl, counts, rng)
    return spaces.every_action(counts), policies(impl, counts, r, theta), theta, rng


def undecided(theta):
    """A θ where no action is all but certain."""
    return {name: 0.1 * value for name, value in theta.items()}


def controllers(impl, rate: float = 0.5):
    """The two ways to make controllers, of choices and seeds."""
    return [
        partial(impl.search.reinforce, learning_rate=rate, device=device_of_run()),
        partial(impl.search.meta_qnn, trials=100, learning_rate=rate, device=device_of_run()),
    ]


@claim("search.policy-gradient")
@on_small_spaces
def test_the_formula_is_the_slope_of_the_expected_reward(impl, evidence, counts, seed):
    """The expectation of the estimate over all actions is how the expected reward changes, in random directions."""
    actions, policy, theta, rng = somewhere(impl, counts, seed)
    rewards = rng.normal(size=len(actions))
    # The estimate is a mean over the actions handed over (next test): here, with weights n · P.
    weighted = len(actions) * probabilities(policy, actions) * rewards
    expectation = estimate(policy, actions[None], weighted)[0]
    directions = rng.normal(size=(4, len(expectation)))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    differences = slopes(impl, counts, theta, directions, rewards)
    evidence.equal(directions @ expectation, differences, "Σ P · estimate, and finite differences of J", SLOPES)


@claim("search.policy-gradient")
@settings(max_examples=12)
@given(COUNTS, SEEDS, st.integers(2, 40))
@example([2, 3], 0, 3)  # as many actions as policies
def test_the_estimate_is_a_mean_over_actions(impl, evidence, counts, seed, n):
    """The estimate from n actions is the mean of the estimates from each of them, with its reward less the baseline."""
    _, policy, _, rng = somewhere(impl, counts, seed, 3)
    batch = rng.integers(counts, size=(3, n, len(counts)))
    rewards, baseline = rng.normal(size=(3, n)), rng.normal(size=3)
    together = estimate(policy, batch, rewards, baseline)
    alone = [estimate(policy, batch[:, [i]], rewards[:, [i]] - baseline[:, None]) for i in range(n)]
    evidence.equal(together, np.mean(alone, axis=0), "estimate from n actions, and mean of n estimates", ROUNDING)


@claim("search.policy-gradient")
@on_small_spaces
def test_a_baseline_keeps_the_mean_and_cuts_the_variance(impl, evidence, counts, seed):
    """With the expected reward as its baseline the estimate has the same expectation, and a smaller variance."""
    n = int(np.prod(counts))
    actions, policy, _, rng = somewhere(impl, counts, seed, n)
    rewards, p = 1 + 0.1 * rng.random(n), probabilities(policy, actions, n)[0]
    without, with_baseline = (single_estimates(policy, actions, rewards, b) for b in (0.0, float(p @ rewards)))
    evidence.equal(p @ with_baseline, p @ without, "expectation with a baseline, and without", ROUNDING)
    before, after = (p @ (estimates - p @ estimates) ** 2 for estimates in (without, with_baseline))
    ratio = after.sum() / before.sum()
    evidence.true(bool(ratio < 0.1), "less than a tenth of the variance", ratio=ratio)


@claim("search.policy-gradient")
@settings(max_examples=12)
@given(COUNTS, SEEDS, st.integers(0, 4))
def test_an_update_is_the_formula_with_an_average_of_earlier_rewards(impl, evidence, counts, seed, updates):
    """A step is the learning rate times the formula, with a baseline among the rewards of that policy's own past.

    The first two of three policies have the same past, and see other actions and rewards in the end.
    """
    _, _, theta, rng = somewhere(impl, counts, seed)
    policy, theta = policies(impl, counts, 3), copies(undecided(theta), 3)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for i in range(updates + 1):
        # Of 5 actions, options of which there are 2 or 3 are never equally frequent: a baseline makes a difference.
        actions, rewards = rng.integers(counts, size=(3, 5, len(counts))), rng.random((3, 5))
        if i < updates:
            actions[1], rewards[1] = actions[0], rewards[0]
        b = baselines(policy, theta, actions, rewards, evidence)
        if i == 0:
            low, high = b, b
        evidence.equal(b[1], b[0], "baselines of two policies with one past, whatever they see now", 1e-6)
        evidence.true((b > -1e-6) & (b < 1 + 1e-6), "a baseline is from 0 to 1", baselines=b)
        among = (b > low - 1e-6) & (b < high + 1e-6)
        evidence.true(among, "a baseline lies among the first one and the rewards so far", b=b, low=low, high=high)
        low, high = np.minimum(low, rewards.min(1)), np.maximum(high, rewards.max(1))


@claim("search.policy-gradient")
def test_every_earlier_reward_enters_the_baseline(impl, evidence):
    """Of policies that did the same and earned the same but for one reward, each has another baseline."""
    counts, n, rng = [2, 3], 5, np.random.default_rng(seed_of_test())
    theta = copies(undecided(random_parameters(impl, counts, rng)), n + 1)
    policy = policies(impl, counts, n + 1)
    actions, rewards = (
        rng.integers(counts, size=(1, n, 2)).repeat(n + 1, 0),
        rng.uniform(0.1, 1, (1, n)).repeat(n + 1, 0),
    )
    other = rewards.copy()
    other[np.arange(n), np.arange(n)] *= 0.9  # which hardly ever changes their order
    policy.update(actions, other)
    *without, as_earned = baselines(policy, theta, actions, rewards, evidence)
    apart = np.abs(np.array(without) - as_earned)
    evidence.true(apart > 1e-8, "a baseline differs with each of the rewards before", apart=apart)


@claim("search.policy-gradient")
def test_each_controller_keeps_its_own_rate(impl, evidence):
    """A controller learns as it does alone where another, with another learning rate, was made after it."""
    counts, actions, rewards = np.array([2, 3]), np.array([[[0, 1], [1, 2]]]), np.array([[0.9, 0.1]])
    for which in range(2):
        learned = []
        for rates in ([0.5], [0.5, 0.125]):
            controller, *_ = (controllers(impl, rate)[which](counts, seeds=[1]) for rate in rates)
            for _ in range(5):
                controller.update(actions, rewards)
            asked = controller.q_values if which else partial(controller.log_probabilities, actions)
            learned.append(asked())
        evidence.equal(learned[1], learned[0], "what a controller learns beside another, and alone", tolerance=0)


@claim("search.policy-gradient")
@pytest.mark.parametrize("scale", [2.0**-20, 2.0**20])
def test_rewards_may_be_any_numbers(impl, evidence, scale):
    """The estimate for rewards a million times as large, or as small, is so too."""
    counts, rng = [2, 3], np.random.default_rng(seed_of_test())
    policy = policies(impl, counts, 1, undecided(random_parameters(impl, counts, rng)))
    actions, rewards, b = rng.integers(counts, size=(1, 5, 2)), rng.normal(size=(1, 5)), np.array([0.5])
    expected = estimate(policy, actions, rewards, b)
    evidence.equal(estimate(policy, actions, scale * rewards, scale * b) / scale, expected, "estimate, and scaled")


@claim("search.policy-gradient")
def test_a_long_gradient_is_followed_whole(impl, evidence):
    """An action of 60 tokens, whose gradient is long, moves a policy by the learning rate times the formula too."""
    counts, rng = [4] * 60, np.random.default_rng(seed_of_test())
    theta = copies(undecided(random_parameters(impl, counts, rng)), 2)
    actions = np.repeat(rng.integers(counts, size=(1, 1, 60)), 2, axis=0)
    b = baselines(policies(impl, counts, 2), theta, actions, np.array([[0.0], [1.0]]), evidence)
    evidence.equal(b[1], b[0], "baselines of two policies that earn 0 and 1", 1e-6)
    evidence.true((b > -1e-6) & (b < 1 + 1e-6), "a baseline is from 0 to 1", baselines=b)


@claim("search.policy-gradient")
@pytest.mark.parametrize(("n", "rate"), [(200, 0.7), (3000, 0.7), (5, 5.0), (5, 50.0)])
def test_a_large_step_is_one_step(impl, evidence, n, rate):
    """A step from thousands of actions, or by a large rate, is the rate times the formula for all of them at once.

    The formula is linear in the rewards: that a baseline is taken off is seen by how it would be for rewards of 1.
    """
    counts, part = [2, 3], n // 5
    _, _, theta, rng = somewhere(impl, counts, seed_of_test())
    policy = impl.search.reinforce(np.array(counts), learning_rate=rate, seeds=seeds_of(7), device=device_of_run())
    policy.set_parameters(copies(undecided(theta), 1))
    actions, rewards = rng.integers(counts, size=(1, n, 2)), rng.random((1, n))
    parts = [slice(i, i + part) for i in range(0, n, part)]
    expected = np.mean([estimate(policy, actions[:, these], rewards[:, these]) for these in parts], axis=0)
    evidence.equal(estimate(policy, actions, rewards), expected, "estimate, and the mean of its fifths", ROUNDING)
    of_ones = estimate(policy, actions, np.ones_like(rewards))
    taken = steps(policy, actions, rewards) / rate
    b = float(((expected - taken) * of_ones).sum() / (of_ones**2).sum())
    evidence.equal(taken, expected - b * of_ones, "the step by the rate, and the estimate with a baseline", 1e-9)


@claim("search.policy-gradient")
def test_the_baseline_comes_to_be_what_is_earned(impl, evidence):
    """After 300 updates that all earned the same, the baseline is within .1 of it, as a step without reward tells."""
    counts, earned = [2, 3], np.array([0.05, 0.4, 0.95])
    _, _, theta, rng = somewhere(impl, counts, seed_of_test())
    policy, theta = policies(impl, counts, 3), copies(undecided(theta), 3)
    actions, rewards = rng.integers(counts, size=(3, 5, 2)), np.repeat(earned[:, None], 5, axis=1)
    for _ in range(300):
        policy.update(actions, rewards)
    b = baselines(policy, theta, actions, np.zeros_like(rewards), evidence)
    evidence.equal(b, earned, "baselines, and what was earned", tolerance=0.1)


@claim("search.policy-gradient")
@pytest.mark.parametrize(("first", "then"), [(0.05, 0.95), (0.95, 0.05)])
def test_the_baseline_follows_what_is_earned(impl, evidence, first, then):
    """After 300 updates that earned much, and as many that earned little, or the reverse, it is no nearer the first.

    Where all updates count the same it is in the middle, where it forgets it is at the second.
    """
    counts = [2, 3]
    _, _, theta, rng = somewhere(impl, counts, seed_of_test())
    policy, theta = policies(impl, counts, 1), copies(undecided(theta), 1)
    actions = rng.integers(counts, size=(1, 5, 2))
    for earned in (first, then):
        for _ in range(300):
            policy.update(actions, np.full((1, 5), earned))
    b = float(baselines(policy, theta, actions, np.full((1, 5), then), evidence)[0])
    evidence.true(abs(b - then) <= abs(b - first) + 0.1, "the baseline is no nearer to what was first earned", b=b)


@claim("search.policy-gradient")
@settings(max_examples=8)
@given(COUNTS, SEEDS)
def test_controllers_do_not_share_what_they_remember(impl, evidence, counts, seed):
    """What other policies earned, of this controller or another, changes no step of a policy."""
    rng = np.random.default_rng(seed)
    history = [(rng.integers(counts, size=(2, 4, len(counts))), rng.random((2, 4))) for _ in range(3)]
    paths = []
    for loud in (1, 1, 0):  # the second controller comes after the first; the third has a neighbour that earns nothing
        policy = policies(impl, counts, 2)
        paths.append([steps(policy, actions, rewards * [[1], [loud]])[0] for actions, rewards in history])
    evidence.equal(np.array(paths[1]), np.array(paths[0]), "steps of a fresh controller, and of the one before")
    evidence.equal(np.array(paths[2]), np.array(paths[0]), "steps beside one that earns nothing, and before", ROUNDING)


@claim("search.policy-gradient")
def test_what_is_asked_in_between_changes_no_step(impl, evidence):
    """Drawing, and asking for parameters, probabilities or gradients, changes no step."""
    counts, rng = [3, 2], np.random.default_rng(seed_of_test())
    actions, rewards = rng.integers(counts, size=(2, 4, 2)), rng.random((2, 4))
    quiet, asked = policies(impl, counts, 2), policies(impl, counts, 2)
    for _ in range(3):
        expected = steps(quiet, actions, rewards)
        asked.sample(3)
        asked.log_probabilities(actions)
        asked.policy_gradient(actions, 2 + rewards, np.array([5.0, 7.0]))
        asked.set_parameters(asked.parameters())
        evidence.equal(steps(asked, actions, rewards), expected, "steps with questions in between, and without")


@claim("search.autoregressive-actions")
@settings(max_examples=12)
@given(LONGER, SEEDS)
@example([2] * 7, 0)
def test_each_token_is_conditioned_on_the_ones_before(impl, evidence, counts, seed):
    """P(a_t | a_1 … a_(t−1)) sums to one for each prefix, is another for another prefix, and ignores later tokens."""
    actions, policy, theta, _ = somewhere(impl, counts, seed)
    logs = policy.log_probabilities(actions[None])[0].reshape(*counts, len(counts))
    for t in range(len(counts)):
        conditional = np.exp(logs[..., t])  # one axis per token
        later = tuple(range(t + 1, len(counts)))
        evidence.true(np.ptp(conditional, axis=later) <= 1e-12, "later tokens change nothing")
        table = conditional.mean(axis=later)  # (k_1, …, k_t)
        evidence.equal(table.sum(-1), np.ones(table.shape[:-1]), "sum over options, and 1")
        for axis in range(t):
            changed = np.ptp(logs[..., t], axis=axis).max()
            evidence.true(bool(changed > 1e-6), "an earlier token changes P", t=t, earlier=axis, changed=changed)
    policy.set_parameters(copies({name: 1e6 * value for name, value in theta.items()}, 1))
    far = policy.log_probabilities(actions[None])[0].reshape(*counts, len(counts))
    evidence.true(np.isfinite(far), "logarithms of P are finite, however small it is")
    evidence.true(bool(far.min() < -600), "some option of some token is all but impossible", least=far.min())
    far = far[..., -1]
    # Of options after one prefix, two that are all but impossible are so by different amounts.
    apart = [np.diff(np.sort(options[options < -600])) for options in far.reshape(-1, counts[-1])]
    evidence.true(bool((np.concatenate(apart) > 1e-9).all()), "options below 1e-260 differ in the logarithm of P")
    last = np.exp(far).sum(-1)
    evidence.equal(last, np.ones_like(last), "sum over options where some are all but impossible, and 1", ROUNDING)


@claim("search.autoregressive-actions")
@settings(max_examples=8)
@given(COUNTS, SEEDS)
def test_the_product_of_the_conditionals_is_the_joint(impl, evidence, counts, seed):
    """The products of the conditionals sum to one over all actions, and are how often actions are drawn.

    Actions are drawn as θ is then: where it begins, once it was set, and after each update.
    """
    actions, _, theta, rng = somewhere(impl, counts, seed)
    policy = impl.search.reinforce(np.array(counts), learning_rate=20.0, seeds=[seed], device=device_of_run())
    for change in ("none", "set", 1.0, 0.0):
        if change == "set":
            policy.set_parameters(copies(undecided(theta), 1))
        elif change != "none":
            policy.update(rng.integers(counts, size=(1, 1, len(counts))), np.full((1, 1), change))
        joint = probabilities(policy, actions)[0]
        evidence.equal(joint.sum(), 1.0, "sum over all actions, and 1")
        drawn = places(policy.sample(DRAWS)[0], counts)
        drawn_as_often(evidence, drawn, joint, "actions are drawn as often as they are probable")


@claim("search.autoregressive-actions")
def test_the_first_token_matters_to_the_last(impl, evidence):
    """Of ten tokens, P of each changes with the first one, and both are drawn together as often as P says."""
    counts, rng = [2] * 10, np.random.default_rng(seed_of_test())
    every = spaces.every_action(counts)
    policy = policies(impl, counts, 1, random_parameters(impl, counts, rng))
    actions = rng.integers(2, size=(20, 10)).repeat(2, 0)
    actions[1::2, 0] = 1 - actions[::2, 0]
    logs = policy.log_probabilities(actions[None])[0]
    moved = np.abs(logs[1::2] - logs[::2]).max(0)
    evidence.true(moved > 1e-6, "P of each token changes with the first", change=moved)
    p, drawn = probabilities(policy, every)[0], policy.sample(DRAWS)[0]
    for t in range(1, 10):
        joint = np.bincount(2 * every[:, 0] + every[:, t], p)
        drawn_as_often(evidence, 2 * drawn[:, 0] + drawn[:, t], joint, "the first token and another, and P")


@claim("search.autoregressive-actions")
def test_actions_are_answered_each_by_itself(impl, evidence):
    """An action's probability is the same in a second call, in another order, alone, or by another policy of this θ."""
    _, policy, theta, rng = somewhere(impl, [3, 2, 3], seed_of_test(), 2)
    actions = rng.integers([3, 2, 3], size=(2, 6, 3))
    policy.log_probabilities(actions)
    policy.update(actions, rng.random((2, 6)))  # what was answered before is no answer any more
    answers_each_by_itself(evidence, policy.log_probabilities, actions, tolerance=ROUNDING)
    other = impl.search.reinforce(np.array([3, 2, 3]), learning_rate=0.5, seeds=seeds_of(0, 1), device=device_of_run())
    other.set_parameters(copies(undecided(theta), 2))
    parameters_decide(evidence, policy, other, lambda asked: asked.log_probabilities(actions), tolerance=1e-9)


@claim("search.action-space-is-tokens")
@settings(max_examples=8)
@given(COUNTS, SEEDS)
def test_every_list_of_tokens_is_possible_and_no_other(impl, evidence, counts, seed):
    """Every combination has a positive probability, and fresh controllers draw each as often as it is probable."""
    actions, policy, _, _ = somewhere(impl, counts, seed)
    evidence.true(probabilities(policy, actions) > 0, "every action is possible")
    fresh = policies(impl, counts, 1)
    learner = impl.search.meta_qnn(np.array(counts), trials=10, learning_rate=0.5, seeds=[seed], device=device_of_run())
    uniform = np.full(len(actions), 1 / len(actions))
    for controller, probable in ((fresh, probabilities(fresh, actions)[0]), (learner, uniform)):
        drawn = controller.sample(DRAWS)[0]
        evidence.true((drawn >= 0) & (drawn < counts), "every token is one of its options")
        drawn_as_often(evidence, places(drawn, counts), probable, "fresh controllers draw as often as is probable")


@claim("search.action-space-is-tokens")
def test_a_token_may_have_hundreds_of_options(impl, evidence):
    """Of 300 options all are proposed, as often as they are probable, and the last one can be learned about."""
    counts, blocks = [300], np.arange(300) // 50
    policy, learner = (offer(np.array(counts), seeds=[seed_of_test()]) for offer in controllers(impl))
    logs = policy.log_probabilities(spaces.every_action(counts)[None])[0, :, 0]
    evidence.equal(np.exp(logs).sum(), 1.0, "sum over options, and 1", ROUNDING)
    for controller, p in ((policy, np.exp(logs)), (learner, np.full(300, 1 / 300))):
        drawn = controller.sample(DRAWS)[0, :, 0]
        evidence.true((drawn >= 0) & (drawn < 300), "every token is one of its options")
        probable = np.bincount(blocks, p)
        drawn_as_often(evidence, blocks[drawn], probable, "options are drawn as often as they are probable")
    before = learner.q_values()
    learner.update(np.array([[[299]]]), np.full((1, 1), 0.123))
    changed = np.argwhere((learner.q_values() != before)[0, 0, 0])
    evidence.equal(changed.ravel(), np.array([299]), "options of which something was learned, and the last")


@claim("search.action-space-is-tokens")
def test_draws_know_nothing_of_each_other(impl, evidence):
    """Neighbours among the draws of one call, draws of two calls, and of two seeds are as frequent as independent."""
    from scipy.stats import binom

    counts = [2, 3]
    n = int(np.prod(counts))
    policy, learner = (offer(np.array(counts), seeds=seeds_of(0, 1)) for offer in controllers(impl))
    uniform = np.full((2, n), 1 / n)
    for controller, probable in ((policy, probabilities(policy, spaces.every_action(counts), 2)), (learner, uniform)):
        first, second = (places(controller.sample(DRAWS), counts) for _ in range(2))
        if controller is policy:
            controller.set_parameters(controller.parameters())
        third, p = places(controller.sample(DRAWS), counts), probable[0]
        drawn_independently(evidence, first[0, ::2], first[0, 1::2], p, "neighbours in one call are independent")
        drawn_independently(evidence, first[0], second[0], p, "a call and the next are independent")
        drawn_independently(evidence, first[0], third[0], p, "so are calls before and after parameters were set")
        pairs = first[0] * n + first[1]
        drawn_as_often(evidence, pairs, np.outer(*probable).ravel(), "two seeds' draws are independent")
        times = np.array([(controller.sample(4)[0, :, 0] == 0).sum() for _ in range(400)])
        of_four = binom.pmf(np.arange(5), 4, p[: n // 2].sum())
        drawn_as_often(evidence, times, of_four, "of four draws, an option is as often drawn as of independent ones")


@claim("search.action-space-is-tokens")
@settings(max_examples=25)
@given(SPACES)
def test_a_space_has_as_many_tokens_as_hyper_parameters(impl, evidence, space):
    """A space has one token per hyper-parameter, with as many values as it has options."""
    counts = [len(options) for options in space.values()]
    evidence.equal(impl.search.choices(space), np.array(counts), "choices, and numbers of options")


@claim("search.action-space-is-tokens")
@pytest.mark.parametrize(
    "options",
    [
        [1, "1"],
        [True, "True"],
        ["Adam", "adam"],
        ["\u00e9", "e\u0301"],
        [2**53, 2**53 + 1],
        [0.3, 0.1 + 0.2],
        ["", " "],
        list(range(256)),
        list(range(300)),
    ],
    ids=["number and word", "truth and word", "capitals", "accents", "large", "near", "space", "a byte", "hundreds"],
)
def test_options_that_look_alike_are_not_one(impl, evidence, options):
    """What is not equal is another option, however little it differs, and is decoded as it was given."""
    space = {"option": options}
    evidence.equal(impl.search.choices(space), np.array([len(options)]), "choices, and numbers of options")
    decoded = impl.search.decode(space, np.arange(len(options))[:, None])
    evidence.equal([each["option"] for each in decoded], options, "decoded options, and those given")


@claim("search.action-space-is-tokens")
@pytest.mark.parametrize(
    "options",
    [[], ["relu", "relu"], [1, 2, 1.0], [True, 1], [None], [{"a": 1}], [np.inf], [np.nan], 3, "relu", None],
    ids=["none", "word twice", "number twice", "1 twice", "None", "dict", "inf", "NaN", "3", "a word", "no list"],
)
def test_what_is_no_list_of_options_is_refused(impl, evidence, options):
    """A hyper-parameter without options, with an option twice, or with an invalid option is refused by its name."""
    space = {"depth": [1, 2], "activation function": options}
    evidence.refused(lambda: impl.search.choices(space), "no space", "activation function")
    actions = np.zeros((1, 2), dtype=np.int64)
    evidence.refused(lambda: impl.search.decode(space, actions), "no space", "activation function")


@claim("search.action-space-is-tokens")
def test_a_space_of_nothing_is_refused(impl, evidence):
    """A space without hyper-parameters is refused."""
    evidence.refused(lambda: impl.search.choices({}), "no hyper-parameters", "hyperparameters")


@claim("search.action-space-is-tokens")
@pytest.mark.parametrize("tokens", [[2, 0], [0, 3], [-1, 0], [0, -1], [0, 0, 0], [0]], ids=str)
def test_tokens_outside_the_space_are_refused(impl, evidence, tokens):
    """Actions of another length, or with a token that is negative or beyond its options, are refused everywhere."""
    counts, actions, rewards = (
        np.array([2, 3]),
        np.array([[[1, 2], tokens[:2] + [0] * (2 - len(tokens))]]),
        np.ones((1, 2)),
    )
    if len(tokens) != 2:
        actions = np.array([[tokens, tokens]])
    space = {"depth": [1, 2], "width": [4, 8, 16]}
    refuses(evidence, impl.search.decode, {"hyperparameters": space}, actions=actions[0])
    policy, learner = (offer(counts, seeds=[1]) for offer in controllers(impl))
    refuses(evidence, policy.log_probabilities, {}, actions=actions)
    told = {"rewards": rewards}
    refuses(evidence, policy.policy_gradient, told | {"baseline": np.zeros(1)}, actions=actions)
    refuses(evidence, policy.update, told, actions=actions)
    refuses(evidence, learner.update, told, actions=actions)


@claim("search.action-space-is-tokens")
@pytest.mark.parametrize(
    "bad",
    [
        {"choices": np.array([], dtype=np.int64)},
        {"choices": np.array([2, 0])},
        {"choices": np.array([-1, 3])},
        {"learning_rate": 0.0},
        {"learning_rate": -0.1},
        {"learning_rate": np.inf},
        {"learning_rate": np.nan},
        {"seeds": []},
        {"seeds": [1, -1]},
    ],
    ids=argument,
)
def test_no_controller_is_made_of_bad_input(impl, evidence, bad):
    """No tokens, tokens without options, invalid learning rates, and no seeds are refused."""
    for offer in controllers(impl):
        good = {"choices": np.array([2, 3]), "learning_rate": 0.5, "seeds": [1, 2]}
        refuses(evidence, offer, good, **bad)


@claim("search.action-space-is-tokens")
def test_no_action_is_drawn_or_learned_from(impl, evidence):
    """Drawing fewer than one action, and learning from none, is refused."""
    none = np.zeros((1, 0, 2), dtype=np.int64)
    for offer in controllers(impl):
        controller = offer(np.array([2, 3]), seeds=[1])
        for size in (0, -1):
            refuses(evidence, controller.sample, {}, size=size)
        refuses(evidence, controller.update, {"rewards": np.zeros((1, 0))}, "rewards", actions=none)


@claim("search.action-is-new-hyperparameters")
@settings(max_examples=25)
@given(SPACES, SEEDS)
def test_an_action_stands_for_hyper_parameters(impl, evidence, space, seed):
    """Each action chooses one of its options for every hyper-parameter of the space, as it was given."""
    actions = spaces.random_actions(space, 5, np.random.default_rng(seed))
    actions[0], actions[1] = 0, spaces.choices(space) - 1
    decoded, expected = impl.search.decode(space, actions), spaces.decoded(space, actions)
    evidence.equal(decoded, expected, "decoded actions, and the options they choose")
    kinds = [
        [{name: type(option).__name__ for name, option in each.items()} for each in all_]
        for all_ in (decoded, expected)
    ]
    evidence.equal(*kinds, "types of the options decoded, and of those chosen")


@claim("search.action-is-new-hyperparameters")
@settings(max_examples=8)
@given(SPACES, SEEDS)
def test_each_controller_proposes_hyper_parameters(impl, evidence, space, seed):
    """What each controller draws in a space stands for hyper-parameters of it."""
    small = {name: options[:5] for name, options in list(space.items())[:4]}
    counts = spaces.choices(small)
    for offer in controllers(impl):
        actions = offer(counts, seeds=[seed]).sample(5)[0]
        evidence.true((actions >= 0) & (actions < counts), "a token is one of its options", actions=actions)
        decoded = impl.search.decode(small, actions)
        evidence.equal(decoded, spaces.decoded(small, actions), "decoded actions, and the options they choose")


@claim("search.action-is-new-hyperparameters")
@pytest.mark.parametrize("which", [0, 1], ids=["reinforce", "meta_qnn"])
def test_actions_are_drawn_from_the_seed(impl, evidence, which):
    """A controller's proposals, before and after learning, follow its seed, whichever others are in the same call."""
    offer, counts = controllers(impl)[which], np.array([3] * 8)

    def proposed(seeds):
        controller = offer(counts, seeds=seeds)
        first = controller.sample(6)
        controller.update(np.ones((len(seeds), 4, 8), dtype=np.int64), np.full((len(seeds), 4), 0.8))
        return [first, controller.sample(6)]

    follows_each_seed(evidence, proposed, tolerance=0)
    controller = offer(counts, seeds=[seed_of_test()])
    evidence.true(bool((controller.sample(6) != controller.sample(6)).any()), "actions differ the second time")


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
    _, policy, theta, rng = somewhere(impl, counts, seed, 4)
    policy.set_parameters(copies(undecided(theta), 4))
    action = np.repeat(rng.integers(counts, size=(1, 1, len(counts))), 4, axis=0)
    taken = steps(policy, action, np.array([[0.1], [0.1], [0.2], [0.9]]))
    evidence.equal(taken[1], taken[0], "steps after the same reward")
    apart = np.abs(taken[[0, 2, 3]] - taken[[2, 3, 0]]).max(-1)
    evidence.true(apart > 1e-6, "another reward makes another step", apart=apart)


@claim("search.reward-feeds-the-controller")
@settings(max_examples=12)
@given(COUNTS, SEEDS, st.floats(0, 1))
def test_constant_rewards_lead_nowhere(impl, evidence, counts, seed, reward):
    """If every action earns the same, an update is zero in expectation over all actions."""
    n = int(np.prod(counts))
    actions, policy, _, _ = somewhere(impl, counts, seed, n)
    p, rewards = probabilities(policy, actions, n)[0], np.full(n, reward)
    gradient = p @ single_estimates(policy, actions, rewards)
    evidence.equal(gradient, np.zeros_like(gradient), "expected estimate under constant rewards, and 0", ROUNDING)
    step = p @ steps(policy, actions[:, None], rewards[:, None])
    evidence.equal(step, np.zeros_like(step), "expected step under constant rewards, and 0", ROUNDING)


@claim("search.reward-feeds-the-controller")
@pytest.mark.parametrize(
    "rewards",
    [[0.5], [0.5, 0.5, 0.5], [0.5, np.nan], [np.inf, 0.5], [0.5, 1.01], [-0.01, 0.5], [87.5, 90.0]],
    ids=str,
)
def test_rewards_that_are_none_are_refused(impl, evidence, rewards):
    """Rewards of another number, that are not finite, or not from 0 to 1 are refused by either controller."""
    good, bad = {"actions": np.array([[[0, 1], [1, 2]]])}, np.array([rewards])
    for offer in controllers(impl):
        controller = offer(np.array([2, 3]), seeds=[1])
        refuses(evidence, controller.update, good, "actions", rewards=bad)


@claim("search.policy-gradient")
@pytest.mark.parametrize(
    "bad",
    [
        {"rewards": np.array([[0.5]])},
        {"rewards": np.array([[0.5, np.nan]])},
        {"baseline": np.array([0.1, 0.2])},
        {"baseline": np.array([np.inf])},
    ],
    ids=["too few rewards", "NaN", "a baseline too many", "an infinite baseline"],
)
def test_bad_input_of_a_gradient_is_refused(impl, evidence, bad):
    """Rewards and baselines of another number, or that are not finite, are refused."""
    good = {"actions": np.array([[[0, 1], [1, 2]]]), "rewards": np.ones((1, 2)), "baseline": np.zeros(1)}
    refuses(evidence, policies(impl, [2, 3], 1).policy_gradient, good, "actions", **bad)


@claim("search.policy-gradient")
def test_other_parameters_are_refused(impl, evidence):
    """Parameters with a name too few or too many, of another shape, or that are not finite are refused."""
    policy = policies(impl, [2, 3], 1)
    theta = policy.parameters()
    name = min(theta)
    others = {other: value for other, value in theta.items() if other != name}
    for value in (theta[name][..., :0], np.full_like(theta[name], np.nan)):
        refuses(evidence, policy.set_parameters, {}, parameters=others | {name: value})
    refuses(evidence, policy.set_parameters, {}, parameters=theta | {"another": np.zeros((1, 2))})
    refuses(evidence, policy.set_parameters, {}, parameters=others)


@claim("search.accuracy-is-the-reward", role="boundary")
@settings(max_examples=12)
@given(SEEDS)
def test_a_monotone_transform_keeps_the_ranking_and_turns_the_gradient(impl, evidence, seed):
    """Accuracies to the fourth power rank architectures the same, and have a gradient of another direction."""
    counts = [2, 3, 2]
    actions, policy, theta, rng = somewhere(impl, counts, seed)
    policy.set_parameters(copies(undecided(theta), 1))
    accuracy, p = rng.permutation(np.linspace(0, 1, len(actions))), probabilities(policy, actions)[0]
    evidence.equal(np.argsort(accuracy**4), np.argsort(accuracy), "rankings by transformed and by plain accuracy")
    one, other = (estimate(policy, actions[None], (p * r)[None])[0] for r in (accuracy, accuracy**4))
    cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
    evidence.true(bool(cosine < 0.9999), "the gradients point in different directions", cosine=cosine)
