"""The laws of `spec.common.laws`: each holds for a right toy, and is refuted by the mistakes it is there for."""

import numpy as np
import pytest

from spec.common import laws
from spec.harness.errors import Failed, Refuted
from spec.selfcheck.examples import evidence_for


@pytest.fixture
def evidence():
    """Evidence of a claim without comparisons."""
    return evidence_for()


# refuses


def halved(count, step):
    """Refuse a count that is odd, in the sandbox's way of passing refusals on."""
    if count % 2:
        raise Failed("halved failed", raised="ValueError", says=f"count is {count}; expected an even number")
    return count / 2 / step


def test_a_refusal_that_names_the_argument_is_one(evidence):
    """The good arguments are handed over with one replaced."""
    laws.refuses(evidence, halved, {"count": 4, "step": 1}, count=3)


def test_what_is_taken_is_not_refused(evidence):
    """An answer to bad input is a mistake."""
    with pytest.raises(Refuted, match="count = 2"):
        laws.refuses(evidence, halved, {"count": 4, "step": 1}, count=2)


# follows_each_seed


def drawn(seeds):
    """Three numbers per seed."""
    return {"numbers": np.stack([np.random.default_rng(seed).random(3) for seed in seeds])}


def from_one_generator(seeds):
    """All replicates from the generator of the first seed."""
    return {"numbers": np.random.default_rng(seeds[0]).random((len(seeds), 3))}


def from_16_bits(seeds):
    """Seeds cut to 16 bits."""
    return drawn([seed % 2**16 for seed in seeds])


def from_31_bits(seeds):
    """Seeds cut to 31 bits."""
    return drawn([seed % 2**31 for seed in seeds])


def from_the_place(seeds):
    """The seed is added to the replicate's place."""
    return drawn([seed + i for i, seed in enumerate(seeds)])


def from_their_set(seeds):
    """A seed given twice is drawn from once, and goes on."""
    generators = {seed: np.random.default_rng(seed) for seed in seeds}
    return {"numbers": np.stack([generators[seed].random(3) for seed in seeds])}


def from_the_clock(seeds, calls=[0]):  # noqa: B006 (what is remembered from call to call)
    """Another result at each call."""
    calls[0] += 1
    return drawn([seed + 1000 * calls[0] for seed in seeds])


def always_alike(seeds):
    """No seed is read."""
    return drawn([0] * len(seeds))


def test_a_function_of_each_seed_follows_it(evidence):
    """Numbers that each seed's own generator draws."""
    laws.follows_each_seed(evidence, drawn)


@pytest.mark.parametrize(
    "draw",
    [
        from_one_generator,
        from_16_bits,
        from_31_bits,
        from_the_place,
        from_their_set,
        from_the_clock,
        always_alike,
    ],
)
def test_what_is_no_function_of_each_seed_is_refuted(evidence, draw):
    """One generator for all, seeds cut short, places, sets, clocks and constants."""
    with pytest.raises(Refuted):
        laws.follows_each_seed(evidence, draw)


# answers_each_by_itself

SAMPLES = np.random.default_rng(0).normal(size=(2, 5, 3))


class Remembers:
    """A handle that counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self, samples):
        """Answers that grow from call to call."""
        self.calls += 1
        return samples + self.calls / 10


class DropsOut:
    """A handle that is still in training."""

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def __call__(self, samples):
        """A tenth of the numbers are zero."""
        return samples * (self.rng.random(samples.shape) > 0.1)


def test_samples_answered_by_themselves_are(evidence):
    """A function of each sample."""
    laws.answers_each_by_itself(evidence, lambda samples: {"sums": samples.sum(-1)}, SAMPLES)


@pytest.mark.parametrize(
    "ask",
    [
        Remembers(),
        DropsOut(),
        lambda samples: samples - samples.mean(1, keepdims=True),
        lambda samples: samples.cumsum(1),
        lambda samples: samples + np.arange(samples.shape[1])[:, None],
        lambda samples: samples * (np.arange(samples.shape[1]) < 1024)[:, None],
    ],
    ids=["remembers", "dropout", "statistics of the batch", "those before", "the place", "the last batch"],
)
def test_answers_that_depend_on_more_are_refuted(evidence, ask):
    """On calls before, on chance, on the other samples, on the place, on how many there are."""
    with pytest.raises(Refuted):
        laws.answers_each_by_itself(evidence, ask, SAMPLES)


# learns_at_the_rate

START = {"weights": np.zeros((2, 3)), "statistics": np.zeros((2, 1))}


def trained_at(rate):
    """Weights that move by the rate, and a statistic that is another after any training."""
    return {"weights": START["weights"] + rate, "statistics": START["statistics"] + 1}


def test_what_moves_by_the_rate_learns_at_it(evidence):
    """Statistics of the batch, which are few, may move whatever the rate."""
    laws.learns_at_the_rate(evidence, START, trained_at, 0.1)


@pytest.mark.parametrize("train", [lambda _: trained_at(0.1), lambda _: START], ids=["another rate", "no training"])
def test_what_does_not_move_by_the_rate_is_refuted(evidence, train):
    """A rate that is not read, and a training that does nothing."""
    with pytest.raises(Refuted):
        laws.learns_at_the_rate(evidence, START, train, 0.1)


# parameters_decide


class Linear:
    """Affine maps, one per seed."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.hidden, self.numbers = rng.normal(), {"weights": rng.normal(size=(2, 3)), "bias": rng.normal(size=(2,))}

    def parameters(self):
        """Weights and bias."""
        return dict(self.numbers)

    def set_parameters(self, parameters):
        """Replace both."""
        self.numbers = dict(parameters)

    def ask(self):
        """A number per sample."""
        return np.einsum("rnd,rd->rn", SAMPLES, self.numbers["weights"]) + self.numbers["bias"][:, None]


class KeepsSome(Linear):
    """A number that decides is no parameter."""

    def ask(self):
        """Scaled by what cannot be set."""
        return self.hidden * super().ask()


class SetsNothing(Linear):
    """What is set is read again, and decides nothing."""

    def __init__(self, seed):
        super().__init__(seed)
        self.first = self.numbers

    def ask(self):
        """By the first parameters."""
        self.numbers, now = self.first, self.numbers
        answers = super().ask()
        self.numbers = now
        return answers


class IsNoNetwork(Linear):
    """Samples are told apart without parameters."""

    def ask(self):
        """The sign of a sample's first number."""
        return np.sign(SAMPLES[..., 0])


def test_parameters_that_decide_do(evidence):
    """All that decides can be read and set."""
    laws.parameters_decide(evidence, Linear(0), Linear(1), lambda network: network.ask())


@pytest.mark.parametrize("network", [KeepsSome, SetsNothing, IsNoNetwork])
def test_parameters_that_do_not_decide_are_refuted(evidence, network):
    """A hidden number, a setter without effect, and answers by another way."""
    with pytest.raises(Refuted):
        laws.parameters_decide(evidence, network(0), network(1), lambda network: network.ask())


# samples_read


@pytest.mark.parametrize("read", [0, 1, 4, 6])
def test_samples_that_have_an_effect_are_counted(read):
    """Of six samples, the sum of some."""
    samples = np.random.default_rng(0).normal(size=(6, 3))
    assert laws.samples_read(lambda copies: copies[:, :read].sum(1), samples, samples + 9) == read
