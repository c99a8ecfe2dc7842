"""Question 4: what searches find, at equal numbers of trials: by REINFORCE, by Q-learning, and at random."""

from types import SimpleNamespace

import numpy as np
import pytest

from spec.harness import claim

from . import spaces
from .enumeration import flat, step_size, steps
from .experiment import PER_UPDATE, DigitSearch, EndToEnd
from .measures import at_best, best, late, per_replicate, rise

CONTROLLERS = ["reinforce", "meta_qnn"]

REWARDS = "Reward (accuracy) of the architectures proposed, mean of twenty trials each, over the trials of a search."
BLOCK = 20
"""Over how many trials a curve is averaged."""


def over_trials(values: dict[str, np.ndarray], y_label: str) -> dict[str, object]:
    """Curves of values (searches, trials), one point per block of trials."""
    blocks = min(each.shape[1] for each in values.values()) // BLOCK
    means = {name: each[:, : blocks * BLOCK].reshape(len(each), blocks, BLOCK).mean(2) for name, each in values.items()}
    return {"x": (np.arange(blocks) + 0.5) * BLOCK, "x_label": "trial", "y_label": y_label, **means}


def trials_of_low_epsilon(digit_search, evidence) -> np.ndarray:
    """Which trials are drawn with ε below one half, (trials,); there are such, and others."""
    low = digit_search.epsilons < 0.5
    evidence.true(bool(0 < low.sum() < len(low)), "ε falls below one half", trials=low.sum())
    return low


def low_against_high(rewards: np.ndarray, low: np.ndarray) -> np.ndarray:
    """By how much trials (r, trials) with a low ε earn more on average than the others, (r,)."""
    return rewards[:, low].mean(1) - rewards[:, ~low].mean(1)


@claim("search.is-nas")
def test_architectures_are_trained_as_they_are_proposed(end_to_end, evidence):
    """Each trial comes back with the tokens of an architecture of the space, and a prediction of each digit."""
    trials, counts = end_to_end.search, spaces.choices(spaces.DIGITS)
    shape = (len(end_to_end.seeds), end_to_end.TRIALS)
    evidence.equal(list(trials["actions"].shape), [*shape, len(counts)], "shape, and replicates × trials × tokens")
    legal = (trials["actions"] >= 0) & (trials["actions"] < counts)
    evidence.true(legal, "every token is an option of its hyper-parameter")
    expected = [*shape, len(end_to_end.split.evaluation.rows)]
    evidence.equal(list(trials["predictions"].shape), expected, "shape, and replicates × trials × evaluation digits")


@claim("search.is-nas")
def test_the_search_finds_better_architectures(end_to_end, evidence):
    """Without a table, late trials earn more than early ones, and the best found recognises most test digits."""
    trials = end_to_end.search
    evidence.figure("reward-over-trials", "curves", REWARDS, **over_trials({"REINFORCE": trials["rewards"]}, "reward"))
    evidence.exceeds(rise(trials["rewards"]), "end_to_end")
    evidence.exceeds(at_best(trials["test"], trials["rewards"]), "best_found")


@claim("search.is-nas", role="control")
def test_proposing_at_random_finds_no_better_ones(end_to_end, evidence):
    """In the same loop, architectures proposed at random are no better late than early."""
    evidence.within(rise(end_to_end.random["rewards"]), "random")


@claim("search.accuracy-is-the-reward")
def test_a_policy_steps_by_the_accuracies_themselves(end_to_end, evidence):
    """The accuracies of a search's first trials enter a step as R of the formula, not transformed in any way."""
    trials = end_to_end.search
    actions, accuracy = (trials[name][:, :PER_UPDATE] for name in ("actions", "rewards"))
    taken = []
    for rewards in (accuracy, np.zeros_like(accuracy)):
        policy = end_to_end.policies(spaces.DIGITS)
        gradient = flat(policy.policy_gradient(actions, accuracy, np.zeros(len(actions))))
        taken.append(steps(policy, actions, rewards))
    added = taken[0] - taken[1]
    eta = step_size(added, gradient)
    evidence.equal(added, eta * gradient, "what accuracies add to a step, and η times the formula", 1e-10)
    evidence.true(eta > 0, "η is positive: it goes up", eta=eta)


@claim("search.accuracy-is-the-reward", role="control")
def test_the_reward_is_the_share_of_digits_recognised(end_to_end, evidence):
    """A trial's reward is the share of evaluation digits that its predictions have right, as scikit-learn has it."""
    from sklearn.metrics import accuracy_score

    labels, trials = end_to_end.split.evaluation.labels, end_to_end.search
    last = trials["predictions"][:, -1]
    shares = np.array([accuracy_score(labels, predictions) for predictions in last])
    evidence.equal(trials["rewards"][:, -1], shares, "rewards of the last trials, and accuracies of their predictions")


class KnowsEvaluationDigits:
    """Stands for an implementation: its networks are right about the evaluation digits of a split, and no others.

    They learn nothing, and find the split by the digits that they were to learn from.
    """

    def __init__(self, impl, splits) -> None:
        self.search = SimpleNamespace(train_architectures=self.train, reinforce=impl.search.reinforce)
        self.splits, self.from_training = splits, []

    def train(self, inputs, labels, *, architectures, **_):
        """As many networks as asked for."""
        known = {
            digit.tobytes(): label
            for split in self.splits()
            if np.array_equal(split.training.pixels, inputs) and np.array_equal(split.training.labels, labels)
            for digit, label in zip(split.evaluation.pixels, split.evaluation.labels, strict=True)
        }
        self.from_training.append(bool(known))

        def logits(pixels):
            told = np.array([known.get(digit.tobytes(), 0) for digit in pixels])
            return np.tile(told[:, None] == np.arange(10), (len(architectures), 1, 1)).astype(float)

        return SimpleNamespace(logits=logits)


@claim("search.accuracy-is-the-reward", role="control")
def test_the_reward_is_about_evaluation_digits(impl, evidence):
    """A search whose networks know the evaluation digits, and nothing else, earns 1 in each trial: it asks of these."""
    knowing = KnowsEvaluationDigits(impl, lambda: [experiment.split])
    experiment = EndToEnd(knowing, [0, 1], "cpu")
    trials = experiment.search
    evidence.true(np.array(knowing.from_training), "networks learn from the training digits")
    evidence.equal(trials["rewards"], np.ones_like(trials["rewards"]), "rewards, and 1")
    # What they do not know they take for a 0, which a tenth of the digits are.
    evidence.true(trials["test"] < 0.2, "test digits are not among those known", test=trials["test"])


@claim("search.raises-accuracy", role="control")
def test_the_table_is_about_evaluation_digits(impl, evidence):
    """Each replicate's table holds what its architectures make of its own evaluation digits, apart from test digits."""
    knowing = KnowsEvaluationDigits(impl, lambda: experiment.splits)
    experiment = DigitSearch(knowing, [0, 1], "cpu")
    evidence.equal(experiment.table["evaluation"], np.ones_like(experiment.table["evaluation"]), "accuracies, and 1")
    evidence.true(np.array(knowing.from_training), "networks learn from the training digits")
    test = experiment.table["test"]
    evidence.true(test < 0.2, "test digits are not among those known", test=test)


@claim("search.controller-is-optimised")
def test_rewards_rise(digit_search, evidence):
    """The mean reward of the last 50 architectures sampled exceeds that of the first 50."""
    arms = {"REINFORCE": "reinforce", "MetaQNN": "meta_qnn", "random search": "random"}
    rewards = {name: getattr(digit_search, arm).rewards for name, arm in arms.items()}
    evidence.figure("reward-over-trials", "curves", REWARDS, **over_trials(rewards, "reward"))
    evidence.exceeds(rise(digit_search.reinforce.rewards), "rise")


@claim("search.controller-is-optimised", role="control")
@pytest.mark.parametrize("told", ["constant", "permuted"])
def test_without_a_link_to_the_reward_nothing_rises(digit_search, evidence, told):
    """Told constant rewards, or its rewards in random order, a policy drifts, and its rewards hardly change."""
    trials = getattr(digit_search, f"reinforce_on_{told}_rewards")
    evidence.within(per_replicate(rise(trials.rewards), digit_search.seeds), told)


@claim("search.metaqnn-is-rl")
def test_metaqnn_learns_from_the_reward(digit_search, evidence):
    """Behind the same interface, the rewards of Q-learning rise, to more than random search has."""
    rewards = digit_search.meta_qnn.rewards
    evidence.exceeds(rise(rewards), "rise")
    evidence.exceeds(late(rewards) - late(digit_search.random.rewards), "late_against_random")


@claim("search.metaqnn-is-rl", role="control")
def test_random_search_does_not_learn(digit_search, evidence):
    """The rewards of random search do not rise."""
    evidence.within(rise(digit_search.random.rewards), "random")


@claim("search.metaqnn-is-rl", role="control")
def test_permuted_rewards_teach_metaqnn_nothing(digit_search, evidence):
    """Told its rewards in random order, Q-learning earns no more in the end."""
    rises = rise(digit_search.meta_qnn_on_permuted_rewards.rewards)
    evidence.within(per_replicate(rises, digit_search.seeds), "permuted")


@claim("search.metaqnn-uses-q-learning")
def test_the_reward_rises_as_epsilon_falls(digit_search, evidence):
    """Trials drawn with ε below one half earn more than those drawn with a higher ε."""
    low = trials_of_low_epsilon(digit_search, evidence)
    evidence.exceeds(low_against_high(digit_search.meta_qnn.rewards, low), "low_against_high_epsilon")


@claim("search.metaqnn-uses-q-learning", role="control")
def test_where_rewards_are_permuted_a_lower_epsilon_earns_no_more(digit_search, evidence):
    """Told its rewards in random order, Q-learning earns no more with a low ε than with a high one."""
    rewards = digit_search.meta_qnn_on_permuted_rewards.rewards
    gained = low_against_high(rewards, trials_of_low_epsilon(digit_search, evidence))
    evidence.within(per_replicate(gained, digit_search.seeds), "low_against_high_permuted")


@claim("search.raises-accuracy")
@pytest.mark.parametrize("arm", CONTROLLERS)
def test_sampled_architectures_are_better_than_random_ones(digit_search, evidence, arm):
    """The last 50 architectures that a controller samples are more accurate than the last 50 random ones."""
    evidence.exceeds(late(getattr(digit_search, arm).rewards) - late(digit_search.random.rewards), f"sampled_{arm}")


@claim("search.raises-accuracy")
def test_the_best_found_is_better_on_test_digits_too(digit_search, evidence):
    """The architecture that was best on evaluation digits recognises more test digits than random ones on average."""
    trials, random = digit_search.reinforce, digit_search.random
    found = at_best(digit_search.reward(trials.actions, "test"), trials.rewards)
    evidence.exceeds(found - digit_search.reward(random.actions, "test").mean(1), "best_on_test")


@claim("search.raises-accuracy")
def test_a_controller_regrets_less(digit_search, evidence):
    """Over all trials, the policy's architectures fall short of the best in the space by less than random ones."""
    optimum = digit_search.table["evaluation"].max(1, keepdims=True)
    regret, random = ((optimum - getattr(digit_search, arm).rewards).mean(1) for arm in ("reinforce", "random"))
    evidence.exceeds(random - regret, "regret")


@claim("search.raises-accuracy", role="boundary")
@pytest.mark.parametrize("arm", CONTROLLERS)
def test_in_a_small_space_random_search_finds_one_as_good(digit_search, evidence, arm):
    """With as many trials in the small space of digits, the best found by a controller and at random are level."""
    evidence.within(best(getattr(digit_search, arm).rewards) - best(digit_search.random.rewards), f"small_space_{arm}")


@claim("search.raises-accuracy", role="boundary")
def test_in_a_large_space_the_policy_finds_better_ones(planted_search, evidence):
    """In the large space with a planted optimum, the best that the policy finds beats the best of random search."""
    deepest = planted_search.DEPTHS[-1]
    found, random = (best(arm[deepest].rewards) for arm in (planted_search.reinforce, planted_search.random))
    evidence.exceeds(per_replicate(found - random, planted_search.seeds), "large_space")


@claim("search.raises-accuracy", role="control")
def test_arms_have_as_many_trials(digit_search, planted_search, evidence):
    """Every search has the same number of trials; proposing an architecture again counts as one."""
    for found in (digit_search.reinforce, digit_search.meta_qnn, digit_search.random):
        evidence.equal(found.rewards.shape[1], digit_search.TRIALS, "trials in the space of digits")
        different = [len(np.unique(actions, axis=0)) for actions in found.actions]
        evidence.true(np.array(different) < digit_search.TRIALS, "some were proposed again", different=different)
    for arm in (planted_search.reinforce, planted_search.random):
        for found in arm.values():
            evidence.equal(found.rewards.shape[1], planted_search.TRIALS, "trials in the large space")


@claim("search.depth-is-searchable")
@pytest.mark.parametrize("depth", [2, 4, 6])
def test_the_planted_depth_is_found(planted_search, evidence, depth):
    """Where depth 2, 4 or 6 is best, nearly all of the last 50 architectures sampled have that depth."""
    depths = planted_search.depths(planted_search.reinforce[depth])
    says = f"Share of the architectures proposed that have each depth, over the trials, where depth {depth} is best."
    shares = {f"depth {each}": depths == each for each in spaces.PLANTED["depth"]}
    evidence.figure(f"depth-over-trials-{depth}", "curves", says, **over_trials(shares, "share"))
    evidence.exceeds(per_replicate(late(depths == depth), planted_search.seeds), f"depth_{depth}")


@claim("search.depth-is-searchable", role="control")
@pytest.mark.parametrize("depth", [2, 4, 6])
def test_constant_rewards_choose_no_depth(planted_search, evidence, depth):
    """Where every architecture earns the same, no depth is preferred: on average each is sampled about 1 in 6 times."""
    depths = planted_search.depths(planted_search.reinforce_on_constant_rewards)
    evidence.within(per_replicate(late(depths == depth), planted_search.seeds), f"constant_{depth}")
