"""Question 5: what the samples and the discriminators of GANs become while both players are trained."""

import numpy as np

from spec.harness import claim

from .experiments import DigitGans, RingGans
from .judges import digit_judge, modes_covered
from .measures import worst_fall
from .stimuli import MODES, digits_for, shuffled_digits


@claim("gan.both-start-weak")
def test_untrained_discriminators_are_at_chance_on_the_ring(ring: RingGans, evidence):
    """Averaged over 64 initialisations, untrained discriminators put half of the real points above generated ones."""
    evidence.within(ring.untrained_games().auc, "ring_discriminator")


@claim("gan.both-start-weak")
def test_untrained_discriminators_are_at_chance_on_digits(digits: DigitGans, evidence):
    """Averaged over 64 initialisations, untrained discriminators put half of the real digits above generated ones."""
    evidence.within(digits.untrained_games().auc, "digits_discriminator")


@claim("gan.both-start-weak")
def test_untrained_generators_miss_the_ring(ring: RingGans, evidence):
    """An untrained generator matches next to nothing of the ring, and covers two of its eight modes at most."""
    evidence.within(ring.quality()[:, 0], "ring_generator")
    evidence.within(modes_covered(ring.samples()[:, 0]), "ring_modes")


@claim("gan.both-start-weak")
def test_untrained_generators_make_no_digits(digits: DigitGans, evidence):
    """To the judge, an untrained generator's samples are further from digits than digits with shuffled pixels."""
    evidence.exceeds(
        digits.judged(shuffled_digits(digits.choices["digits"])) - digits.quality()[:, 0], "digits_generator"
    )


@claim("gan.both-start-weak", role="control")
def test_the_judge_of_the_ring_knows_the_ring(ring: RingGans, evidence):
    """Real points of the ring, as many as are judged of a generator, match at least .9 of it in all eight modes."""
    real = ring.data.held_out
    evidence.true(ring.judged(real) >= 0.9, "real points match the ring", matched=ring.judged(real))
    evidence.equal(modes_covered(real), np.full(len(real), MODES), "modes that real points cover, and 8")


@claim("gan.both-start-weak", role="control")
def test_the_judge_of_digits_knows_noise(evidence):
    """The judge finds real digits that are new to it ten times closer to digits than shuffled ones."""
    real, shuffled = (digit_judge().frechet_distance(x) for x in (digits_for("gans")[0], shuffled_digits()))
    evidence.true(10 * real < shuffled, "real digits are ten times closer", real=real, shuffled=shuffled)


@claim("gan.improve-each-other")
def test_a_generator_alone_stops_improving(ring: RingGans, evidence):
    """Once its discriminator is frozen, a generator gains nothing, and falls behind one whose opponent learns."""
    alone = ring.judged(ring.generated(ring.alone("generator")))
    frozen, together = (ring.quality()[:, ring.place(ring.budget[age])] for age in ("frozen_at", "alone_until"))
    evidence.within(alone - frozen, "generator_alone")
    evidence.exceeds(together - alone, "generator")


@claim("gan.improve-each-other")
def test_a_discriminator_alone_lets_later_fakes_pass(ring: RingGans, evidence):
    """Trained against a frozen generator, a discriminator rejects fewer of other GANs' late fakes."""
    alone, together = (
        (ring.scores(players, ring.panel()) < 0.5).mean(-1)
        for players in (ring.alone("discriminator"), ring.checkpoint(ring.budget["alone_until"]))
    )
    evidence.exceeds(together - alone, "discriminator")


@claim("gan.improve-each-other", role="control")
def test_a_discriminator_alone_beats_its_own_opponent(ring: RingGans, evidence):
    """Against the frozen generator, the same discriminator is right about nearly every sample."""
    players = ring.alone("discriminator")
    rejected = (ring.scores(players, ring.samples()[:, 0]) < 0.5).mean(-1)
    accepted = (ring.scores(players, ring.data.held_out) >= 0.5).mean(-1)
    evidence.exceeds((rejected + accepted) / 2, "own_opponent")


@claim("gan.competition-improves-gradually")
def test_samples_of_the_ring_get_better_with_training(ring: RingGans, evidence):
    """The longer both are trained, the more of the ring is matched, by trend and by a good part of it in all."""
    evidence.exceeds(ring.trend(), "ring_trend")
    evidence.exceeds(ring.late_quality() - ring.quality()[:, 0], "ring_gain")


@claim("gan.competition-improves-gradually")
def test_digits_get_better_with_training(digits: DigitGans, evidence):
    """The longer both are trained, the closer their samples are to digits, by trend and by at least half in all."""
    evidence.exceeds(digits.trend(), "digits_trend")
    evidence.exceeds(digits.late_quality() - digits.quality()[:, 0], "digits_gain")


@claim("gan.competition-improves-gradually", role="control")
def test_time_without_competition_improves_nothing(ring: RingGans, evidence):
    """Trained as long against a discriminator that no longer learns, a generator's samples get no better."""
    alone = ring.judged(ring.generated(ring.alone("generator")))
    evidence.within(alone - ring.quality()[:, ring.place(ring.budget["frozen_at"])], "time_alone")


@claim("gan.competition-improves-gradually", role="boundary")
def test_the_rise_is_not_steady_on_the_ring(ring: RingGans, evidence):
    """In the last quarter of training, the matched share of the ring falls below what it had reached."""
    evidence.exceeds(worst_fall(ring.quality()[:, ring.ages >= ring.LATE]), "ring_fall")


@claim("gan.competition-improves-gradually", role="boundary")
def test_the_rise_is_not_steady_on_digits(digits: DigitGans, evidence):
    """In the last quarter of training, samples get further from digits than they had been."""
    evidence.exceeds(worst_fall(digits.quality()[:, digits.ages >= digits.LATE]), "digits_fall")


@claim("gan.competition-improves-gradually", role="boundary")
def test_ten_times_larger_steps_undo_it(ring: RingGans, evidence):
    """Trained on with ten times larger steps, the same networks lose most of what they had gained."""
    evidence.exceeds(ring.late_quality() - ring.judged(ring.generated(ring.hurried())), "larger_steps")


@claim("gan.criterion-moves")
def test_frozen_samples_of_any_age_are_scored_differently_by_other_ages(ring: RingGans, evidence):
    """Each age's samples, frozen, get scores that differ widely between discriminators of different ages."""
    of_fakes = ring.cross_play()[:, :, :-1]
    evidence.exceeds(np.ptp(of_fakes, axis=1).min(-1), "cross_play")


@claim("gan.criterion-moves")
def test_at_equal_loss_fakes_are_scored_differently(ring: RingGans, evidence):
    """Between discriminators of equal loss, the score of frozen early fakes moves further than that of real data."""
    fakes, real = ring.score_change("early fakes"), ring.score_change("real data")
    evidence.exceeds(np.abs(fakes) - np.abs(real), "frozen_fakes")


@claim("gan.criterion-moves", role="control")
def test_at_equal_loss_real_data_are_scored_alike(ring: RingGans, evidence):
    """Between the same discriminators, the score of real data hardly changes: they do not score everything lower."""
    evidence.within(ring.score_change("real data"), "real")


@claim("gan.discriminator-grows-stricter")
def test_late_discriminators_are_stricter_with_early_samples_of_the_ring(ring: RingGans, evidence):
    """A late discriminator scores an early generator's samples lower than its own opponent did."""
    evidence.exceeds(-ring.score_change("early fakes"), "ring")


@claim("gan.discriminator-grows-stricter", role="control")
def test_late_discriminators_are_no_stricter_with_real_points(ring: RingGans, evidence):
    """The same late discriminator scores real points of the ring as the early one did."""
    evidence.within(ring.score_change("real data"), "ring_real")


@claim("gan.discriminator-grows-stricter")
def test_the_last_discriminator_is_stricter_with_early_digits(digits: DigitGans, evidence):
    """On digits, the last discriminator classifies fewer early samples as real than their own opponents did."""
    places, players, fakes = early_places(digits), digits.checkpoints(), digits.samples()
    before = [(digits.scores(players[k], fakes[:, k]) >= 0.5).mean(-1) for k in places]
    after = [(digits.scores(players[-1], fakes[:, k]) >= 0.5).mean(-1) for k in places]
    evidence.exceeds(np.mean(before, axis=0) - np.mean(after, axis=0), "digits")


@claim("gan.discriminator-grows-stricter", role="control")
def test_the_last_discriminator_is_no_stricter_with_real_digits(digits: DigitGans, evidence):
    """On digits, the last discriminator scores real ones as the early ones did."""
    players, real = digits.checkpoints(), digits.data.held_out
    before = [digits.scores(players[k], real).mean(-1) for k in early_places(digits)]
    evidence.within(digits.scores(players[-1], real).mean(-1) - np.mean(before, axis=0), "digits_real")


def early_places(digits: DigitGans) -> list[int]:
    """Places of early checkpoints at even intervals."""
    return [digits.place(age) for age in range(15, digits.EARLY + 1, 15)]
