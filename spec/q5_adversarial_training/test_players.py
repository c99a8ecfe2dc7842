"""Question 5: how the two players depend on each other, exactly: their losses, gradients and single steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.laws import answers_each_by_itself
from spec.harness import claim, seed_of_test, stream

from .measures import probability, value
from .small_gans import (
    PLAYERS,
    REPLICATES,
    WIDTH,
    always,
    changed,
    flat,
    losses,
    of_size,
    points,
    sample,
    small_gans,
    state,
    with_arrays,
    zeros,
)

SEEDS = st.integers(0, 2**32 - 1)
# Down to about e⁻³⁰ on either side, where 1 − D keeps few digits: the formula is that of the D that is passed.
PROBABILITIES = st.lists(st.floats(-30, 30), min_size=1, max_size=12).map(lambda x: probability(np.array(x)))
H = 0.001
"""How far parameters are moved to measure a slope."""
FLOAT32 = 1e-4
"""Rounding of a network in single precision, relative to outputs of about 1."""


def unit(direction: np.ndarray) -> np.ndarray:
    """A direction of length 1 in each replicate."""
    length = np.linalg.norm(direction.reshape(REPLICATES, -1), axis=1)
    return direction / np.maximum(length, 1e-12).reshape(-1, *[1] * (direction.ndim - 1))


def moved(players, player: str, name: str, step: np.ndarray):
    """The players with one array moved by a step."""
    array = players[player][name]
    return players | {player: players[player] | {name: (array + step).astype(array.dtype)}}


@claim("gan.minimax-value")
@settings(max_examples=50)
@given(PROBABILITIES, PROBABILITIES)
def test_the_discriminator_maximises_the_value(impl, evidence, real, fake):
    """What the discriminator minimises is minus the value."""
    expected = -np.mean(np.log(real)) - np.mean(np.log1p(-fake))
    evidence.equal(impl.gan.discriminator_loss(real, fake), expected, "the discriminator's loss, and −V")


@claim("gan.minimax-value")
@settings(max_examples=50)
@given(PROBABILITIES)
def test_the_generator_minimises_its_part_of_the_value(impl, evidence, fake):
    """The saturating loss is the part of V that depends on the generator; the other one is −log D(G(z))."""
    evidence.equal(impl.gan.generator_loss(fake, True), np.mean(np.log1p(-fake)), "saturating, and E log(1 − D(G(z)))")
    evidence.equal(impl.gan.generator_loss(fake, False), -np.mean(np.log(fake)), "non-saturating, and −E log D(G(z))")


@claim("gan.minimax-value")
@settings(max_examples=30)
@given(st.floats(-290, -1))
def test_small_probabilities_keep_their_digits(impl, evidence, exponent):
    """Where D(G(z)) = p is tiny, the saturating loss is log(1 − p), about −p, and not rounded to 0."""
    p = 10.0**exponent
    share = impl.gan.generator_loss(np.array([p]), True) / np.log1p(-p)
    evidence.equal(share, 1.0, "the loss as a share of log(1 − p), and 1")


@claim("gan.trained-together")
@settings(max_examples=5)
@given(SEEDS)
def test_both_change_in_every_round(impl, evidence, seed):
    """From the first round on, each round changes every array of both players."""
    gans = small_gans(impl, seed, batch_size=16, learning_rate=0.01)
    # Not from where networks start: gradients may be lost in rounding there.
    gans.set_parameters(state(gans, seed))
    for _ in range(5):
        before = gans.parameters()
        gans.train(1, "both")
        for player in PLAYERS:
            changes = list(changed(before[player], gans.parameters()[player]).values())
            evidence.true(changes, f"a round changes every array of the {player}")


@claim("gan.trained-together")
@pytest.mark.parametrize("player", PLAYERS)
@settings(max_examples=5)
@given(SEEDS)
def test_a_step_leaves_the_other_player_alone(impl, evidence, player, seed):
    """Steps of one player change that one, and not a bit of the other."""
    gans = small_gans(impl, seed, learning_rate=0.01)
    gans.set_parameters(state(gans, seed))
    gans.train(2, "both")
    before = gans.parameters()
    gans.train(3, player)
    (other,) = set(PLAYERS) - {player}
    changes = list(changed(before[player], gans.parameters()[player]).values())
    evidence.true(changes, f"steps of the {player} change it")
    evidence.equal(gans.parameters()[other], before[other], f"the {other} after steps of the {player}, and before", 0)


@claim("gan.trained-together")
@pytest.mark.parametrize("player", PLAYERS)
@settings(max_examples=5)
@given(SEEDS)
def test_every_step_draws_its_own_latent_vectors(impl, evidence, player, seed):
    """Steps from the same state differ although all data are alike, for each has latent vectors of its own."""
    gans = small_gans(impl, seed, np.ones((REPLICATES, 16, WIDTH), dtype=np.float32), batch_size=2)
    start, ends = state(gans, seed), []
    for _ in range(4):
        gans.set_parameters(start)
        gans.train(5, player)  # several, since a first step of Adam knows but the signs of the gradient
        ends.append(flat(gans.parameters()[player]))
    differs = [(end != ends[0]).any(1) for end in ends[1:]]
    evidence.true(np.any(differs, axis=0), f"steps of the {player} from one state differ")


@claim("gan.losses-are-coupled")
@pytest.mark.parametrize("saturating", [True, False])
@settings(max_examples=4)
@given(SEEDS)
def test_gradients_are_those_of_the_formula(impl, evidence, saturating, seed):
    """Each player's gradient is that of its loss by the formula, by central differences along it and at random."""
    gans, (real, latent) = small_gans(impl, seed, saturating=saturating), sample(seed, 1024)
    players, rng = state(gans, seed), stream(seed, "directions")
    gans.set_parameters(players)
    gradients = gans.gradients(real, latent)
    for player in PLAYERS:
        length = np.linalg.norm(flat(gradients[player]), axis=1)
        for name, gradient in gradients[player].items():
            for along in (unit(gradient), unit(rng.normal(size=gradient.shape))):
                above, below = (
                    losses(gans, moved(players, player, name, h * along), real, latent, saturating)[player]
                    for h in (H, -H)
                )
                slope = (gradient * along).reshape(REPLICATES, -1).sum(1)
                # A wrong sign, label or kind of loss is off by about all of its length. Rounding, and the kinks that h
                # crosses, of which a thousand samples have many that even out, come to .001 of it: to over .0037 in one
                # state of 200, and, if that falls by the power of 2.7 as it does for fewer samples, to over .1 in 10⁻⁶.
                what = f"slope of the {player}'s loss, as a share of its gradient"
                evidence.equal((above - below) / (2 * H) / length, slope / length, what, tolerance=0.1)


@claim("gan.losses-are-coupled")
def test_thousands_of_samples_are_answered_as_hundreds_are(impl, evidence):
    """Of 5000 samples, outputs are those of each part of 500, and gradients the mean of theirs."""
    seed = seed_of_test()
    gans, (real, latent) = small_gans(impl, seed), sample(seed, 5000)
    gans.set_parameters(state(gans, seed))
    parts = list(zip(np.split(real, 10, axis=1), np.split(latent, 10, axis=1), strict=True))
    for ask, whole, which in ((gans.discriminate, real, 0), (gans.generate, latent, 1)):
        expected = np.concatenate([ask(part[which]) for part in parts], axis=1)
        evidence.equal(ask(whole), expected, "outputs for all samples, and for parts of them", FLOAT32)
    gradients, means = gans.gradients(real, latent), [gans.gradients(*part) for part in parts]
    for player in PLAYERS:
        mean = np.mean([flat(part[player]) for part in means], axis=0)
        evidence.equal(flat(gradients[player]), mean, f"the {player}'s gradient, and the mean of its parts", FLOAT32)


@claim("gan.losses-are-coupled")
@settings(max_examples=5)
@given(SEEDS)
def test_the_generators_loss_and_gradient_depend_on_the_discriminator(impl, evidence, seed):
    """Against a constant discriminator the generator's loss is the bias's, its gradient 0; against others it is not."""
    gans, (real, latent) = small_gans(impl, seed), sample(seed, 64)
    players = state(gans, seed)
    for bias in (-2.0, 2.0):
        blind = players | {"discriminator": with_arrays(zeros(players["discriminator"]), 1, bias)}
        loss = losses(gans, blind, real, latent, saturating=True)["generator"]
        expected = [np.log1p(-probability(np.array(bias)))] * REPLICATES
        evidence.equal(loss, expected, "the generator's loss against D ≡ ½ moved by a bias", FLOAT32)
        gradient = flat(gans.gradients(real, latent)["generator"])
        evidence.equal(gradient, np.zeros_like(gradient), "the generator's gradient against a blind discriminator", 0)
    gans.set_parameters(players)
    length = np.linalg.norm(flat(gans.gradients(real, latent)["generator"]), axis=1)
    evidence.true(length > 0, "the generator's gradient against another discriminator is not 0", length=length)


@claim("gan.losses-are-coupled")
@settings(max_examples=5)
@given(SEEDS)
def test_the_discriminators_loss_and_gradient_depend_on_the_generator(impl, evidence, seed):
    """If the generator makes what looks more real, the discriminator's loss rises by that much, and its gradient turns.

    The gradient by the last bias is the mean of D − 1 on real samples plus that of D on generated ones.
    """
    gans, (real, latent) = small_gans(impl, seed), sample(seed, 64)
    players, r = state(gans, seed), np.arange(REPLICATES)
    gans.set_parameters(players)
    logits = gans.discriminate(real)
    (bias,) = of_size(players["discriminator"], 1)
    for places in (logits.argmin(1), logits.argmax(1)):
        made = players | {"generator": always(players["generator"], real[r, places])}
        loss = losses(gans, made, real, latent, saturating=True)["discriminator"]
        fake = logits[r, places]
        evidence.equal(loss, -value(logits, fake[:, None]), "the discriminator's loss", tolerance=FLOAT32)
        gradient = gans.gradients(real, latent)["discriminator"][bias].reshape(REPLICATES)
        expected = (probability(logits) - 1).mean(1) + probability(fake)
        evidence.equal(gradient, expected, "the gradient by the discriminator's last bias", tolerance=FLOAT32)


@claim("gan.losses-are-coupled")
@settings(max_examples=3)
@given(SEEDS)
def test_gradients_hold_where_the_discriminator_is_sure(impl, evidence, seed):
    """At logits about ±50 gradients are what they tend to: by a logit 0 or ±1, and neither cut off nor infinite."""
    real, latent = sample(seed, 64)
    generators = {}
    for saturating in (True, False):
        gans = small_gans(impl, seed, saturating=saturating)
        players = state(gans, seed)
        (bias,) = of_size(players["discriminator"], 1)
        for shift in (-50.0, 50.0):
            sure = with_arrays(players["discriminator"], 1, shift)
            gans.set_parameters(players | {"discriminator": sure})
            gradients = gans.gradients(real, latent)
            generators[saturating, shift] = flat(gradients["generator"])
            by_bias = gradients["discriminator"][bias].reshape(REPLICATES)
            evidence.equal(by_bias, [np.sign(shift)] * REPLICATES, "the gradient by the last bias", tolerance=FLOAT32)
    # log(1 − D) falls with the logit where D is 1, and −log D where D is 0: the same slope, −1.
    evidence.equal(
        generators[True, 50.0],
        generators[False, -50.0],
        "the generator's gradient, saturating where D ≈ 1, and not saturating where D ≈ 0",
        tolerance=FLOAT32,
    )
    evidence.true(np.abs(generators[True, 50.0]).max(1) > 1e-3, "this gradient is not 0")
    for case in ((True, -50.0), (False, 50.0)):
        evidence.equal(generators[case], np.zeros_like(generators[case]), "the gradient of a loss that is 0", FLOAT32)


@claim("gan.losses-are-coupled")
@pytest.mark.parametrize("saturating", [True, False])
def test_each_handle_keeps_the_loss_that_it_was_asked_for(impl, evidence, saturating):
    """Gradients are the same, bit for bit, after another handle was made whose generator has the other loss."""
    seed = seed_of_test()
    gans, batch = small_gans(impl, seed, saturating=saturating), sample(seed, 16)
    gans.set_parameters(state(gans, seed))
    before = gans.gradients(*batch)
    small_gans(impl, seed, saturating=not saturating).gradients(*batch)
    evidence.equal(gans.gradients(*batch), before, "gradients after another handle was asked, and before", tolerance=0)


@claim("gan.losses-are-coupled")
@settings(max_examples=10)
@given(SEEDS)
def test_given_the_discriminator_real_data_do_not_move_the_generator(impl, evidence, seed):
    """Other real samples change the discriminator's gradient, and not a bit of the generator's."""
    gans, (real, latent), (other, _) = small_gans(impl, seed), sample(seed, 64), sample(seed, 64, "other")
    gans.set_parameters(state(gans, seed))
    one, two = (gans.gradients(batch, latent) for batch in (real, other))
    evidence.equal(two["generator"], one["generator"], "the generator's gradient on other real data, and before", 0)
    change = np.abs(flat(two["discriminator"]) - flat(one["discriminator"])).max(1)
    evidence.true(change > 1e-3, "the discriminator's gradient depends on real data", change=change)
    evidence.equal(gans.gradients(real, latent), one, "gradients asked for again, and before", 0)


@claim("gan.losses-are-coupled")
@settings(max_examples=5)
@given(SEEDS)
def test_the_generators_steps_see_real_data_through_the_discriminator_only(impl, evidence, seed):
    """With equal seeds and players, the generator's steps are equal whatever the data; with another D they differ."""
    data, other_data, ends = points(seed), points(seed, "other data"), []
    players, others = (state(small_gans(impl, seed), seed, *labels) for labels in ((), ("others",)))
    other_opponent = players | {"discriminator": others["discriminator"]}
    for learned, start in ((data, players), (other_data, players), (data, other_opponent)):
        gans = small_gans(impl, seed, learned)
        gans.set_parameters(start)
        gans.train(3, "generator")
        ends.append(gans.parameters()["generator"])
    evidence.equal(ends[1], ends[0], "the generator after steps beside other data, and beside these", 0)
    differs = np.any(list(changed(ends[0], ends[2]).values()), axis=0)
    evidence.true(differs, "the generator's steps depend on the discriminator")


@claim("gan.value-through-the-discriminator")
@settings(max_examples=10)
@given(SEEDS, st.floats(-3, 3))
def test_what_a_blind_discriminator_sees_does_not_matter(impl, evidence, seed, shift):
    """With all its parameters 0, the discriminator gives ½ to every sample, and any samples have V = −log 4."""
    gans, (real, latent) = small_gans(impl, seed), sample(seed, 32)
    players = gans.parameters()
    blind = {name: np.zeros_like(array) for name, array in players["discriminator"].items()}
    gans.set_parameters(players | {"discriminator": blind})
    for samples in (real, real[:, ::-1] * 5 + np.float32(shift), gans.generate(latent)):
        d = probability(gans.discriminate(samples))
        evidence.equal([impl.gan.value(half, half) for half in d], [-np.log(4)] * REPLICATES, "V, and −log 4")


@claim("gan.value-through-the-discriminator")
@settings(max_examples=3)
@given(SEEDS)
def test_a_sample_is_made_and_judged_by_itself(impl, evidence, seed):
    """The output for a latent vector or a sample is the same in a second call, alone and among others in any order."""
    gans, (samples, latent) = small_gans(impl, seed), sample(seed, 32)
    gans.set_parameters(state(gans, seed))
    answers_each_by_itself(evidence, gans.discriminate, samples, tolerance=FLOAT32)
    answers_each_by_itself(evidence, gans.generate, latent, tolerance=FLOAT32)


@claim("gan.value-through-the-discriminator")
@settings(max_examples=10)
@given(SEEDS)
def test_different_samples_with_equal_outputs_have_equal_value(impl, evidence, seed):
    """Samples far from the real ones, found where the discriminator says the same of them, leave V as it is."""
    gans, (real, latent) = small_gans(impl, seed), sample(seed, 32)
    gans.set_parameters(state(gans, seed, scale=0.3))
    logits, fake = gans.discriminate(real), gans.discriminate(gans.generate(latent))
    order = np.argsort(logits, axis=1)
    # Each but the lowest and the highest sample: on the way from the lowest to the highest, D takes its value too.
    sorted_samples = np.take_along_axis(real, order[..., None], 1)
    low, high = sorted_samples[:, :1], sorted_samples[:, -1:]
    target = np.take_along_axis(logits, order, 1)[:, 1:-1]
    left, right = np.zeros(target.shape), np.ones(target.shape)
    for _ in range(40):
        middle = (left + right) / 2
        between = (low + middle[..., None] * (high - low)).astype(np.float32)
        below = gans.discriminate(between) < target
        left, right = np.where(below, middle, left), np.where(below, right, middle)
    original = sorted_samples[:, 1:-1]
    far = np.linalg.norm(between - original, axis=-1).mean(1)
    evidence.true(far > 0.1, "the samples are different ones, by over .1 on average", distance=far)
    v = []
    for samples in (original, between):
        pairs = zip(probability(gans.discriminate(samples)), probability(fake), strict=True)
        v.append([impl.gan.value(*pair) for pair in pairs])
    # Bisection in single precision finds the output to about 1e-6 of the slope of D.
    evidence.equal(v[1], v[0], "V of different samples with equal outputs", tolerance=1e-4)
