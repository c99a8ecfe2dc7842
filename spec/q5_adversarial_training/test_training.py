"""Question 5: what the losses and the samples of GANs do while both players are trained.

Pairs of checkpoints are chosen by `pairs.py` from losses alone; quality is read only after that.
"""

from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.harness import claim

from . import judges
from .experiment import DigitGans, RingGans
from .measures import evenly, gain, of_replicates, rank_correlation, worst_fall
from .pairs import Losses, Pair, chosen_pair, difference, equal_gaps, extremes, risen_pair

RING_SPACING, DIGIT_SPACING = 100, 75
"""How many rounds lie between the checkpoints of which a trend or a rank correlation is taken."""
SAMPLES = ("early generator", "late generator", "real data")
SAME_LOSS = "Samples of an early and of a late generator at the same loss, and real data."
HALF_AS_OLD, OLDER = 6, 9
"""Places of checkpoints of Wasserstein GANs: of the faster ones, and from where on of the slower, half again as old."""


EARLY_GAPS = 4
"""How many checkpoints of Wasserstein GANs are early, and how many late; the first, before training, is neither."""


def shuffled_digits() -> np.ndarray:
    """Real digits, the pixels of each in an order of its own, (897, 64): the right ink without a shape."""
    return np.random.default_rng(0).permuted(judges.digits().others, axis=1)


def equal_loss(gans) -> Pair:
    """An early and a late checkpoint of equal loss; quality plays no part in it."""
    return chosen_pair(gans.losses, gans.EARLY, gans.LATE)


def risen_loss(gans) -> Pair:
    """An early and a late checkpoint between which both losses rise; quality plays no part in it."""
    return risen_pair(gans.losses, gans.EARLY, gans.LATE)


def own_score(gans, checkpoints: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """What the discriminator of each replicate's own checkpoint thinks of samples on average, (replicates,)."""
    return gans.scores(gans.of_replicates(checkpoints), samples).mean(-1)


def early_digits(digit_gans) -> list[int]:
    """Places of early checkpoints at even intervals."""
    return [digit_gans.at(age) for age in range(DIGIT_SPACING // 5, digit_gans.EARLY + 1, DIGIT_SPACING // 5)]


def change_of_scores(gans, samples: np.ndarray, pair: Pair) -> np.ndarray:
    """How the late discriminator's opinion of samples differs from that of the early one, (replicates,)."""
    return own_score(gans, pair.late, samples) - own_score(gans, pair.early, samples)


def quality_alone(ring_gans) -> np.ndarray:
    """How good a generator's samples are in the end whose discriminator was frozen at an early age, (replicates,)."""
    return ring_gans.judged(ring_gans.samples_of([ring_gans.against_a_frozen_discriminator]))[:, 0]


def gain_alone(ring_gans) -> np.ndarray:
    """What such a generator gains from then on, (replicates,)."""
    return quality_alone(ring_gans) - ring_gans.quality[:, ring_gans.at(ring_gans.FROZEN_AGE)]


def trend(gans, spacing: int) -> np.ndarray:
    """The rank correlation of age and quality, (replicates,)."""
    chosen = evenly(gans.losses, spacing)
    return rank_correlation(np.tile(chosen, (len(gans.seeds), 1)), gans.quality[:, chosen])


def correlations(gans, spacing: int, since: int = 0) -> dict[str, np.ndarray]:
    """The rank correlations of the value and of the generator's loss with quality, (replicates,) each."""
    chosen, (values, losses, _) = evenly(gans.losses, spacing, since), gans.losses
    quality = gans.quality[:, chosen]
    return {
        "value": rank_correlation(values[:, chosen], quality),
        "generator": rank_correlation(losses[:, chosen], quality),
    }


def keep_figures(evidence, name: str, quality: str, gans, pair: Pair) -> tuple[np.ndarray, ...]:
    """Loss and quality over training, and against each other with the pair marked; samples of the first replicate.

    The samples are those of the early and of the late generator, and real data.
    """
    values, losses, ages = gans.losses
    says = "Loss against quality along each training, with the early and the late checkpoint of the same loss marked."
    loss = {"x": values, "x_label": "V", "y": gans.quality, "y_label": quality}
    evidence.figure(f"{name}-loss-against-quality", "paths", says, **loss, **pair._asdict())
    over = {"x": ages, "x_label": "rounds of training"}
    says = f"The losses over training ({name}): where they lie says little about how far training has come."
    curves = {"V, which D maximises": values, "L_G, which G minimises": losses}
    evidence.figure(f"{name}-losses", "curves", says, **over, y_label="loss", **curves)
    says = f"Quality of the samples over training ({name}), to a judge that knows no GAN."
    evidence.figure(f"{name}-quality", "curves", says, **over, y_label=quality, quality=gans.quality)
    early, late = (of_replicates(gans.samples, places)[0] for places in pair)
    return early, late, gans.evaluation.real[0]


def keep_correlations(evidence, name: str, found: dict[str, np.ndarray]) -> None:
    """Rank correlations of losses with quality, one per replicate."""
    says = (
        f"Rank correlation of loss and quality over all of training ({name}): −1 would mean that less loss is better."
    )
    rows = {"V": found["value"], "L_G": found["generator"]}
    evidence.figure(f"{name}-rank-correlations", "dots", says, x_label="rank correlation with quality", **rows)


def as_digits(rows: np.ndarray) -> np.ndarray:
    """Digits as pictures, 0 … 1: (n, 64), −1 … 1 → (n, 8, 8)."""
    return np.clip((rows.reshape(-1, 8, 8) + 1) / 2, 0, 1)


@claim("gan.both-start-weak")
def test_untrained_discriminators_are_at_chance_on_the_ring(ring_gans, evidence):
    """Averaged over 64 initialisations, untrained discriminators put half of the real points above generated ones."""
    evidence.within(ring_gans.untrained_auc(), "ring_discriminator")


@claim("gan.both-start-weak")
def test_untrained_discriminators_are_at_chance_on_digits(digit_gans, evidence):
    """Averaged over 64 initialisations, untrained discriminators put half of the real digits above generated ones."""
    evidence.within(digit_gans.untrained_auc(), "digits_discriminator")


@claim("gan.both-start-weak")
def test_untrained_generators_miss_the_ring(ring_gans, evidence):
    """An untrained generator matches next to nothing of the ring, and covers at most one of its eight modes."""
    evidence.within(ring_gans.quality[:, 0], "ring_generator")
    evidence.within(judges.modes_covered(ring_gans.samples[:, 0]), "ring_modes")


@claim("gan.both-start-weak")
def test_untrained_generators_make_no_digits(digit_gans, evidence):
    """To the judge, an untrained generator's samples are further from digits than digits with shuffled pixels."""
    evidence.exceeds(digit_gans.judged(shuffled_digits()) - digit_gans.quality[:, 0], "digits_generator")


@claim("gan.both-start-weak", role="control")
def test_the_judge_of_the_ring_knows_the_ring(ring_gans, evidence):
    """Real points of the ring, as many as are judged of a generator, match at least .9 of it in all eight modes."""
    real = ring_gans.evaluation.real
    evidence.true(ring_gans.judged(real) >= 0.9, "real points match the ring", matched=ring_gans.judged(real))
    evidence.equal(judges.modes_covered(real), np.full(len(real), judges.MODES), "modes that real points cover, and 8")


@claim("gan.both-start-weak", role="control")
def test_the_judge_of_digits_knows_noise(evidence):
    """The judge finds real digits that are new to it ten times closer to digits than shuffled ones."""
    judge = judges.judge()
    real, shuffled = (judge.frechet_distance(x) for x in (judges.digits().others, shuffled_digits()))
    evidence.true(10 * real < shuffled, "real digits are ten times closer", real=real, shuffled=shuffled)


@claim("gan.improve-each-other")
def test_a_generator_alone_stops_improving(ring_gans, evidence):
    """Once its discriminator is frozen, a generator gains nothing, and falls behind one whose opponent learns."""
    evidence.within(gain_alone(ring_gans), "generator_alone")
    evidence.exceeds(ring_gans.quality[:, ring_gans.at(ring_gans.UNTIL)] - quality_alone(ring_gans), "generator")


@claim("gan.improve-each-other")
def test_a_discriminator_alone_lets_later_fakes_pass(ring_gans, evidence):
    """Trained against a generator that stands still, a discriminator rejects fewer of other GANs' late fakes."""
    alone, together = (
        (ring_gans.scores(players, ring_gans.panel) < 0.5).mean(-1)
        for players in (ring_gans.against_a_frozen_generator, ring_gans.checkpoints[ring_gans.at(ring_gans.UNTIL)])
    )
    evidence.exceeds(together - alone, "discriminator")


@claim("gan.improve-each-other", role="control")
def test_a_discriminator_alone_beats_its_own_opponent(ring_gans, evidence):
    """Against the generator that stood still, the same discriminator is right about nearly every sample."""
    players = ring_gans.against_a_frozen_generator
    rejected = (ring_gans.scores(players, ring_gans.samples[:, 0]) < 0.5).mean(-1)
    accepted = (ring_gans.scores(players, ring_gans.evaluation.real) >= 0.5).mean(-1)
    evidence.exceeds((rejected + accepted) / 2, "own_opponent")


@claim("gan.same-loss-early-and-late")
def test_the_loss_on_the_ring_is_the_same_early_and_late(ring_gans, evidence):
    """An early and a late checkpoint have the same V and L_G, to a small part of what V goes through in training."""
    apart = difference(ring_gans.losses, equal_loss(ring_gans))
    evidence.within(apart, "ring_difference")
    evidence.exceeds(np.ptp(ring_gans.losses.value, axis=1) / apart, "ring_range")


@claim("gan.same-loss-early-and-late")
def test_the_loss_on_digits_is_the_same_early_and_late(digit_gans, evidence):
    """On digits too, an early and a late checkpoint have the same V and L_G, to a small part of V's range."""
    apart = difference(digit_gans.losses, equal_loss(digit_gans))
    evidence.within(apart, "digits_difference")
    evidence.exceeds(np.ptp(digit_gans.losses.value, axis=1) / apart, "digits_range")


@claim("gan.same-loss-early-and-late", role="control")
def test_an_equal_critic_gap_means_equal_quality(digit_gans, evidence):
    """Two Wasserstein GANs of equal critic gap make equally good digits, though one is far older than the other."""
    gaps = digit_gans.wasserstein.gaps
    older = equal_gaps(gaps, HALF_AS_OLD, OLDER)
    apart = np.abs(of_replicates(gaps[1], older) - gaps[0][:, HALF_AS_OLD]) / np.ptp(gaps[0], axis=1)
    evidence.within(apart, "gap_difference")
    younger, older_ones = digit_gans.judged(digit_gans.wasserstein.samples)
    evidence.within(of_replicates(older_ones, older) - younger[:, HALF_AS_OLD], "quality_at_equal_gap")


@claim("gan.same-loss-early-and-late", role="control")
@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_pair_is_chosen_by_its_losses_alone(evidence, seed):
    """Of all early and late checkpoints the pair has the least difference in loss, whatever the quality of samples."""
    rng, r = np.random.default_rng(seed), np.arange(3)
    ages = np.array([0, 10, 20, 30, 80, 90, 100])
    losses = Losses(*rng.normal(size=(2, 3, len(ages))), ages)
    pairs = []
    for _ in range(2):
        quality = rng.normal(size=losses.value.shape)
        samples = rng.normal(size=(*losses.value.shape, 4, 2))
        pairs.append(equal_loss(SimpleNamespace(losses=losses, quality=quality, samples=samples, EARLY=20, LATE=80)))
    evidence.equal(pairs[1], pairs[0], "the pair chosen beside other qualities")
    early, late = pairs[0]
    evidence.true((ages[early] > 0) & (ages[early] <= 20) & (ages[late] >= 80), "one is early, and the other late")
    apart = np.maximum(*(np.abs(loss[:, 1:3, None] - loss[:, None, 4:]) for loss in losses[:2]))
    own = np.maximum(*(np.abs(loss[r, late] - loss[r, early]) for loss in losses[:2]))
    evidence.equal(own, apart.min((1, 2)), "difference in loss of the pair, and the least of all")


@claim("gan.better-samples-at-the-same-loss", role="control")
def test_nothing_that_judges_was_learned_from(evidence):
    """Judge and GANs know different digits, and what losses and quality are evaluated on, nobody has learned from."""
    known = judges.digits()
    met = {"digits that the judge learned from, of those it compares with": (known.judged, known.reference)}
    for experiment in (DigitGans, RingGans):
        learned, evaluated = experiment(None, [3], "cpu").drawn(3)
        met[f"{experiment.__name__}: samples evaluated on, of those learned from"] = (evaluated, learned)
        if experiment is DigitGans:
            for name in ("judged", "reference"):
                both = np.concatenate([learned, evaluated])
                met[f"digits of a GAN, of those {name}"] = (getattr(known, name), both)
    for what, (some, others) in met.items():
        common = {sample.tobytes() for sample in some} & {sample.tobytes() for sample in others}
        evidence.equal(len(common), 0, f"{what}, and none")


@claim("gan.better-samples-at-the-same-loss")
def test_samples_of_the_ring_are_far_better_at_the_same_loss(ring_gans, evidence):
    """At the same loss, late samples match far more of the ring than early ones."""
    pair = equal_loss(ring_gans)
    samples = keep_figures(evidence, "ring", "matched share of the ring", ring_gans, pair)
    shown = {name: points[:300] for name, points in zip(SAMPLES, samples, strict=True)}
    evidence.figure("ring-samples", "scatter", SAME_LOSS, **shown)
    evidence.exceeds(gain(ring_gans.quality, pair), "ring")


@claim("gan.better-samples-at-the-same-loss")
def test_digits_are_far_better_at_the_same_loss(digit_gans, evidence):
    """At the same loss, late samples are far closer to real digits than early ones, to a judge that knows no GAN."""
    pair = equal_loss(digit_gans)
    samples = keep_figures(evidence, "digits", "closeness to real digits", digit_gans, pair)
    shown = {name: as_digits(rows[:16]) for name, rows in zip(SAMPLES, samples, strict=True)}
    evidence.figure("digits-samples", "pictures", SAME_LOSS, **shown)
    evidence.exceeds(gain(digit_gans.quality, pair), "digits")


@claim("gan.better-samples-at-the-same-loss", role="control")
def test_the_judge_classifies_digits(evidence):
    """The judge is right about .9 of the digits that it has not seen."""
    known = judges.digits()
    accuracy = judges.judge().accuracy(known.reference, known.reference_classes)
    evidence.true(accuracy >= 0.9, "the judge is right about .9 of digits new to it", accuracy=accuracy)


@claim("gan.lower-loss-is-not-better")
def test_a_lower_loss_comes_with_worse_samples(ring_gans, evidence):
    """Where V is lowest before the last quarter, it is lower than at the end, and the samples are worse."""
    lowest, _ = extremes(ring_gans.losses, ring_gans.LATE)
    end = Pair(lowest, np.full_like(lowest, -1))
    evidence.exceeds(gain(ring_gans.losses.value, end), "low_value")
    evidence.exceeds(gain(ring_gans.quality, end), "quality_after_low_value")


@claim("gan.lower-loss-is-not-better")
def test_a_lower_loss_comes_with_better_samples(ring_gans, evidence):
    """Where V is highest before the last quarter, it is higher than at the end, and the samples are worse again."""
    _, highest = extremes(ring_gans.losses, ring_gans.LATE)
    end = Pair(highest, np.full_like(highest, -1))
    evidence.exceeds(-gain(ring_gans.losses.value, end), "high_value")
    evidence.exceeds(gain(ring_gans.quality, end), "quality_after_high_value")


@claim("gan.lower-loss-is-not-better", role="control")
def test_where_the_loss_tracks_quality_the_lowest_is_about_the_best(digit_gans, evidence):
    """Where the critic's gap of a Wasserstein GAN is lowest, its digits are about as good as they ever get."""
    gaps, quality = digit_gans.wasserstein.gaps[0], digit_gans.judged(digit_gans.wasserstein.samples[0])
    evidence.within(quality.max(1) - of_replicates(quality, gaps.argmin(1)), "short_of_the_best")


@claim("gan.lower-loss-is-not-better", role="boundary")
def test_the_critic_gap_of_wasserstein_gans_tracks_quality(digit_gans, evidence):
    """The lower the critic's gap of a Wasserstein GAN, the better its digits: nearly the same order of checkpoints."""
    tracked = -rank_correlation(digit_gans.wasserstein.gaps[0], digit_gans.judged(digit_gans.wasserstein.samples[0]))
    evidence.exceeds(tracked, "critic_gap")


@claim("gan.lower-loss-is-not-better", role="boundary")
def test_a_refitted_discriminator_makes_the_value_track_quality(ring_gans, evidence):
    """With a discriminator fitted to each checkpoint's samples, the lower the value, the better the samples."""
    played = [ring_gans.at(age) for age in ring_gans.PLAYED]
    value = ring_gans.refitted.value
    evidence.exceeds(-rank_correlation(value, ring_gans.quality[:, played]), "refitted")
    # −log 4 + 2·JSD is the highest that V can be: the discriminator of the moment gives less.
    evidence.exceeds((value - ring_gans.losses.value[:, played]).mean(1), "refitted_value")


@claim("gan.competition-improves-gradually")
def test_samples_of_the_ring_get_better_with_training(ring_gans, evidence):
    """The longer both are trained, the more of the ring is matched, by trend and by a good part of it in all."""
    evidence.exceeds(trend(ring_gans, RING_SPACING), "ring_trend")
    evidence.exceeds(ring_gans.quality[:, -1] - ring_gans.quality[:, 0], "ring_gain")


@claim("gan.competition-improves-gradually")
def test_digits_get_better_with_training(digit_gans, evidence):
    """The longer both are trained, the closer their samples are to digits, by trend and by at least half in all."""
    evidence.exceeds(trend(digit_gans, DIGIT_SPACING), "digits_trend")
    evidence.exceeds(digit_gans.quality[:, -1] - digit_gans.quality[:, 0], "digits_gain")


@claim("gan.competition-improves-gradually", role="control")
def test_time_without_competition_improves_nothing(ring_gans, evidence):
    """Trained as long against a discriminator that no longer learns, a generator's samples get no better."""
    evidence.within(gain_alone(ring_gans), "time_alone")


@claim("gan.competition-improves-gradually", role="boundary")
def test_the_rise_is_not_steady_on_the_ring(ring_gans, evidence):
    """In the last quarter of training, the matched share of the ring falls below what it had reached."""
    evidence.exceeds(worst_fall(ring_gans.quality[:, ring_gans.losses.ages >= ring_gans.LATE]), "ring_fall")


@claim("gan.competition-improves-gradually", role="boundary")
def test_the_rise_is_not_steady_on_digits(digit_gans, evidence):
    """In the last quarter of training, samples get further from digits than they had been."""
    evidence.exceeds(worst_fall(digit_gans.quality[:, digit_gans.losses.ages >= digit_gans.LATE]), "digits_fall")


@claim("gan.competition-improves-gradually", role="boundary")
def test_training_on_can_end_in_collapse(ring_gans, evidence):
    """Trained on with ten times larger steps, the same networks lose most of what they had gained."""
    collapsed = ring_gans.judged(ring_gans.samples_of([ring_gans.hurried]))[:, 0]
    evidence.exceeds(ring_gans.quality[:, -1] - collapsed, "collapse")


@claim("gan.criterion-moves")
def test_frozen_samples_of_any_age_are_scored_differently_by_other_ages(ring_gans, evidence):
    """Each age's samples, frozen, get scores that differ widely between discriminators of different ages."""
    evidence.figure(
        "cross-play",
        "matrix",
        "What discriminators of each age think of the frozen samples of generators of each age, and of real data, from "
        "0 (fake) to 1 (real): no column keeps one score, so no score is a fixed measure.",
        values=np.concatenate([ring_gans.played, ring_gans.played_real[..., np.newaxis]], axis=2),
        row=[str(age) for age in ring_gans.PLAYED],
        column=[*map(str, ring_gans.PLAYED), "real"],
        row_label="discriminator of round",
        column_label="samples of round",
    )
    evidence.exceeds(np.ptp(ring_gans.played, axis=1).min(-1), "cross_play")


@claim("gan.criterion-moves")
def test_at_equal_loss_fakes_are_scored_differently(ring_gans, evidence):
    """Between discriminators of equal loss, the score of frozen early fakes moves further than that of real data."""
    pair = equal_loss(ring_gans)
    fakes = change_of_scores(ring_gans, of_replicates(ring_gans.samples, pair.early), pair)
    real = change_of_scores(ring_gans, ring_gans.evaluation.real, pair)
    evidence.exceeds(np.abs(fakes) - np.abs(real), "frozen_fakes")


@claim("gan.criterion-moves", role="control")
def test_at_equal_loss_real_data_are_scored_alike(ring_gans, evidence):
    """Between the same discriminators, the score of real data hardly changes: they do not score everything lower."""
    evidence.within(change_of_scores(ring_gans, ring_gans.evaluation.real, equal_loss(ring_gans)), "real")


@claim("gan.better-images-not-lower-loss")
def test_better_samples_of_the_ring_have_a_higher_loss(ring_gans, evidence):
    """A late checkpoint has better samples of the ring than an early one, and a higher V and L_G."""
    pair, losses = risen_loss(ring_gans), ring_gans.losses
    evidence.exceeds(np.minimum(*(gain(loss, pair) for loss in (losses.value, losses.generator))), "ring_loss")
    evidence.exceeds(gain(ring_gans.quality, pair), "ring_quality")
    keep_correlations(evidence, "ring", correlations(ring_gans, RING_SPACING))


@claim("gan.better-images-not-lower-loss")
def test_better_digits_have_a_higher_loss(digit_gans, evidence):
    """A late checkpoint has better digits than an early one, and a higher V and L_G."""
    pair, losses = risen_loss(digit_gans), digit_gans.losses
    evidence.exceeds(np.minimum(*(gain(loss, pair) for loss in (losses.value, losses.generator))), "digits_loss")
    evidence.exceeds(gain(digit_gans.quality, pair), "digits_quality")
    keep_correlations(evidence, "digits", correlations(digit_gans, DIGIT_SPACING))


@claim("gan.better-images-not-lower-loss", role="control")
def test_no_late_wasserstein_checkpoint_has_a_higher_gap(digit_gans, evidence):
    """Of no Wasserstein GAN is the critic's gap higher at a late checkpoint, where digits are better, than early on."""
    gaps = digit_gans.wasserstein.gaps[0]
    early, late = gaps[:, 1:EARLY_GAPS], gaps[:, -EARLY_GAPS:]
    evidence.within((late.max(1) - early.min(1)) / np.ptp(gaps, axis=1), "risen_gap")


@claim("gan.better-images-not-lower-loss", role="boundary")
def test_later_in_training_the_value_goes_along_with_quality(ring_gans, evidence):
    """After the first quarter of training on the ring, the value falls as the samples get better."""
    evidence.exceeds(-correlations(ring_gans, RING_SPACING, since=ring_gans.EARLY)["value"], "later_value")


@claim("gan.discriminator-grows-stricter")
def test_late_discriminators_are_stricter_with_early_samples_of_the_ring(ring_gans, evidence):
    """A late discriminator scores an early generator's samples lower than its own opponent did."""
    pair = equal_loss(ring_gans)
    evidence.exceeds(-change_of_scores(ring_gans, of_replicates(ring_gans.samples, pair.early), pair), "ring")


@claim("gan.discriminator-grows-stricter", role="control")
def test_late_discriminators_are_no_stricter_with_real_points(ring_gans, evidence):
    """The same late discriminator scores real points of the ring as the early one did."""
    evidence.within(change_of_scores(ring_gans, ring_gans.evaluation.real, equal_loss(ring_gans)), "ring_real")


@claim("gan.discriminator-grows-stricter")
def test_the_last_discriminator_is_stricter_with_early_digits(digit_gans, evidence):
    """On digits, the last discriminator takes fewer early samples for real than their own opponents did."""
    last, fakes = digit_gans.checkpoints[-1], digit_gans.samples
    taken = [
        [(digit_gans.scores(players, fakes[:, k]) >= 0.5).mean(-1) for players in (digit_gans.checkpoints[k], last)]
        for k in early_digits(digit_gans)
    ]
    before, after = np.mean(taken, axis=0)  # averaged over the early ages: (replicates,) each
    evidence.exceeds(before - after, "digits")


@claim("gan.discriminator-grows-stricter", role="control")
def test_the_last_discriminator_is_no_stricter_with_real_digits(digit_gans, evidence):
    """On digits, the last discriminator scores real ones as the early ones did."""
    last, real = digit_gans.checkpoints[-1], digit_gans.evaluation.real
    before = [digit_gans.scores(digit_gans.checkpoints[k], real).mean(-1) for k in early_digits(digit_gans)]
    evidence.within(digit_gans.scores(last, real).mean(-1) - np.mean(before, axis=0), "digits_real")
