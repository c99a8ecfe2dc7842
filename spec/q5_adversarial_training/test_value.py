"""Question 5: the formula of the minimax game, and what it is worth at its best discriminator."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.laws import refuses
from spec.harness import claim, seed_of_test, stream

from .measures import probability

# Strictly between 0 and 1, down to about e⁻¹⁰ on either side.
PROBABILITIES = st.lists(st.floats(-10, 10), min_size=1, max_size=12).map(lambda x: probability(np.array(x)))
DISTRIBUTIONS = st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99), st.floats(-5, 5)), min_size=1, max_size=10)
"""For each of a few values of x: how often it is real, how often generated, and how a discriminator errs about it."""


def value_on_distribution(
    impl, drawn: list[tuple[int, int, float]], error: float
) -> tuple[float, np.ndarray, np.ndarray]:
    """V of a discriminator whose log-odds are off the best ones by `error` times the drawn errors, and p and q."""
    p, q, errors = np.array(drawn, dtype=float).T
    p, q = p / p.sum(), q / q.sum()
    discriminator = 1 / (1 + q / p * np.exp(-error * errors))
    return impl.gan.value(discriminator, discriminator, p, q), p, q


@claim("gan.minimax-value")
@settings(max_examples=50)
@given(PROBABILITIES, PROBABILITIES)
def test_the_value_is_minus_two_cross_entropies(impl, evidence, real, fake):
    """V is minus the sum of the discriminator's binary cross-entropies on real data (1) and on generated data (0)."""
    from sklearn.metrics import log_loss

    loss = sum(log_loss(np.full(len(d), label), d, labels=[0, 1]) for d, label in ((real, 1), (fake, 0)))
    evidence.equal(impl.gan.value(real, fake), -loss, "V, and minus the sum of scikit-learn's two log losses")


@claim("gan.minimax-value")
@settings(max_examples=50)
@given(st.integers(1, 50), st.integers(1, 50))
def test_an_undecided_discriminator_is_worth_minus_log_4(impl, evidence, n, m):
    """Where D is ½ everywhere, V is −log 4, whatever and however much is generated."""
    evidence.equal(impl.gan.value(np.full(n, 0.5), np.full(m, 0.5)), -np.log(4), "V at D ≡ ½, and −log 4")


@claim("gan.minimax-value")
@settings(max_examples=50)
@given(DISTRIBUTIONS)
def test_the_best_discriminator_measures_the_divergence(impl, evidence, drawn):
    """At D* = p / (p + q), V is −log 4 plus twice the Jensen–Shannon divergence of real and generated distribution."""
    from scipy.spatial.distance import jensenshannon

    value, p, q = value_on_distribution(impl, drawn, error=0)
    evidence.equal(value, -np.log(4) + 2 * jensenshannon(p, q) ** 2, "V at D*, and −log 4 + 2 · JSD")


@claim("gan.minimax-value")
@settings(max_examples=30)
@given(st.integers(-300, 300).map(lambda hundredths: hundredths / 100), st.floats(0.5, 2))
def test_it_does_so_between_two_gaussians(impl, evidence, mean, deviation):
    """By quadrature between N(0, 1) and N(μ, σ), V at D* is −log 4 + 2 · JSD, with JSD integrated independently."""
    from scipy.integrate import quad

    def log_densities(x):
        constant = np.log(2 * np.pi) / 2
        return -(x**2) / 2 - constant, -(((x - mean) / deviation) ** 2) / 2 - np.log(deviation) - constant

    def divergence(x: float) -> float:
        log_p, log_q = log_densities(x)
        log_mixture = np.logaddexp(log_p, log_q) - np.log(2)
        return (np.exp(log_p) * (log_p - log_mixture) + np.exp(log_q) * (log_q - log_mixture)) / 2

    x = np.linspace(-25, 25, 4001)
    log_p, log_q = log_densities(x)
    # The trapezoidal rule is as good as exact for densities that have died away at both ends.
    p, q = (np.exp(log_density) / np.exp(log_density).sum() for log_density in (log_p, log_q))
    # Where D* rounds to 0 or 1, the weight of its logarithm is below rounding too.
    best = np.clip(1 / (1 + np.exp(log_q - log_p)), np.finfo(float).tiny, 1 - np.finfo(float).epsneg)
    jsd = quad(divergence, -25, 25, points=[0, mean], limit=200, epsabs=1e-11, epsrel=1e-11)[0]
    evidence.equal(
        impl.gan.value(best, best, p, q), -np.log(4) + 2 * jsd, "V at D*, and −log 4 + 2 · JSD", tolerance=1e-9
    )


@claim("gan.minimax-value")
def test_each_of_many_outputs_counts_the_same(impl, evidence):
    """Of 20 000 outputs, the last twentieth of which are others, V is the mean over all."""
    outputs, half = np.repeat([0.25, 0.75], [19_000, 1000]), np.array([0.5])
    expected = 0.95 * np.log(0.25) + 0.05 * np.log(0.75) - np.log(2)
    evidence.equal(impl.gan.value(outputs, half), expected, "V, and the mean of the logarithms of real ones")
    evidence.equal(impl.gan.value(half, 1 - outputs), expected, "V, and the mean of the logarithms of generated ones")


@claim("gan.minimax-value")
@settings(max_examples=50)
@given(DISTRIBUTIONS)
def test_no_discriminator_does_better(impl, evidence, drawn):
    """Any other discriminator has a lower V, by the divergence of its output from that of D* on all data."""
    from scipy.special import rel_entr

    best, p, q = value_on_distribution(impl, drawn, error=0)
    other, _, _ = value_on_distribution(impl, drawn, error=1)
    opinion, theirs = p / (p + q), p / (p + q * np.exp(-np.array(drawn)[:, 2]))
    gap = np.sum((p + q) * (rel_entr(opinion, theirs) + rel_entr(1 - opinion, 1 - theirs)))
    evidence.true(other <= best + 1e-12, "no other discriminator has a higher V", best=best, other=other)
    evidence.equal(best - other, gap, "V at D* minus V at D, and the divergence of D from D*")


def any_probabilities(rng: np.random.Generator, n: int) -> np.ndarray:
    """Probabilities of all sizes, from 1e-300 to the last below 1, in any order."""
    small = 10.0 ** rng.uniform(-300, 0, size=n)
    large = np.minimum(1 - 10.0 ** rng.uniform(-16, 0, size=n), 1 - np.finfo(float).epsneg)
    return np.where(rng.random(n) < 0.5, small, np.maximum(large, 1e-300))


def any_weights(rng: np.random.Generator, n: int) -> np.ndarray:
    """Weights of all sizes, some 0, whose sum is 1."""
    weights = rng.random(n) ** 4 * (rng.random(n) < 0.8)
    weights[rng.integers(n)] += 1
    return weights / weights.sum()


@claim("gan.minimax-value")
@pytest.mark.parametrize("weighted", [(), ("real",), ("fake",), ("real", "fake")], ids=lambda names: "+".join(names))
@settings(max_examples=5)
@given(st.integers(0, 2**32 - 1))
def test_the_value_is_that_of_the_formula(impl, evidence, weighted, seed):
    """V is the formula's for thousands of outputs from 1e-300 to 1 − 1e-16, with weights of both, of one or none."""
    rng = stream(seed, "outputs")
    sizes = {"real": int(rng.integers(1, 5000)), "fake": int(rng.integers(1, 5000))}
    outputs = {name: any_probabilities(rng, n) for name, n in sizes.items()}
    weights = {f"{name}_weights": any_weights(rng, sizes[name]) for name in weighted}
    logarithms = {"real": [math.log(p) for p in outputs["real"]], "fake": [math.log1p(-p) for p in outputs["fake"]]}
    expected = sum(
        math.fsum(w * x for w, x in zip(weights.get(f"{name}_weights", [1 / len(xs)] * len(xs)), xs, strict=True))
        for name, xs in logarithms.items()
    )
    evidence.equal(impl.gan.value(**outputs, **weights), expected, "V, and the sums of the formula")
    if not weighted:
        evidence.equal(impl.gan.discriminator_loss(**outputs), -expected, "the discriminator's loss, and −V")
        for saturating, sign, name in ((True, 1, "log(1 − D)"), (False, -1, "−log D")):
            terms = logarithms["fake"] if saturating else [math.log(p) for p in outputs["fake"]]
            loss = impl.gan.generator_loss(outputs["fake"], saturating)
            evidence.equal(loss, sign * math.fsum(terms) / len(terms), f"the generator's loss, and the mean of {name}")


@claim("gan.minimax-value")
@pytest.mark.parametrize("off", [-9e-10, 9e-10])
def test_weights_sum_to_1_up_to_rounding(impl, evidence, off):
    """Weights whose sum is 1 within 1e-9 are taken, whether or not they are brought to 1."""
    weights = any_weights(stream(seed_of_test(), "weights"), 1000)
    weights[weights.argmax()] += off
    half = np.full(1000, 0.5)
    for name in ("real_weights", "fake_weights"):
        evidence.equal(impl.gan.value(half, half, **{name: weights}), -np.log(4), "V at D ≡ ½, and −log 4", 1e-8)


HALVES, NAN = np.full(3, 0.5), float("nan")
NOT_PROBABILITIES = {
    "0": np.array([0.5, 0.0, 0.5]),
    "1": np.array([0.5, 0.5, 1.0]),
    "negative": np.array([-0.1, 0.5, 0.5]),
    "above 1": np.array([1.5, 0.5, 0.5]),
    "NaN": np.array([0.5, NAN, 0.5]),
    "infinite": np.array([0.5, 0.5, np.inf]),
    "none": np.zeros(0),
    "two axes": np.full((3, 1), 0.5),
}
NOT_WEIGHTS = {
    "too small a sum": np.full(3, 0.3),
    "too large a sum": np.array([0.5, 0.5, 1e-7]),
    "negative": np.array([-0.5, 0.5, 1.0]),
    "NaN": np.array([0.5, NAN, 0.5]),
    "too few": np.full(2, 0.5),
    "too many": np.full(4, 0.25),
}


@claim("gan.minimax-value")
@pytest.mark.parametrize("name", ["real", "fake"])
@pytest.mark.parametrize("bad", NOT_PROBABILITIES)
def test_outputs_that_are_no_probabilities_are_refused(impl, evidence, name, bad):
    """The value and both losses refuse outputs that are not strictly between 0 and 1."""
    good = {"real": HALVES, "fake": HALVES}
    for function in (impl.gan.value, impl.gan.discriminator_loss):
        refuses(evidence, function, good, **{name: NOT_PROBABILITIES[bad]})
    if name == "fake":
        for saturating in (True, False):
            good = {"fake": HALVES, "saturating": saturating}
            refuses(evidence, impl.gan.generator_loss, good, fake=NOT_PROBABILITIES[bad])


@claim("gan.minimax-value")
@pytest.mark.parametrize("off", [-1e-7, -2e-8, 2e-8, 1e-7])
def test_a_thousand_weights_whose_sum_is_off_are_refused(impl, evidence, off):
    """Of a thousand weights the sum may be off by no more than that of a few."""
    outputs, weights = np.full(1000, 0.5), np.full(1000, 1e-3)
    weights[0] += off
    for name in ("real", "fake"):
        refuses(evidence, impl.gan.value, {"real": outputs, "fake": outputs}, name, **{f"{name}_weights": weights})


@claim("gan.minimax-value")
@pytest.mark.parametrize("name", ["real_weights", "fake_weights"])
@pytest.mark.parametrize("bad", NOT_WEIGHTS)
def test_weights_that_are_none_are_refused(impl, evidence, name, bad):
    """Weights are as many as the outputs, at least 0, and sum to 1."""
    output = name.removesuffix("_weights")
    refuses(evidence, impl.gan.value, {"real": HALVES, "fake": HALVES}, output, **{name: NOT_WEIGHTS[bad]})
