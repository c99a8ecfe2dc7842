"""Question 5: how the two players depend on each other, exactly: their losses, gradients and single steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.harness import claim, stream

from .measures import generator_loss, probability, value

SEEDS = st.integers(0, 2**32 - 1)
# Down to about e⁻³⁰ on either side, where 1 − D keeps few digits: the formula is that of the D that is passed.
PROBABILITIES = st.lists(st.floats(-30, 30), min_size=1, max_size=12).map(lambda x: probability(np.array(x)))
PLAYERS = ["generator", "discriminator"]
REPLICATES, LATENT, WIDTH = 3, 3, 2
H = 0.003
"""How far parameters are moved to measure a slope."""
FLOAT32 = 1e-5
"""Rounding of a network in single precision, relative to outputs of about 1."""


def points(seed: int, purpose: str = "data", n: int = 64) -> np.ndarray:
    """What networks learn from, (r, n, 2)."""
    return stream(seed, purpose).normal(size=(REPLICATES, n, WIDTH)).astype(np.float32)


def networks(impl, seed: int, data=None, *, saturating=True, batch_size=4, rate=1e-3):
    """Small networks as they start."""
    return impl.gan.gans(
        points(seed) if data is None else data,
        latent_dimensions=LATENT,
        saturating=saturating,
        hidden=8,
        learning_rate=rate,
        batch_size=batch_size,
        seeds=[seed % 2**31 + i for i in range(REPLICATES)],
        device="cpu",
    )


def state(gans, seed: int, *labels: str, scale: float = 0.5):
    """Parameters of both players drawn anew, so that the discriminator has opinions."""
    rng = stream(seed, "parameters", *labels)
    return {
        player: {name: (scale * rng.normal(size=array.shape)).astype(array.dtype) for name, array in arrays.items()}
        for player, arrays in gans.parameters().items()
    }


def sample(seed: int, n: int, *labels: str) -> tuple[np.ndarray, np.ndarray]:
    """Real samples (r, n, 2) and latent vectors (r, n, 3), drawn anew."""
    rng = stream(seed, "sample", *labels)
    return tuple(rng.normal(size=(REPLICATES, n, width)).astype(np.float32) for width in (WIDTH, LATENT))


def flat(parameters) -> np.ndarray:
    """One player's parameters, or their gradient, in a row: (replicates, p)."""
    return np.concatenate([parameters[name].reshape(REPLICATES, -1) for name in sorted(parameters)], axis=1)


def changed(before, after) -> np.ndarray:
    """Which arrays of one player have changed, in each replicate: (arrays, replicates)."""
    return np.array([(before[name] != after[name]).reshape(REPLICATES, -1).any(1) for name in before])


def agreement(before, after, gradient) -> np.ndarray:
    """How much of a gradient, by absolute value, a step goes down: 1 all of it, ½ by chance, 0 none; (replicates,)."""
    step, gradient = flat(after) - flat(before), flat(gradient)
    return (np.abs(gradient) * (np.sign(step) == -np.sign(gradient))).sum(1) / np.abs(gradient).sum(1)


def losses(gans, players, real, latent, saturating: bool) -> dict[str, np.ndarray]:
    """Both players' losses by the formula, from the networks' outputs, each (replicates,)."""
    gans.set_parameters(players)
    real, fake = gans.discriminate(real), gans.discriminate(gans.generate(latent))
    return {"discriminator": -value(real, fake), "generator": generator_loss(fake, saturating)}


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
    gans = networks(impl, seed, batch_size=16)
    for _ in range(5):
        before = gans.parameters()
        gans.train(1, "both")
        for player in PLAYERS:
            changes = changed(before[player], gans.parameters()[player])
            evidence.true(changes, f"a round changes every array of the {player}")


@claim("gan.trained-together")
@pytest.mark.parametrize("player", PLAYERS)
@settings(max_examples=5)
@given(SEEDS)
def test_a_step_leaves_the_other_player_alone(impl, evidence, player, seed):
    """Steps of one player change that one, and not a bit of the other."""
    gans = networks(impl, seed)
    gans.train(2, "both")
    before = gans.parameters()
    gans.train(3, player)
    (other,) = set(PLAYERS) - {player}
    evidence.true(changed(before[player], gans.parameters()[player]), f"steps of the {player} change it")
    evidence.equal(gans.parameters()[other], before[other], f"the {other} after steps of the {player}, and before", 0)


@claim("gan.trained-together")
@pytest.mark.parametrize("saturating", [True, False])
@settings(max_examples=3)
@given(SEEDS)
def test_a_step_goes_down_the_players_own_loss(impl, evidence, saturating, seed):
    """Each player's step goes down its own loss's gradient, .85 of it or more, whatever was trained before."""
    # Batches so large that a step's own draw hardly matters, not even where the gradient is small.
    gans = networks(impl, seed, points(seed, n=4096), saturating=saturating, batch_size=4096)
    real, latent = sample(seed, 16384)
    for history in (0, 10):
        # Steps from another state must have left nothing behind, such as gradients that add up.
        gans.set_parameters(state(gans, seed, "elsewhere", scale=0.7))
        gans.train(history, "both")
        gans.set_parameters(state(gans, seed, scale=0.7))
        for player in reversed(PLAYERS):
            before, gradient = gans.parameters()[player], gans.gradients(real, latent)[player]
            gans.train(1, player)
            agrees = agreement(before, gans.parameters()[player], gradient)
            evidence.true(agrees >= 0.85, f"the {player}'s step goes down its gradient", history=history, share=agrees)


@claim("gan.trained-together")
@settings(max_examples=3)
@given(SEEDS)
def test_a_discriminator_alone_settles(impl, evidence, seed):
    """Against a generator that stands still, a discriminator ends with a lower loss than soon after its start."""
    gans, (_, latent) = networks(impl, seed, batch_size=64, rate=0.03), sample(seed, 64)
    after = []
    for rounds in (20, 280):
        gans.train(rounds, "discriminator")
        after.append(-value(gans.discriminate(points(seed)), gans.discriminate(gans.generate(latent))))
    evidence.true(after[1] < after[0], "the loss after 300 rounds is lower than after 20", after=after)


@claim("gan.trained-together")
@pytest.mark.parametrize("player", PLAYERS)
@settings(max_examples=5)
@given(SEEDS)
def test_every_step_draws_its_own_latent_vectors(impl, evidence, player, seed):
    """Steps from the same state differ although all data are alike, for each has latent vectors of its own."""
    gans = networks(impl, seed, np.ones((REPLICATES, 16, WIDTH), dtype=np.float32), batch_size=2)
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
    gans, (real, latent) = networks(impl, seed, saturating=saturating), sample(seed, 64)
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
                # Rounding of losses (3e-7) over 2h, and the kinks that h crosses, each stay below 3 % of the length;
                # a wrong sign, label or kind of loss is off by about all of it.
                what = f"slope of the {player}'s loss, as a share of its gradient"
                evidence.equal((above - below) / (2 * H) / length, slope / length, what, tolerance=0.05)


@claim("gan.losses-are-coupled")
@settings(max_examples=10)
@given(SEEDS)
def test_each_gradient_depends_on_the_opponent(impl, evidence, seed):
    """With other parameters of one player, the other's loss and its gradient change by more than a hundredth."""
    gans, (real, latent) = networks(impl, seed), sample(seed, 64)
    players, others = state(gans, seed), state(gans, seed, "others")
    for player, opponent in (PLAYERS, reversed(PLAYERS)):
        gans.set_parameters(players)
        before = flat(gans.gradients(real, latent)[player])
        gans.set_parameters(players | {opponent: others[opponent]})
        change = np.linalg.norm(flat(gans.gradients(real, latent)[player]) - before, axis=1)
        depends = change > 0.01 * np.linalg.norm(before, axis=1)
        evidence.true(depends, f"the {player}'s gradient depends on the {opponent}", change=change)
        loss = [losses(gans, p, real, latent, True)[player] for p in (players, players | {opponent: others[opponent]})]
        evidence.true(np.abs(loss[1] - loss[0]) > 1e-4, f"the {player}'s loss depends on the {opponent}")


@claim("gan.losses-are-coupled")
@settings(max_examples=10)
@given(SEEDS)
def test_given_the_discriminator_real_data_do_not_move_the_generator(impl, evidence, seed):
    """Other real samples change the discriminator's gradient, and not a bit of the generator's."""
    gans, (real, latent), (other, _) = networks(impl, seed), sample(seed, 64), sample(seed, 64, "other")
    gans.set_parameters(state(gans, seed))
    one, two = (gans.gradients(batch, latent) for batch in (real, other))
    evidence.equal(two["generator"], one["generator"], "the generator's gradient on other real data, and before", 0)
    change = np.abs(flat(two["discriminator"]) - flat(one["discriminator"])).max(1)
    evidence.true(change > 1e-3, "the discriminator's gradient depends on real data", change=change)


@claim("gan.losses-are-coupled")
@settings(max_examples=5)
@given(SEEDS)
def test_the_generators_steps_see_real_data_through_the_discriminator_only(impl, evidence, seed):
    """With equal seeds and players, the generator's steps are equal whatever the data; with another D they differ."""
    data, other_data, ends = points(seed), points(seed, "other data"), []
    players, others = (state(networks(impl, seed), seed, *labels) for labels in ((), ("others",)))
    other_opponent = players | {"discriminator": others["discriminator"]}
    for learned, start in ((data, players), (other_data, players), (data, other_opponent)):
        gans = networks(impl, seed, learned)
        gans.set_parameters(start)
        gans.train(3, "generator")
        ends.append(gans.parameters()["generator"])
    evidence.equal(ends[1], ends[0], "the generator after steps beside other data, and beside these", 0)
    evidence.true(changed(ends[0], ends[2]).any(0), "the generator's steps depend on the discriminator")


@claim("gan.value-through-the-discriminator")
@settings(max_examples=10)
@given(SEEDS, st.floats(-3, 3))
def test_what_a_blind_discriminator_sees_does_not_matter(impl, evidence, seed, shift):
    """With all its parameters 0, the discriminator gives ½ to every sample, and any samples have V = −log 4."""
    gans, (real, latent) = networks(impl, seed), sample(seed, 32)
    players = gans.parameters()
    blind = {name: np.zeros_like(array) for name, array in players["discriminator"].items()}
    gans.set_parameters(players | {"discriminator": blind})
    for samples in (real, real[:, ::-1] * 5 + np.float32(shift), gans.generate(latent)):
        d = probability(gans.discriminate(samples))
        evidence.equal([impl.gan.value(half, half) for half in d], [-np.log(4)] * REPLICATES, "V, and −log 4")


@claim("gan.value-through-the-discriminator")
@settings(max_examples=10)
@given(SEEDS)
def test_a_sample_is_judged_by_itself(impl, evidence, seed):
    """The discriminator's output for a sample is the same alone, in another order and among others."""
    gans, (samples, _) = networks(impl, seed), sample(seed, 32)
    gans.set_parameters(state(gans, seed))
    together = gans.discriminate(samples)
    evidence.equal(gans.discriminate(samples[:, ::-1])[:, ::-1], together, "logits in another order", FLOAT32)
    evidence.equal(gans.discriminate(samples[:, :1]), together[:, :1], "the logit of a sample alone", FLOAT32)


@claim("gan.value-through-the-discriminator")
@settings(max_examples=10)
@given(SEEDS)
def test_different_samples_with_equal_outputs_have_equal_value(impl, evidence, seed):
    """Samples far from the real ones, found where the discriminator says the same of them, leave V as it is."""
    gans, (real, latent) = networks(impl, seed), sample(seed, 32)
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
