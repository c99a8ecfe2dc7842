"""Question 5: one round of training, exactly: who moves first, on which rows and latent vectors, and which way.

Whatever the optimiser, a first step moves a parameter against its gradient, and leaves it where that is 0. So steps are
read from what has moved, and which way, from states in which few things can.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.laws import follows_each_seed, parameters_decide, refuses
from spec.common.replicates import seeds_of
from spec.contract import Gans, Players
from spec.harness import Evidence, claim, device_of_run, seed_of_test, stream

from .small_gans import (
    HIDDEN,
    LATENT,
    PLAYERS,
    REPLICATES,
    WIDTH,
    always,
    flat,
    of_size,
    points,
    sample,
    small_gans,
    state,
    with_arrays,
    zeros,
)

SEEDS = st.integers(0, 2**32 - 1)
RATE = 0.03
ROWS = 256
"""How many rows of data there are where each is 1 in a column of its own, whose weights alone it moves."""


def tagged_rows(replicates: int, rows: int) -> np.ndarray:
    """Rows that a discriminator tells by which of its first weights move, (replicates, rows, rows)."""
    return np.tile(np.eye(rows, dtype=np.float32), (replicates, 1, 1))


def first_weights(evidence: Evidence, arrays: dict[str, np.ndarray], n_in: int) -> str:
    """The name of one player's weights of its first layer, which are as many as no other array has."""
    names = of_size(arrays, n_in * HIDDEN)
    evidence.equal(len(names), 1, "arrays of the size of the first layer's weights")
    return names[0]


def rows_read(evidence: Evidence, gans: Gans, rows: int, rounds: int, seed: int) -> np.ndarray:
    """Which `tagged_rows` the discriminator read in so many rounds from a fresh state, (replicates, rows)."""
    drawn = state(gans, seed)
    # All parameters 0, the generator makes zeros, in which no weight of the first layer has a gradient.
    gans.set_parameters({"generator": zeros(drawn["generator"]), "discriminator": drawn["discriminator"]})
    name = first_weights(evidence, drawn["discriminator"], rows)
    before = gans.parameters()["discriminator"][name]
    gans.train(rounds, "discriminator")
    moved = gans.parameters()["discriminator"][name] != before
    return moved.any(1 + moved.shape[1:].index(HIDDEN))


def latent_signs(evidence: Evidence, gans: Gans, dimensions: int, seed: int) -> np.ndarray:
    """The signs of the sum of the latent vectors that the generator's next step draws, (replicates, dimensions)."""
    drawn = state(gans, seed)
    name = first_weights(evidence, drawn["generator"], dimensions)
    # With first weights of 0 the generator makes one sample; their gradient is the bias's times the latent vectors.
    drawn["generator"] = with_arrays(drawn["generator"], dimensions * HIDDEN, 0.0)
    gans.set_parameters(drawn)
    replicates = len(drawn["generator"][name])
    ones = np.ones((replicates, 1, dimensions), dtype=np.float32)
    gradient = gans.gradients(np.zeros((replicates, 1, WIDTH), dtype=np.float32), ones)["generator"][name]
    gans.train(1, "generator")
    moved = gans.parameters()["generator"][name]
    return -np.sign(np.sign(gradient * moved).sum(1 + moved.shape[1:].index(HIDDEN)))


def awake(gans: Gans, seed: int) -> Players:
    """Parameters with which all units are where activations are about linear, so that nothing is flat."""
    drawn = state(gans, seed, scale=0.1)
    return {
        player: {
            name: np.full_like(array, 0.5) if array.ndim == 2 and array.shape[1] == HIDDEN else array
            for name, array in drawn[player].items()
        }
        for player in PLAYERS
    }


def strays(before: dict, after: dict, gradient: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """How many of one player's parameters did not move against a gradient that is sure, in each replicate."""
    return ((np.sign(flat(after) - flat(before)) != -np.sign(gradient)) & sure).sum(1)


def beyond_rounding(gradient: np.ndarray) -> np.ndarray:
    """Where a gradient (replicates, p) is more than rounding, and a step of it more than that of a parameter."""
    return np.abs(gradient) > np.maximum(1e-3 * np.abs(gradient).max(1, keepdims=True), 1e-4)


def apart(one: dict, other: dict, start: dict) -> np.ndarray:
    """How far one player's ends are apart, as a share of the way from the start, on average: (replicates,)."""
    return np.abs(flat(one) - flat(other)).mean(1) / np.abs(flat(one) - flat(start)).mean(1)


@claim("gan.trained-together")
@pytest.mark.parametrize(("latent", "hidden", "width"), [(3, 5, 2), (1, 1, 1), (4, 4, 4), (2, 48, 7)])
def test_the_players_are_the_perceptrons_asked_for(impl, evidence, latent, hidden, width):
    """Each player has weights and biases of two hidden layers and an output, of the sizes asked for, and no more."""
    data = np.zeros((1, 4, width), dtype=np.float32)
    gans = small_gans(impl, seed_of_test(), data, latent_dimensions=latent, hidden=hidden)
    for player, n_in, n_out in (("generator", latent, width), ("discriminator", width, 1)):
        sizes = [array[0].size for array in gans.parameters()[player].values()]
        layers = [n_in * hidden, hidden, hidden * hidden, hidden, hidden * n_out, n_out]
        evidence.equal(sorted(sizes), sorted(layers), f"sizes of the {player}'s weights and biases")


@claim("gan.trained-together")
@settings(max_examples=3)
@given(SEEDS)
def test_parameters_decide_what_the_players_answer(impl, evidence, seed):
    """Trained players answer from their parameters alone; where these are 0 but for the last bias, that is it."""
    gans, other, (real, latent) = small_gans(impl, seed), small_gans(impl, seed + 7), sample(seed, 8)
    for trained in (gans, other):
        # What it answers before training is no answer after it.
        trained.generate(latent)
        trained.discriminate(real)
        trained.train(3, "both")
    parameters_decide(evidence, gans, other, lambda asked: [asked.generate(latent), asked.discriminate(real)])
    bias = stream(seed, "bias").normal(size=(REPLICATES, WIDTH + 1)) * 3
    players = gans.parameters()
    discriminator = with_arrays(zeros(players["discriminator"]), 1, bias[:, :1])
    gans.set_parameters({"generator": always(players["generator"], bias[:, 1:]), "discriminator": discriminator})
    answers = np.concatenate([gans.generate(latent), gans.discriminate(real)[..., None]], -1)
    evidence.equal(answers, np.tile(np.roll(bias, -1, 1)[:, None], (1, 8, 1)), "answers, and biases", tolerance=1e-5)


@claim("gan.trained-together")
def test_no_player_starts_as_that_of_another_seed_does(impl, evidence):
    """Where both players are of one shape, none has the numbers that the other one of a neighbouring seed has."""
    data = np.zeros((5, 4, 1), dtype=np.float32)
    players = small_gans(impl, 0, data, latent_dimensions=1, seeds=seeds_of(0, 1, 2, 3, 4)).parameters()
    generators, discriminators = (np.sort(flat(players[player]), 1) for player in PLAYERS)
    differ = [(generators[i] != discriminators[j]).any() for i in range(5) for j in range(5) if i != j]
    evidence.true(differ, "no generator is the discriminator of another seed")


@claim("gan.trained-together")
@settings(max_examples=2)
@given(SEEDS)
def test_networks_are_a_function_of_their_seed(impl, evidence, seed):
    """Untrained networks are their own seed's: the same bits again, others for another seed, alone or beside others."""

    def untrained(seeds):
        data = np.repeat(points(seed)[:1], len(seeds), axis=0)
        return small_gans(impl, seed, data, seeds=seeds).parameters()

    for player in PLAYERS:
        follows_each_seed(evidence, lambda seeds, player=player: untrained(seeds)[player])


@claim("gan.trained-together")
def test_the_rows_of_a_step_are_a_function_of_its_seed(impl, evidence):
    """Which rows the discriminator learns from is drawn by each replicate for itself, from its seed."""

    def drawn(seeds):
        gans = small_gans(impl, seed_of_test(), tagged_rows(len(seeds), ROWS), seeds=seeds, batch_size=8)
        return np.stack([rows_read(evidence, gans, ROWS, rounds=1, seed=seed_of_test()) for _ in range(2)], 1)

    follows_each_seed(evidence, drawn, tolerance=0)


@claim("gan.trained-together")
def test_the_latent_vectors_of_a_step_are_a_function_of_its_seed(impl, evidence):
    """Which latent vectors the generator learns from is drawn by each replicate for itself, from its seed."""

    def drawn(seeds):
        data = np.zeros((len(seeds), 4, WIDTH), dtype=np.float32)
        gans = small_gans(impl, seed_of_test(), data, seeds=seeds, batch_size=1, latent_dimensions=64)
        return np.stack([latent_signs(evidence, gans, 64, seed=seed_of_test()) for _ in range(2)], 1)

    follows_each_seed(evidence, drawn, tolerance=0)


@claim("gan.trained-together")
@settings(max_examples=3)
@given(SEEDS)
def test_a_batch_has_as_many_rows_as_asked_for(impl, evidence, seed):
    """A step of the discriminator reads a batch of rows, each step others, whether or not rows may come twice in it."""
    gans, steps = small_gans(impl, seed, tagged_rows(REPLICATES, ROWS), batch_size=8, learning_rate=RATE), 8
    read = np.stack([rows_read(evidence, gans, ROWS, 1, seed) for _ in range(steps)])  # (steps, replicates, rows)
    counts = read.sum(-1)
    # With replacement, 8 rows of 256 are 8 different ones with probability .90: never in 24 draws at once, 1e-23.
    evidence.equal(counts.max(), 8, "rows of a step, and the size of a batch")
    rows = read.reshape(-1, ROWS)
    # Two steps share 8 · 8 / 256 = .25 rows on average, and more than 5 with probability 2e-9; 276 pairs, with 6e-7.
    shared = (rows[:, None] & rows[None]).sum(-1)[np.triu_indices(len(rows), 1)]
    evidence.true(shared <= 5, "any two steps, of one replicate or of two, read other rows", shared=shared)


@claim("gan.trained-together")
def test_no_batch_is_cut_short(impl, evidence):
    """Batches that do not divide the data are as large as any other."""
    seed = seed_of_test()
    gans = small_gans(impl, seed, tagged_rows(REPLICATES, ROWS), batch_size=100, learning_rate=RATE)
    counts = np.stack([rows_read(evidence, gans, ROWS, 1, seed).sum(-1) for _ in range(4)])
    # Without replacement these are 100 rows; with it 82.9 on average, with a deviation of 3.2: 57 is 8 of these below.
    evidence.true((counts >= 57) & (counts <= 100), "a step of 100 rows reads 57 … 100 different ones", counts=counts)


@claim("gan.trained-together")
@settings(max_examples=2)
@given(SEEDS)
def test_every_row_has_its_turn(impl, evidence, seed):
    """In 100 rounds of batches of 8, the discriminator has read each of 40 rows."""
    gans = small_gans(impl, seed, tagged_rows(REPLICATES, 40), batch_size=8)
    # With replacement, a row is left out with probability (39/40)^800; one of 240 with 4e-7.
    evidence.true(rows_read(evidence, gans, 40, 100, seed), "the row was read")


@claim("gan.trained-together")
@pytest.mark.parametrize("rounds", [0, 1, 2, 19])
def test_there_are_as_many_rounds_as_asked_for(impl, evidence, rounds):
    """So many rounds of one row each have read so many rows."""
    seeds = seeds_of(*range(8))
    gans = small_gans(impl, seeds[0], tagged_rows(8, ROWS), batch_size=1, seeds=seeds)
    read = [rows_read(evidence, gans, ROWS, rounds, seed).sum(-1) for seed in seeds[:4]]
    # With replacement, 19 rows of 256 are different ones with probability .51: never in 32 draws, 2e-10.
    evidence.equal(np.max(read), rounds, "rows read in rounds of one row each, and rounds")


@claim("gan.trained-together")
@pytest.mark.parametrize("batch_size", [1, 2])
def test_latent_vectors_are_drawn_anew_for_every_step(impl, evidence, batch_size):
    """The signs of latent vectors, or of the sum of two, are independent fair coins: across steps and replicates."""
    seed, data = seed_of_test(), np.zeros((4, 4, WIDTH), dtype=np.float32)
    gans = small_gans(impl, seed, data, batch_size=batch_size, latent_dimensions=64)
    signs = np.concatenate([np.ones((1, 64)), *(latent_signs(evidence, gans, 64, seed) for _ in range(40))])
    agree = (signs[:, None] == signs[None]).sum(-1)[np.triu_indices(len(signs), 1)]
    # 64 coins agree with 64 others, or with heads, less than 6 or more than 58 times with probability 9e-13.
    evidence.true((agree >= 6) & (agree <= 58), "any two agree in 6 … 58 of 64 signs", agree=agree)


@claim("gan.trained-together")
@pytest.mark.parametrize("turns", [["both"], ["generator", "discriminator"]], ids=["in_a_round", "in_turn"])
@settings(max_examples=2)
@given(SEEDS)
def test_each_player_draws_latent_vectors_of_its_own(impl, evidence, turns, seed):
    """What the latent vector of one player's step was says nothing about that of the other's next."""
    r = 64
    gans = small_gans(impl, seed, np.zeros((r, 4, WIDTH), dtype=np.float32), latent_dimensions=1, batch_size=1)
    one = {p: {n: np.repeat(a[:1], r, 0) for n, a in arrays.items()} for p, arrays in state(gans, seed).items()}
    one["discriminator"] = with_arrays(one["discriminator"], 1, 0.0)
    gans.set_parameters(one)
    row = gans.generate(np.zeros((r, 1, 1), dtype=np.float32))
    # The data are G(0), of which the discriminator says ½: then its gradient turns as the latent vector passes 0.
    one["discriminator"] = with_arrays(one["discriminator"], 1, -gans.discriminate(row))
    gans = small_gans(impl, seed, np.repeat(row, 4, 1), latent_dimensions=1, batch_size=1, learning_rate=1e-5)
    gans.set_parameters(one)
    grid = np.linspace(-2, 2, r)
    gradients = gans.gradients(row, grid[:, None, None].astype(np.float32))
    for players in turns:
        gans.train(1, players)
    told = []
    for player in PLAYERS:
        tells = np.sign(flat(gradients[player])) * np.sign(grid)[:, None]
        # The parameter whose gradient has the sign of the latent vector, and is large: one player's small step does
        # not turn the other's.
        best = (np.abs(tells.sum(0)) * np.abs(flat(gradients[player])).mean(0)).argmax()
        step = flat(gans.parameters()[player])[:, best] - flat(one[player])[:, best]
        told.append(np.sign(step) * np.sign(tells[:, best].sum()))
    known = (told[0] != 0) & (told[1] != 0)
    heads = np.stack(told)[:, known] > 0
    n, agree, (one, two) = known.sum(), (heads[0] == heads[1]).sum(), heads.sum(1)
    by_chance = (one * two + (n - one) * (n - two)) / max(n, 1)
    # Given how often each is positive, signs that are independent agree as often as by chance, with a deviation of at
    # most half the root of their number: six deviations have a probability of 2e-9.
    what = "signs of both players' latent vectors agree no more, and no less, than by chance"
    evidence.true(abs(agree - by_chance) <= 3 * np.sqrt(n), what, known=n, agree=agree, by_chance=by_chance)


@claim("gan.trained-together")
@pytest.mark.parametrize("players", ["both", *PLAYERS])
@settings(max_examples=3)
@given(SEEDS)
def test_a_round_is_one_step_of_each_the_discriminator_first(impl, evidence, players, seed):
    """While output weights are 0, a step changes no earlier layer; a constant discriminator changes no generator.

    So a second step would be seen, and so would a generator that is not moved by the discriminator as it has become.
    """
    gans = small_gans(impl, seed, learning_rate=RATE, saturating=seed % 2 == 0)
    start = state(gans, seed)
    start["generator"] = with_arrays(start["generator"], HIDDEN * WIDTH, 0.0)
    if players != "generator":
        # The output weights, and hidden biases, which are as many.
        start["discriminator"] = with_arrays(start["discriminator"], HIDDEN, 0.0)
    gans.set_parameters(start)
    gans.train(1, players)
    end = gans.parameters()
    # The last biases, of which there are no more than WIDTH, are left out: they may move by less than rounding.
    names = [(player, name) for player in PLAYERS for name, array in start[player].items() if array[0].size > WIDTH]
    moves = {(p, name): (start[p][name] != end[p][name]).reshape(REPLICATES, -1).any(1) for p, name in names}
    moved = {p: sorted(start[p][name][0].size for q, name in names if q == p and moves[p, name].all()) for p in PLAYERS}
    expected = {
        "generator": [] if players == "discriminator" else [HIDDEN * WIDTH],
        "discriminator": [] if players == "generator" else [HIDDEN],
    }
    evidence.equal(moved, expected, "sizes of the arrays that move in one round")
    still = [not moves[p, name].any() for p, name in names if start[p][name][0].size not in expected[p]]
    evidence.true(still, "arrays without a gradient stay as they were")


@claim("gan.trained-together")
@pytest.mark.parametrize("side", ["real", "fake"])
@settings(max_examples=3)
@given(SEEDS)
def test_a_step_is_down_the_gradient_of_a_known_batch(impl, evidence, side, seed):
    """With one row of data and one sample generated, a step moves every parameter against the gradient on these two.

    One of them is classified nearly correctly, the other with certainty: smoothed labels, a penalty or decay
    would turn the step.
    """
    rng = stream(seed, "known batch")
    candidates = rng.normal(size=(REPLICATES, 256, WIDTH)).astype(np.float32) * 2
    gans = small_gans(impl, seed)
    players = state(gans, seed)
    for _ in range(12):  # until the discriminator's opinions are strong enough
        players["discriminator"] = {name: 1.3 * array for name, array in players["discriminator"].items()}
        gans.set_parameters(players)
        logits = gans.discriminate(candidates)
        if np.ptp(logits, axis=1).min() > 14:
            break
    (bias,) = of_size(players["discriminator"], 1)
    shift = 3 - logits.max(1) if side == "real" else -3 - logits.min(1)
    at = players["discriminator"][bias]
    players["discriminator"][bias] = at + shift.reshape(at.shape).astype(at.dtype)
    r = np.arange(REPLICATES)
    real, fake = (candidates[r, places] for places in (logits.argmax(1), logits.argmin(1)))
    data = np.repeat(real[:, None], 16, 1)
    players["generator"] = always(players["generator"], fake)
    gans = small_gans(impl, seed, data, learning_rate=RATE, saturating=False)
    for history in (0, 5):
        # Steps from another state must have left nothing behind.
        gans.set_parameters(state(gans, seed, "elsewhere"))
        gans.train(history, "both")
        gans.set_parameters(players)
        batch = data[:, :4], np.zeros((REPLICATES, 4, LATENT), dtype=np.float32)
        gradient = flat(gans.gradients(*batch)["discriminator"])
        gans.train(1, "both")
        end = gans.parameters()
        astray = strays(players["discriminator"], end["discriminator"], gradient, beyond_rounding(gradient))
        what = "parameters of the discriminator that do not move against their gradient"
        evidence.equal(astray, np.zeros_like(astray), what)
        gans.set_parameters({"generator": players["generator"], "discriminator": end["discriminator"]})
        gradient = flat(gans.gradients(*batch)["generator"])
        astray = strays(players["generator"], end["generator"], gradient, beyond_rounding(gradient))
        evidence.equal(astray, np.zeros_like(astray), "parameters of the generator that do not move against theirs")


@claim("gan.trained-together")
@pytest.mark.parametrize(
    ("saturating", "spread", "opinion"),
    [
        (True, 0.75, 0.5),
        (False, 1.3, 0.5),
        (True, 1.0, 1.6),
        (False, 1.0, 1.6),
        (True, "sphere", 0.5),
    ],
)
def test_steps_go_down_the_gradient_of_batches_drawn_like_theirs(impl, evidence, saturating, spread, opinion):
    """Where the gradient on any batch of rows and normal latent vectors has one sign, the step has the other one.

    The data are what the generator makes of latent vectors that are spread less, or more, or are all of one length:
    drawn like these, latent vectors would turn the discriminator's gradient. Where its opinions are strong, the
    generator's would turn with the other loss.
    """
    seed = seed_of_test()
    b, batches, rng = 2048, 24, stream(seed, "batches")
    gans = small_gans(impl, seed, saturating=saturating)
    start = state(gans, seed)
    start["discriminator"] = {name: opinion * array for name, array in start["discriminator"].items()}
    gans.set_parameters(start)
    other = rng.normal(size=(REPLICATES, 2 * b, LATENT))
    size = np.sqrt((other**2).mean(-1, keepdims=True))
    data = gans.generate((other / size if spread == "sphere" else spread * other).astype(np.float32))
    gans = small_gans(impl, seed, data, saturating=saturating, batch_size=b, learning_rate=RATE)
    gans.set_parameters(start)
    gans.train(1, "both")
    end = gans.parameters()
    # The generator's step is against the discriminator as it is by then.
    for player, at in (("discriminator", start), ("generator", start | {"discriminator": end["discriminator"]})):
        gans.set_parameters(at)
        slopes = []
        for _ in range(batches):
            latent = rng.normal(size=(REPLICATES, b, LATENT)).astype(np.float32)
            slopes.append(flat(gans.gradients(data[:, rng.integers(2 * b, size=b)], latent)[player]))
        mean, deviation = np.mean(slopes, axis=0), np.std(slopes, axis=0, ddof=1)
        # By Student's t of 23 degrees, a further batch's gradient has another sign with probability 1e-9.
        sure = beyond_rounding(mean) & (np.abs(mean) > 10 * deviation)
        astray = strays(start[player], end[player], mean, sure)
        what = f"parameters of the {player} that do not move against their gradient"
        evidence.equal(astray, np.zeros_like(astray), what)


@claim("gan.trained-together")
@settings(max_examples=3)
@given(SEEDS)
def test_training_goes_on_where_it_was(impl, evidence, seed):
    """Two rounds, none and then three are five, and a replicate's are the same alone: draws and optimisers go on."""
    data, seeds = points(seed), [seed // 2 + i for i in range(REPLICATES)]
    gans, ends = small_gans(impl, seed, data, learning_rate=0.01), []
    start = gans.parameters()
    gans.train(5, "both")
    for alone, parts in ((False, (2, 0, 3)), (True, (5,))):
        others = [
            small_gans(impl, seed, d, seeds=s, learning_rate=0.01)
            for d, s in (zip(data[:, None], [[s] for s in seeds], strict=True) if alone else [(data, seeds)])
        ]
        for other in others:
            for rounds in parts:
                other.train(rounds, "both")
        end = [other.parameters() for other in others]
        ends.append({p: {n: np.concatenate([e[p][n] for e in end]) for n in start[p]} for p in PLAYERS})
    for player in PLAYERS:
        # Rounding turns a step of Adam where a gradient is about 0, in few parameters; another draw turns many.
        for what, end in zip(("in two parts", "alone"), ends, strict=True):
            share = apart(gans.parameters()[player], end[player], start[player])
            evidence.true(share < 0.1, f"the {player} trained {what} ends where it did", share_of_its_way=share)


@claim("gan.trained-together")
@pytest.mark.parametrize("parts", [(20, 20), (0, 17, 0, 23), (1,) * 40], ids=["halves", "with_none", "one_by_one"])
def test_draws_go_on_from_one_call_to_the_next(impl, evidence, parts):
    """Forty rounds have read the same rows, and the next latent vector is the same, in however many calls.

    A call that trains for no rounds has drawn nothing, and neither has a question.
    """
    seed, told = seed_of_test(), []
    for calls in ((40,), parts):
        gans = small_gans(impl, seed, tagged_rows(REPLICATES, ROWS), batch_size=1)
        read = np.any([rows_read(evidence, gans, ROWS, rounds, seed) for rounds in calls], axis=0)
        gans = small_gans(impl, seed, points(seed), batch_size=1, latent_dimensions=16)
        real, latent = points(seed), np.ones((REPLICATES, 64, 16), dtype=np.float32)
        for rounds in calls:
            gans.train(rounds, "generator")
            if len(calls) > 1:
                gans.gradients(real, latent), gans.generate(latent), gans.discriminate(real)
        told.append([read, latent_signs(evidence, gans, 16, seed)])
    evidence.equal(told[1], told[0], "rows read, and the signs of a latent vector, in several calls, and in one", 0)


@claim("gan.trained-together")
def test_each_of_many_networks_has_data_of_its_own(impl, evidence):
    """Of ten replicates, each of whose rows are 1 in a column of its own, each has read its own."""
    rows = np.repeat(np.eye(10, dtype=np.float32)[:, None], 4, axis=1)
    gans = small_gans(impl, seed_of_test(), rows, batch_size=2)
    evidence.equal(rows_read(evidence, gans, 10, 2, seed_of_test()), np.eye(10, dtype=bool), "columns that were read")


@claim("gan.trained-together")
def test_rows_are_drawn_from_all_of_thousands(impl, evidence):
    """Of 4000 rows, each thousand of which is 1 in a column of its own, a step on 64 reads of all four."""
    rows = np.repeat(np.eye(4, dtype=np.float32), 1000, axis=0)[None].repeat(REPLICATES, 0)
    gans = small_gans(impl, seed_of_test(), rows, batch_size=64)
    # One of four is left out with probability (3/4)^64; one of 12 with 1e-7.
    evidence.true(rows_read(evidence, gans, 4, 1, seed_of_test()), "rows of each thousand are read")


@claim("gan.trained-together")
def test_each_row_is_as_likely_as_any_other(impl, evidence):
    """Of three rows each is read in a third of all steps on one row: the first and the last as often as the other."""
    seed, r, steps = seed_of_test(), 64, 12
    gans = small_gans(impl, seed, tagged_rows(r, 3), batch_size=1)
    counts = sum(rows_read(evidence, gans, 3, 1, seed).sum(0) for _ in range(steps))
    # 256 of 768 on average, with a deviation of 13 at most: six of these, with probability 6e-9.
    evidence.true(np.abs(counts - r * steps / 3) <= 79, "steps on each of three rows", steps=counts, of=r * steps)


@claim("gan.trained-together")
def test_a_row_that_comes_often_is_read_often(impl, evidence):
    """Where 15 rows of 16 are alike, so are the rows of 15 steps in 16: each counts as often as it comes."""
    seed, steps = seed_of_test(), 40
    rows = np.tile(np.eye(2, dtype=np.float32)[[0] * 15 + [1]], (REPLICATES, 1, 1))
    gans = small_gans(impl, seed, rows, batch_size=1, latent_dimensions=LATENT)
    rare = sum(rows_read(evidence, gans, 2, 1, seed)[:, 1].sum() for _ in range(steps))
    # Of 120 steps 7.5 on average; 30 or more with probability 2e-10 (and half of them, were the two rows drawn alike).
    evidence.true(rare < 30, "steps on the row that comes once", steps=int(rare), of=REPLICATES * steps)


@claim("gan.trained-together")
@pytest.mark.parametrize("between", ["rounds of the generator", "refused calls", "rounds of both", "questions"])
def test_an_optimiser_remembers_its_own_steps_alone(impl, evidence, between):
    """From where no draw matters, what is done between a discriminator's steps leaves no trace in where they lead.

    All data and generated samples are 0, which a discriminator with first weights of 0 cannot tell apart, and a
    generator without a gradient stays where it is. So the way is the optimiser's alone.
    """
    ends = []
    for interrupted in (False, True):
        gans = small_gans(impl, seed_of_test(), np.zeros((REPLICATES, 8, WIDTH), dtype=np.float32), learning_rate=RATE)
        drawn = {player: zeros(arrays) for player, arrays in gans.parameters().items()}
        start = drawn | {"discriminator": with_arrays(drawn["discriminator"], 1, 2.0)}
        gans.set_parameters(start)
        gans.train(3, "discriminator")
        if interrupted and between == "refused calls":
            for bad in ({"generator": start["generator"]}, start | {"discriminator": start["generator"]}):
                refuses(evidence, gans.set_parameters, {}, parameters=bad)
            refuses(evidence, gans.train, {"rounds": 1, "players": "both"}, rounds=-1)
            refuses(evidence, gans.train, {"rounds": 1, "players": "both"}, players="nobody")
            refuses(evidence, gans.generate, {}, latent=np.zeros((REPLICATES, 0, LATENT), dtype=np.float32))
        elif interrupted and between == "rounds of the generator":
            gans.train(4, "generator")
        elif interrupted and between == "questions":
            real, latent = sample(seed_of_test(), 8)
            gans.gradients(real, latent), gans.generate(latent), gans.discriminate(real), gans.parameters()
        gans.train(3, "both" if interrupted and between == "rounds of both" else "discriminator")
        end = gans.parameters()
        evidence.equal(end["generator"], start["generator"], "the generator, which has no gradient, and before", 0)
        ends.append(flat(end["discriminator"]) - flat(start["discriminator"]))
    evidence.true(np.abs(ends[0]).max(1) > 0, "the discriminator moves", moves=np.abs(ends[0]).max(1))
    share = np.abs(ends[1] - ends[0]).max(1) / np.abs(ends[0]).max(1)
    evidence.true(share < 1e-3, f"the same way with and without {between} between its steps", apart=share)


@claim("gan.trained-together")
@pytest.mark.parametrize("player", PLAYERS)
@pytest.mark.parametrize(
    ("share", "batch", "dimensions"),
    [(1 / 4, 2, LATENT), (1 / 200, 128, LATENT), (None, 2, 1)],
    ids=["two", "hundreds", "half"],
)
def test_a_step_is_on_as_many_generated_samples_as_asked_for(impl, evidence, share, batch, dimensions, player):
    """Where a quarter of all samples move a player, and no others do, a step on two moves it 7 times in 16.

    Where those do that one latent vector in 200 makes, far out, a step on 128 moves it about half the time; and where
    those do that are made on one side of 0, a step on two does 3 times in 4, unless the two mirror each other.

    The discriminator is sure beyond what a number can hold: its logistic function is 0 for what it takes for generated,
    and so is the gradient of a saturating generator; of its own data it is sure, too.
    """
    seed = seed_of_test()
    r, steps = 64, 8
    choices = {"batch_size": batch, "saturating": True, "learning_rate": RATE, "latent_dimensions": dimensions}
    gans = small_gans(impl, seed, np.zeros((r, batch, WIDTH), dtype=np.float32), **choices)
    one = {p: {n: np.repeat(a[:1], r, 0) for n, a in arrays.items()} for p, arrays in awake(gans, seed).items()}
    gans.set_parameters(one)
    latent = stream(seed, "latent").normal(size=(r, 2000, dimensions)).astype(np.float32)
    latent[:, 0] = 0
    made = gans.generate(latent)
    discriminator = one["discriminator"]
    (outputs,) = [name for name in of_size(discriminator, HIDDEN) if discriminator[name].ndim == 3]
    discriminator[outputs] = discriminator[outputs] * np.float32(1e5 / gans.discriminate(made).std())
    one["discriminator"] = with_arrays(discriminator, 1, 0.0)
    gans.set_parameters(one)
    logits = gans.discriminate(made)
    least = logits[0, 0] if share is None else np.quantile(logits, 1 - share)
    one["discriminator"] = with_arrays(one["discriminator"], 1, -least)
    data = np.tile(made.reshape(-1, WIDTH)[logits.argmax()], (r, batch, 1))
    gans = small_gans(impl, seed, data, **choices)
    moves = []
    for _ in range(steps):
        gans.set_parameters(one)
        gans.train(1, player)
        moves.append((flat(gans.parameters()[player]) != flat(one[player])).any(1))
    n, expected = r * steps, 1 - np.mean(logits <= least) ** batch
    # 6 deviations, and a fiftieth for samples about which the discriminator is not that sure.
    bound = 6 * np.sqrt(n * expected * (1 - expected)) + n / 50
    count = int(np.sum(moves))
    evidence.true(abs(count - n * expected) <= bound, f"steps that move the {player}", moved=count, of=n)


@claim("gan.trained-together")
def test_a_step_is_by_the_rate_and_the_rate_stays(impl, evidence):
    """A first step is a hundredth as far at a hundredth of the rate, and as far after 400 rounds as after none."""
    seed = seed_of_test()

    def first_step(gans: Gans) -> np.ndarray:
        start = state(gans, seed)
        gans.set_parameters(start)
        gans.train(1, "both")
        end = gans.parameters()
        return np.array([np.abs(flat(end[player]) - flat(start[player])).mean() for player in PLAYERS])

    gans, slow = (small_gans(impl, seed, batch_size=64, learning_rate=rate) for rate in (0.01, 0.0001))
    step = first_step(gans)
    evidence.true(step > 0, "both players step")
    shares = first_step(slow) / step
    # The generator steps against another discriminator, and all is rounded.
    evidence.true((shares > 0.005) & (shares < 0.02), "a step at a hundredth of the rate", shares=shares)
    gans.train(400, "both")
    later = first_step(gans) / step
    evidence.true((later > 0.5) & (later < 2), "a step from the same state later on", as_far=later)


GOOD = {"data": np.zeros((2, 5, 3), dtype=np.float32), "latent_dimensions": 2, "saturating": True, "hidden": 4}
GOOD |= {"learning_rate": 1e-3, "batch_size": 2, "seeds": [0, 1], "device": device_of_run()}
NAN, INFINITY = np.float32("nan"), np.float32("inf")
NOT_ASKED_FOR = [
    *[(name, size) for name in ("latent_dimensions", "hidden", "batch_size") for size in (0, -1)],
    ("batch_size", 6),
    *[("learning_rate", rate) for rate in (0.0, -1e-3, float("nan"), float("inf"))],
    *[
        ("data", data)
        for data in (
            GOOD["data"][0],
            GOOD["data"][:, :0],
            GOOD["data"][:1],
            GOOD["data"] + NAN,
            GOOD["data"] - INFINITY,
        )
    ],
    *[("seeds", seeds) for seeds in ([], [0, -1])],
    ("device", "no such device"),
]


@claim("gan.trained-together")
@pytest.mark.parametrize(("name", "bad"), NOT_ASKED_FOR)
def test_networks_that_cannot_be_are_refused(impl, evidence, name, bad):
    """Sizes below 1, a batch larger than the data, and invalid rates, data, seeds and devices are refused."""
    partners = {"data": ["seeds"], "seeds": ["data"], "batch_size": ["data"]}.get(name, [])
    refuses(evidence, impl.gan.gans, GOOD, *partners, **{name: bad})


X, Z = np.zeros((2, 4, 3), dtype=np.float32), np.zeros((2, 4, 2), dtype=np.float32)


@claim("gan.trained-together")
def test_samples_that_do_not_fit_are_refused(impl, evidence):
    """Arrays of other replicates or widths, without samples or with NaN are refused by all that take samples."""
    gans = impl.gan.gans(**GOOD)
    for name, ask, good in (("latent", gans.generate, Z), ("samples", gans.discriminate, X)):
        for bad in (good[:1], good[..., :1], good[0], good[:, :0], good + NAN, good - INFINITY):
            refuses(evidence, ask, {}, **{name: bad})
    for name, partner, good in (("real", "latent", X), ("latent", "real", Z)):
        for bad in (good[:1], good[..., :1], good[:, :3], good + NAN, good + INFINITY):
            refuses(evidence, gans.gradients, {"real": X, "latent": Z}, partner, **{name: bad})


@claim("gan.trained-together")
def test_rounds_and_players_that_are_none_are_refused(impl, evidence):
    """A negative number of rounds, and an unknown player, are refused, and no parameter has changed."""
    gans = impl.gan.gans(**GOOD)
    before = gans.parameters()
    refuses(evidence, gans.train, {"rounds": 1, "players": "both"}, rounds=-1)
    for players in ("all", "Generator", ""):
        refuses(evidence, gans.train, {"rounds": 1, "players": "both"}, players=players)
    evidence.equal(gans.parameters(), before, "parameters after training that was refused, and before", 0)


@claim("gan.trained-together")
@pytest.mark.parametrize("player", PLAYERS)
def test_parameters_of_other_networks_are_refused(impl, evidence, player):
    """Parameters of another shape, under other names or not finite are refused, and nothing has changed."""
    gans = impl.gan.gans(**GOOD)
    before = gans.parameters()
    (other,) = set(PLAYERS) - {player}
    name = max(before[player])
    array = before[player][name]
    new = {other: {key: value + 1 for key, value in before[other].items()}}
    for bad in (
        {},
        {player: {key: value for key, value in before[player].items() if key != name}},
        {player: before[player] | {"one too many": array}},
        {player: before[player] | {name: array[:1]}},
        {player: before[player] | {name: array[..., None]}},
        {player: before[player] | {name: array + NAN}},
        {player: before[player] | {name: array + INFINITY}},
    ):
        refuses(evidence, gans.set_parameters, {}, parameters=new | bad)
    evidence.equal(gans.parameters(), before, "parameters after others were refused, and before", 0)
