"""Question 5: what a GAN's loss says about the quality of its samples.

Pairs of checkpoints are chosen from losses alone; quality is read only after that.
"""

from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.common.ranks import spearman
from spec.harness import claim

from .experiments import Adversarial, DigitGans, RingGans
from .judges import digit_judge
from .measures import Losses, Pair, at_checkpoints, extremes, gain, loss_changes
from .stimuli import digits_for

YOUNGER, OLDER = 30, 45
"""Rounds of training of Wasserstein GANs: the faster ones, and from when on the slower ones are half again as old."""
EARLY_GAPS, LATE_GAPS = 15, 65
"""Until which age a checkpoint of Wasserstein GANs is early, and from which age on it is late, in rounds."""


@claim("gan.same-loss-early-and-late")
def test_the_loss_on_the_ring_is_the_same_early_and_late(ring: RingGans, evidence):
    """An early and a late checkpoint have the same V and L_G, to a small part of what V goes through in training."""
    apart = np.abs(loss_changes(ring.losses(), ring.equal_loss())).max(0)
    evidence.within(apart, "ring_difference")
    evidence.exceeds(np.ptp(ring.losses().value, axis=1) / apart, "ring_range")


@claim("gan.same-loss-early-and-late")
def test_the_loss_on_digits_is_the_same_early_and_late(digits: DigitGans, evidence):
    """On digits too, an early and a late checkpoint have the same V and L_G, to a small part of V's range."""
    apart = np.abs(loss_changes(digits.losses(), digits.equal_loss())).max(0)
    evidence.within(apart, "digits_difference")
    evidence.exceeds(np.ptp(digits.losses().value, axis=1) / apart, "digits_range")


@claim("gan.same-loss-early-and-late")
def test_on_digits_it_is_the_same_before_training_and_at_its_end(digits: DigitGans, evidence):
    """V is about −log 4 before training, and after it, when samples cannot be distinguished from data."""
    evidence.within(digits.untrained_games().value + np.log(4), "digits_untrained")
    evidence.within(digits.losses().value[:, digits.ages >= digits.LATE].mean(1) + np.log(4), "digits_trained")


@claim("gan.same-loss-early-and-late", role="control")
def test_an_equal_critic_gap_means_equal_quality(digits: DigitGans, evidence):
    """Two Wasserstein GANs of equal critic gap make equally good digits, though one is far older than the other."""
    faster, slower = digits.wasserstein()
    younger, since = np.searchsorted(digits.WASSERSTEIN_AGES, [YOUNGER, OLDER])
    gap, quality = faster.gaps[:, younger], faster.quality[:, younger]
    older = since + np.abs(slower.gaps[:, since:] - gap[:, None]).argmin(1)
    evidence.within(np.abs(at_checkpoints(slower.gaps, older) - gap) / np.ptp(faster.gaps, axis=1), "gap_difference")
    evidence.within(at_checkpoints(slower.quality, older) - quality, "quality_at_equal_gap")


@claim("gan.same-loss-early-and-late", role="control")
@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_pair_is_chosen_by_its_losses_alone(evidence, seed):
    """Of all early and late checkpoints the pair has the least difference in loss, whatever the quality of samples."""
    rng, r = np.random.default_rng(seed), np.arange(3)
    ages = np.array([0, 10, 20, 30, 80, 90, 100])
    losses = Losses(*rng.normal(size=(2, 3, len(ages))), ages)
    gans, pairs = SimpleNamespace(losses=lambda: losses, EARLY=20, LATE=80), []
    for _ in range(2):
        quality = rng.normal(size=losses.value.shape)
        samples = rng.normal(size=(*losses.value.shape, 4, 2))
        gans.quality, gans.samples = lambda quality=quality: quality, lambda samples=samples: samples
        pairs.append(Adversarial.equal_loss(gans))
    evidence.equal(pairs[1], pairs[0], "the pair chosen beside other qualities")
    early, late = pairs[0]
    evidence.true((ages[early] > 0) & (ages[early] <= 20) & (ages[late] >= 80), "one is early, and the other late")
    apart = np.maximum(*(np.abs(loss[:, 1:3, None] - loss[:, None, 4:]) for loss in losses[:2]))
    chosen = np.maximum(*(np.abs(loss[r, late] - loss[r, early]) for loss in losses[:2]))
    evidence.equal(chosen, apart.min((1, 2)), "difference in loss of the pair, and the least of all")


@claim("gan.better-samples-at-the-same-loss", role="control")
def test_nothing_that_judges_was_learned_from(evidence):
    """Judge and GANs learn from different digits, and losses and quality are evaluated on data new to both."""
    known, reference = digits_for("judge")[0], digits_for("reference")[0]
    ring, digits = (experiment(None, [3], "cpu").data for experiment in (RingGans, DigitGans))
    of_gans = np.concatenate([*digits.learned, *digits.held_out])
    for what, some, others in (
        ("digits that the judge learned from, of those it compares with", known, reference),
        ("DigitGans: samples evaluated on, of those learned from", digits.held_out[0], digits.learned[0]),
        ("digits of a GAN, of those judged", known, of_gans),
        ("digits of a GAN, of those reference", reference, of_gans),
        ("RingGans: samples evaluated on, of those learned from", ring.held_out[0], ring.learned[0]),
    ):
        common = {sample.tobytes() for sample in some} & {sample.tobytes() for sample in others}
        evidence.equal(len(common), 0, f"{what}, and none")


@claim("gan.better-samples-at-the-same-loss")
def test_samples_of_the_ring_are_far_better_at_the_same_loss(ring: RingGans, evidence):
    """At the same loss, late samples match far more of the ring than early ones."""
    evidence.exceeds(gain(ring.quality(), ring.equal_loss()), "ring")


@claim("gan.better-samples-at-the-same-loss")
def test_digits_are_far_better_at_the_same_loss(digits: DigitGans, evidence):
    """At the same loss, late samples are far closer to real digits than early ones, by an independent judge."""
    evidence.exceeds(gain(digits.quality(), digits.equal_loss()), "digits")


@claim("gan.better-samples-at-the-same-loss")
def test_a_second_judge_of_the_ring_finds_so_too(ring: RingGans, evidence):
    """At the same loss, late samples cover more modes of the ring than early ones, wherever other points lie."""
    early, late = (at_checkpoints(ring.samples(), places) for places in ring.equal_loss())
    evidence.exceeds(ring.judged_otherwise(late) - ring.judged_otherwise(early), "ring_second_judge")


@claim("gan.better-samples-at-the-same-loss")
def test_a_second_judge_of_digits_finds_so_too(digits: DigitGans, evidence):
    """At the same loss, late samples are far closer to digits than early ones by the energy distance of pixels."""
    early, late = (at_checkpoints(digits.samples(), places) for places in digits.equal_loss())
    evidence.exceeds(digits.judged_otherwise(late) - digits.judged_otherwise(early), "digits_second_judge")


@claim("gan.better-samples-at-the-same-loss", role="control")
def test_equal_losses_do_not_make_the_gain(ring: RingGans, evidence):
    """Early and late checkpoints of any losses differ in quality as those of the same loss do: loss tells nothing."""
    quality, ages = ring.quality(), ring.ages
    any_pair = quality[:, ages >= ring.LATE].mean(1) - quality[:, (ages > 0) & (ages <= ring.EARLY)].mean(1)
    evidence.within(gain(quality, ring.equal_loss()) - any_pair, "ring_against_any_pair")


@claim("gan.better-samples-at-the-same-loss", role="control")
def test_the_judge_classifies_digits(evidence):
    """The judge is right about .9 of the digits that it has not seen."""
    accuracy = digit_judge().accuracy()
    evidence.true(accuracy >= 0.9, "the judge is right about .9 of digits new to it", accuracy=accuracy)


@claim("gan.lower-loss-is-not-better")
def test_a_lower_loss_comes_with_worse_samples(ring: RingGans, evidence):
    """Where V is lowest before the last quarter, it is lower than at the end, and the samples are worse."""
    lowest, _ = extremes(ring.losses(), ring.LATE)
    end = Pair(lowest, np.full_like(lowest, -1))
    evidence.exceeds(gain(ring.losses().value, end), "low_value")
    evidence.exceeds(gain(ring.quality(), end), "quality_after_low_value")


@claim("gan.lower-loss-is-not-better")
def test_a_lower_loss_comes_with_better_samples(ring: RingGans, evidence):
    """Where V is highest before the last quarter, it is higher than at the end, and the samples are worse again."""
    _, highest = extremes(ring.losses(), ring.LATE)
    end = Pair(highest, np.full_like(highest, -1))
    evidence.exceeds(-gain(ring.losses().value, end), "high_value")
    evidence.exceeds(gain(ring.quality(), end), "quality_after_high_value")


@claim("gan.lower-loss-is-not-better", role="control")
def test_where_the_loss_tracks_quality_the_lowest_is_about_the_best(digits: DigitGans, evidence):
    """Where the critic's gap of a Wasserstein GAN is lowest, its digits are about as good as they ever get."""
    (gaps, quality), _ = digits.wasserstein()
    evidence.within(quality.max(1) - at_checkpoints(quality, gaps.argmin(1)), "short_of_the_best")


@claim("gan.lower-loss-is-not-better", role="boundary")
def test_the_critic_gap_of_wasserstein_gans_tracks_quality(digits: DigitGans, evidence):
    """The lower the critic's gap of a Wasserstein GAN, the better its digits: nearly the same order of checkpoints."""
    (gaps, quality), _ = digits.wasserstein()
    evidence.exceeds(-spearman(gaps, quality), "critic_gap")


@claim("gan.lower-loss-is-not-better", role="boundary")
def test_a_refitted_discriminator_makes_the_value_track_quality(ring: RingGans, evidence):
    """With a discriminator fitted to each checkpoint's samples, the lower the value, the better the samples."""
    places, refitted = [ring.place(age) for age in ring.PLAYED], ring.refitted_value()
    evidence.exceeds(-spearman(refitted, ring.quality()[:, places]), "refitted")
    # −log 4 + 2·JSD is the highest that V can be: the discriminator of the moment gives less.
    evidence.exceeds((refitted - ring.losses().value[:, places]).mean(1), "refitted_value")


@claim("gan.better-images-not-lower-loss")
def test_better_samples_of_the_ring_have_a_higher_loss(ring: RingGans, evidence):
    """A late checkpoint has better samples of the ring than an early one, and a higher V and L_G."""
    evidence.exceeds(loss_changes(ring.losses(), ring.risen_loss()).min(0), "ring_loss")
    evidence.exceeds(gain(ring.quality(), ring.risen_loss()), "ring_quality")


@claim("gan.better-images-not-lower-loss")
def test_better_digits_have_a_higher_loss(digits: DigitGans, evidence):
    """A late checkpoint has better digits than an early one, and a higher V and L_G."""
    evidence.exceeds(loss_changes(digits.losses(), digits.risen_loss()).min(0), "digits_loss")
    evidence.exceeds(gain(digits.quality(), digits.risen_loss()), "digits_quality")


@claim("gan.better-images-not-lower-loss", role="control")
def test_no_late_wasserstein_checkpoint_has_a_higher_gap(digits: DigitGans, evidence):
    """Of no Wasserstein GAN is the critic's gap higher at a late checkpoint, where digits are better, than early on."""
    (gaps, _), ages = digits.wasserstein()[0], digits.WASSERSTEIN_AGES
    early, late = gaps[:, (ages > 0) & (ages <= EARLY_GAPS)], gaps[:, ages >= LATE_GAPS]
    evidence.within((late.max(1) - early.min(1)) / np.ptp(gaps, axis=1), "risen_gap")


@claim("gan.better-images-not-lower-loss", role="boundary")
def test_later_in_training_the_value_goes_along_with_quality(ring: RingGans, evidence):
    """After the first quarter of training on the ring, the value falls as the samples get better."""
    evidence.exceeds(-ring.quality_correlation(ring.losses().value, since=ring.EARLY), "later_value")
