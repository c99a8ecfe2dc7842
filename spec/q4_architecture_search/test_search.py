"""Question 4: what searches find, at equal numbers of trials: by REINFORCE, by Q-learning, and at random."""

from types import SimpleNamespace

import numpy as np
import pytest

from spec.harness import claim

from . import spaces
from .enumeration import estimate, steps
from .experiments import DigitSearch, EndToEnd, PlantedSearch, SensibleSearch
from .measures import at_best, best_so_far, late, per_replicate, rise


@claim("search.is-nas")
def test_architectures_are_trained_as_they_are_proposed(end_to_end: EndToEnd, evidence):
    """Each trial comes back with the tokens of an architecture of the space, and a prediction of each digit."""
    trials, counts = end_to_end.searched("reinforce"), spaces.choices(spaces.DIGITS)
    shape, digits = (len(end_to_end.seeds), end_to_end.budget["trials"]), len(end_to_end.split.evaluation.rows)
    evidence.equal(trials.actions.shape, (*shape, len(counts)), "shape, and replicates × trials × tokens")
    legal = (trials.actions >= 0) & (trials.actions < counts)
    evidence.true(legal, "every token is an option of its hyper-parameter")
    evidence.equal(trials.predictions.shape, (*shape, digits), "shape, and replicates × trials × evaluation digits")


@claim("search.is-nas")
def test_the_search_finds_better_architectures(end_to_end: EndToEnd, evidence):
    """Without a table, late trials earn more than early ones, and the best found recognises most test digits."""
    trials = end_to_end.searched("reinforce")
    evidence.exceeds(rise(trials.rewards, end_to_end.budget), "end_to_end")
    evidence.exceeds(at_best(trials.test, trials.rewards), "best_found")


@claim("search.is-nas", role="control")
def test_proposing_at_random_finds_no_better_ones(end_to_end: EndToEnd, evidence):
    """In the same loop, architectures proposed at random are no better in the second half than in the first."""
    # Halves, as a few early trials at random differ from the late ones by chance alone.
    first, second = np.split(end_to_end.searched("random").rewards, 2, axis=1)
    evidence.within(second.mean(1) - first.mean(1), "random")


@claim("search.accuracy-is-the-reward")
def test_a_policy_steps_by_the_accuracies_themselves(end_to_end: EndToEnd, evidence):
    """The accuracies of a search's first trials enter a step as R of the formula, not transformed in any way."""
    trials, n = end_to_end.searched("reinforce"), end_to_end.budget["per_update"]
    actions, accuracy = trials.actions[:, :n], trials.rewards[:, :n]
    taken = []
    for rewards in (accuracy, np.zeros_like(accuracy)):
        policy = end_to_end.policies(spaces.DIGITS)
        formula = end_to_end.budget["reinforce_rate"] * estimate(policy, actions, accuracy)
        taken.append(steps(policy, actions, rewards))
    evidence.true(np.abs(taken[0]).max() > 1e-6, "a policy that learns from accuracies moves")
    evidence.equal(taken[0] - taken[1], formula, "what accuracies add to a step, and rate times the formula", 1e-10)


@claim("search.accuracy-is-the-reward", role="control")
def test_the_reward_is_the_share_of_digits_recognised(end_to_end: EndToEnd, evidence):
    """A trial's reward is the share of evaluation digits that its predictions have right, as scikit-learn has it."""
    from sklearn.metrics import accuracy_score

    labels, trials = end_to_end.split.evaluation.labels, end_to_end.searched("reinforce")
    shares = np.array([accuracy_score(labels, predictions) for predictions in trials.predictions[:, -1]])
    evidence.equal(trials.rewards[:, -1], shares, "rewards of the last trials, and accuracies of their predictions")


FEW_TRIALS = {"trials": 16, "per_update": 8}
"""A budget: networks that know the digits are not trained."""


class KnowsEvaluationDigits:
    """Stands for an implementation: its networks are right about the evaluation digits of `splits`, and no others.

    They learn nothing, and find the split by the digits that they were to learn from.
    """

    def __init__(self, impl) -> None:
        self.search = SimpleNamespace(train_architectures=self.train, reinforce=impl.search.reinforce)
        self.splits, self.from_training = [], []

    def train(self, inputs, labels, *, architectures, **_):
        """As many networks as asked for."""
        known = {
            digit.tobytes(): label
            for split in self.splits
            if np.array_equal(split.training.pixels, inputs) and np.array_equal(split.training.labels, labels)
            for digit, label in zip(split.evaluation.pixels, split.evaluation.labels, strict=True)
        }
        self.from_training.append(bool(known))

        def logits(pixels):
            classes = np.array([known.get(digit.tobytes(), 0) for digit in pixels])
            return np.tile(classes[:, None] == np.arange(10), (len(architectures), 1, 1)).astype(float)

        return SimpleNamespace(logits=logits)


@claim("search.accuracy-is-the-reward", role="control")
def test_the_reward_is_about_evaluation_digits(impl, evidence):
    """A search whose networks know the evaluation digits, and nothing else, earns 1 in each trial."""
    knowing = KnowsEvaluationDigits(impl)
    experiment = EndToEnd(knowing, [0, 1], "cpu")
    experiment.budget = EndToEnd.budget | FEW_TRIALS
    knowing.splits = [experiment.split]
    trials = experiment.searched("reinforce")
    evidence.true(np.array(knowing.from_training), "networks learn from the training digits")
    evidence.equal(trials.rewards, np.ones_like(trials.rewards), "rewards, and 1")
    # What they do not know they take for a 0, which a tenth of the digits are.
    evidence.true(trials.test < 0.2, "test digits are not among those known", test=trials.test)


@claim("search.raises-accuracy", role="control")
def test_the_table_is_about_evaluation_digits(impl, evidence):
    """Each replicate's table holds what its architectures make of its evaluation digits, apart from test digits."""
    knowing = KnowsEvaluationDigits(impl)
    experiment = DigitSearch(knowing, [0, 1], "cpu")
    knowing.splits = experiment.splits
    table = experiment.table()
    evidence.equal(table["evaluation"], np.ones_like(table["evaluation"]), "accuracies, and 1")
    evidence.true(np.array(knowing.from_training), "networks learn from the training digits")
    evidence.true(table["test"] < 0.2, "test digits are not among those known", test=table["test"])


@claim("search.controller-is-optimised")
def test_rewards_rise(digits: DigitSearch, evidence):
    """The mean reward of the last 48 architectures sampled exceeds that of those drawn before any was learned from."""
    evidence.exceeds(rise(digits.searched("reinforce").rewards, digits.budget), "rise")


@claim("search.controller-is-optimised", role="control")
@pytest.mark.parametrize("feedback", ["constant", "permuted"])
def test_without_a_link_to_the_reward_nothing_rises(digits: DigitSearch, evidence, feedback):
    """Given constant rewards, or its rewards in random order, a policy drifts, and its rewards hardly change."""
    rises = rise(digits.uninformed("reinforce", feedback).rewards, digits.budget)
    evidence.within(per_replicate(rises, digits.seeds), feedback)


@claim("search.metaqnn-is-rl")
def test_metaqnn_learns_from_the_reward(digits: DigitSearch, evidence):
    """Behind the same interface, the rewards of Q-learning rise, to more than random search has."""
    rewards = digits.searched("meta_qnn").rewards
    evidence.exceeds(rise(rewards, digits.budget), "rise")
    evidence.exceeds(late(rewards) - late(digits.searched("random").rewards), "late_against_random")


@claim("search.metaqnn-is-rl", role="control")
def test_random_search_does_not_learn(digits: DigitSearch, evidence):
    """The rewards of random search do not rise."""
    evidence.within(rise(digits.searched("random").rewards, digits.budget), "random")


@claim("search.metaqnn-is-rl", role="control")
def test_permuted_rewards_teach_metaqnn_nothing(digits: DigitSearch, evidence):
    """Given its rewards in random order, Q-learning earns no more in the end."""
    rises = rise(digits.uninformed("meta_qnn", "permuted").rewards, digits.budget)
    evidence.within(per_replicate(rises, digits.seeds), "permuted")


@claim("search.raises-accuracy")
@pytest.mark.parametrize("controller", ["reinforce", "meta_qnn"], ids=["sampled_reinforce", "sampled_meta_qnn"])
def test_sampled_architectures_are_better_than_random_ones(digits: DigitSearch, evidence, controller):
    """The last 48 architectures that a controller samples are more accurate than the last 48 random ones."""
    evidence.exceeds(late(digits.searched(controller).rewards) - late(digits.searched("random").rewards))


@claim("search.raises-accuracy")
def test_a_controller_regrets_less(digits: DigitSearch, evidence):
    """Over all trials, the policy's architectures fall short of the best in the space by less than random ones."""
    optimum = digits.table()["evaluation"].max(1, keepdims=True)
    regret, random = ((optimum - digits.searched(name).rewards).mean(1) for name in ("reinforce", "random"))
    evidence.exceeds(random - regret, "regret")


@claim("search.raises-accuracy", role="boundary")
@pytest.mark.parametrize("controller", ["reinforce", "meta_qnn"], ids=["best_so_far_reinforce", "best_so_far_meta_qnn"])
def test_in_a_small_space_random_search_finds_one_as_good_as_soon(digits: DigitSearch, evidence, controller):
    """After equally many trials, on average over their numbers, a controller's best and random search's are level."""
    best, random = (best_so_far(digits.searched(name).rewards) for name in (controller, "random"))
    evidence.within((best - random).mean(1))


@claim("search.raises-accuracy", role="boundary")
def test_the_best_found_is_level_with_random_searchs_on_test_digits(digits: DigitSearch, evidence):
    """What each takes for the best, after all trials, recognises as many test digits."""
    evidence.within(digits.best_found("reinforce") - digits.best_found("random"), "best_on_test")


@claim("search.raises-accuracy", role="boundary")
def test_the_best_found_is_hardly_better_than_an_untuned_default(digits: DigitSearch, evidence):
    """The best found recognises few test digits more than what one would take without a search."""
    evidence.within(digits.best_found("reinforce") - digits.default(), "default")


@claim("search.raises-accuracy", role="boundary")
@pytest.mark.parametrize("controller", ["reinforce", "meta_qnn"], ids=["sensible_reinforce", "sensible_meta_qnn"])
def test_where_no_width_is_hopeless_sampled_ones_are_hardly_better(sensible: SensibleSearch, evidence, controller):
    """Among architectures trained to convergence of which none is hopeless, sampled and random ones are level."""
    evidence.within(late(sensible.searched(controller).rewards) - late(sensible.searched("random").rewards))


@claim("search.raises-accuracy", role="boundary")
def test_once_trained_to_convergence_a_default_is_as_good(sensible: SensibleSearch, evidence):
    """Among these, the best found recognises as many test digits as what one would take without a search."""
    evidence.within(sensible.best_found("reinforce") - sensible.default(), "sensible_default")


@claim("search.raises-accuracy", role="boundary")
def test_in_a_large_space_the_policy_finds_better_ones(planted: PlantedSearch, evidence):
    """In the large space with a planted optimum, the best that the policy finds beats the best of random search."""
    policy, random = (planted.searched(name, planted.DEPTHS[-1]).rewards for name in ("reinforce", "random"))
    evidence.equal(random.shape, policy.shape, "trials of random search, and of the policy")
    evidence.exceeds(per_replicate(policy.max(1) - random.max(1), planted.seeds), "large_space")


@claim("search.raises-accuracy", role="control")
def test_arms_have_as_many_trials(digits: DigitSearch, evidence):
    """Every search has the same number of trials; proposing an architecture again counts as one."""
    for controller in ("reinforce", "meta_qnn", "random"):
        trials, n = digits.searched(controller), digits.budget["trials"]
        evidence.equal(trials.rewards.shape[1], n, "trials in the space of digits")
        different = [len(np.unique(actions, axis=0)) for actions in trials.actions]
        evidence.true(np.array(different) < n, "some were proposed again", different=different)


@claim("search.depth-is-searchable")
@pytest.mark.parametrize("depth", [2, 4, 6], ids=["depth_2", "depth_4", "depth_6"])
def test_the_planted_depth_is_found(planted: PlantedSearch, evidence, depth):
    """Where depth 2, 4 or 6 is best, most of the last 48 architectures sampled have that depth."""
    depths = spaces.planted_depths(planted.searched("reinforce", depth).actions)
    evidence.exceeds(per_replicate(late(depths == depth), planted.seeds))


@claim("search.depth-is-searchable", role="control")
@pytest.mark.parametrize("depth", [2, 4, 6], ids=["constant_2", "constant_4", "constant_6"])
def test_constant_rewards_choose_no_depth(planted: PlantedSearch, evidence, depth):
    """Where every architecture earns the same, no depth is sampled more than four times in ten, by chance 1 in 6."""
    depths = spaces.planted_depths(planted.uninformed().actions)
    evidence.within(per_replicate(late(depths == depth), planted.seeds))
