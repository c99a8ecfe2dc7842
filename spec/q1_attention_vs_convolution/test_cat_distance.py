"""Question 1, cats: which networks learn a relation at a distance, of which no smaller window tells anything."""

import numpy as np
import pytest

from spec.harness import claim, seed_of_test

from .cat_experiments import DistantMarks
from .cat_stimuli import DISTANCES, STRIP_WIDTH, draw_strips
from .measures import FLOAT32, accuracy, parameter_count, standardised


def cut_attention(marks: DistantMarks) -> np.ndarray:
    """The accuracy of trained attention whose patches attend to themselves and their neighbours only, (replicates,)."""
    strips, patches = marks.strips(marks.FAR), STRIP_WIDTH // marks.PATCH
    apart = np.abs(np.subtract.outer(np.arange(patches), np.arange(patches)))
    near = np.minimum(apart, patches - apart) <= 1
    right: np.ndarray = marks.attention().logits(strips.images, near).argmax(-1) == strips.labels
    return right.mean(-1)


@claim("cat.not-local-is-why", role="amended")
def test_attention_beats_small_windows_at_what_is_not_local(marks: DistantMarks, evidence):
    """Attention beats a convolutional network whose receptive field is smaller than the relation that tells."""
    attention, windows = (
        accuracy(marks.attention(), marks.strips(marks.FAR)),
        marks.window_accuracy(marks.FAR, marks.FAR),
    )
    evidence.exceeds(attention - windows, "not_local")


@claim("cat.not-local-is-why", role="control")
def test_where_the_pattern_is_not_local_patches_have_to_meet(marks: DistantMarks, evidence):
    """Restricted to neighbouring patches, attention loses a pattern that is not local: the test can detect mixing."""
    evidence.exceeds(accuracy(marks.attention(), marks.strips(marks.FAR)) - cut_attention(marks), "cut_attention")


@claim("cat.self-attention-is-why", role="boundary")
def test_convolution_that_covers_the_pattern_learns_it_without_attention(marks: DistantMarks, evidence):
    """A convolutional network whose field covers the strip learns whether marks at a distance match."""
    (whole_strip,) = accuracy(marks.whole_strip(), marks.strips(marks.FAR))
    evidence.exceeds(whole_strip, "whole_strip")


@claim("cat.patterns-need-not-be-local")
def test_attention_learns_a_relation_at_a_distance(marks: DistantMarks, evidence):
    """Attention learns whether marks ten columns apart match, though every smaller window looks the same."""
    evidence.exceeds(accuracy(marks.attention(), marks.strips(marks.FAR)), "attention")


@claim("cat.patterns-need-not-be-local")
@pytest.mark.parametrize("distance", DISTANCES, ids=["blind_6", "blind_8", "blind_10"])
def test_a_receptive_field_that_misses_the_pair_is_blind(marks: DistantMarks, evidence, distance):
    """A convolutional network is at chance with a receptive field as wide as the distance."""
    evidence.within(marks.window_accuracy(distance, width=distance))


@claim("cat.patterns-need-not-be-local")
@pytest.mark.parametrize("distance", DISTANCES, ids=["seeing_6", "seeing_8", "seeing_10"])
def test_a_receptive_field_that_covers_the_pair_sees_it(marks: DistantMarks, evidence, distance):
    """A convolutional network is highly accurate with one column more."""
    evidence.exceeds(marks.window_accuracy(distance, width=distance + 1))


@claim("cat.patterns-need-not-be-local")
@pytest.mark.parametrize("distance", DISTANCES)
def test_smaller_windows_give_both_classes_the_same_score(marks: DistantMarks, evidence, distance):
    """Without noise, trained networks with a field as wide as the distance score all strips of both classes alike."""
    clean = standardised(draw_strips(24, distance, np.random.default_rng(seed_of_test()), noise=0)).images
    scores = marks.windows(distance).logits(np.stack([clean] * len(marks.seeds)))
    scores = scores[marks.WIDTHS.index(distance)]  # (r, n, 2)
    evidence.equal(scores, np.broadcast_to(scores[:, :1], scores.shape), "scores of all strips, and of one", FLOAT32)


@claim("cat.patterns-need-not-be-local")
def test_attention_cut_to_a_shorter_reach_collapses(marks: DistantMarks, evidence):
    """Restricted to neighbouring patches, so that no patch can combine both marks, attention is at chance."""
    evidence.within(cut_attention(marks), "cut_attention")


@claim("cat.patterns-need-not-be-local", role="boundary")
def test_convolution_that_sees_the_whole_strip_learns_it_too(marks: DistantMarks, evidence):
    """A convolutional network with as many parameters as attention whose field covers the strip learns the relation."""
    convolution = marks.whole_strip()
    share = convolution.parameter_count(STRIP_WIDTH) / parameter_count(marks.attention())
    evidence.true(abs(share - 1) <= 0.05, "numbers of parameters lie within 5 %", share=share)
    (whole_strip,) = accuracy(convolution, marks.strips(marks.FAR))
    evidence.exceeds(whole_strip, "whole_strip")
