"""Question 1, cats: what trained networks make of colour, grey and edge pictures, and of relations at a distance."""

import numpy as np
import pytest

from spec.harness import claim

from . import cats, strips
from .cat_experiment import TEST_CUES
from .experiment import looks_up
from .measures import (
    accuracy,
    chromatic,
    chromatic_share,
    correct,
    occlusion_cost,
    parameter_count,
    response_energy,
)

SHOWN = 24
"""Of how many pictures of each replicate every square is covered."""
SQUARE = 4
"""The side of such a square."""
LOOKED_AT = 64
"""To how many pictures of each replicate the filters' responses are computed."""
FLOAT32 = 1e-3
"""Rounding of a network in single precision, relative to outputs of about 1 to 10."""
ARMS = [
    "convolution_by_colour",
    "attention_by_colour",
    "convolution_by_ears",
    "attention_by_ears",
    "convolution_from_edges",
    "attention_from_edges",
]


def world_of(arm: str) -> str:
    """The world whose pictures an arm learned from."""
    return "ears" if arm.endswith("ears") else "colour"


def drop(cat_pictures, arm: str, version: str) -> np.ndarray:
    """By how much an arm's accuracy on colour pictures exceeds that on another version of them, (replicates,)."""
    world = world_of(arm)
    return cat_pictures.accuracy(arm, world, "colour") - cat_pictures.accuracy(arm, world, version)


def drops_in_grey_and_on_edges(cat_pictures, arm: str) -> tuple[np.ndarray, np.ndarray]:
    """The drops in accuracy from colour to grey, and to edges (mean of Sobel's and Canny's), (replicates,) each."""
    return drop(cat_pictures, arm, "grey"), (drop(cat_pictures, arm, "sobel") + drop(cat_pictures, arm, "canny")) / 2


def learned(cat_pictures, arm: str) -> np.ndarray:
    """By how much training changed the first layer's filters, (replicates, filters, 3, kh, kw)."""
    return getattr(cat_pictures, arm).filters() - cat_pictures.untrained_convolution.filters()


def as_pictures(images: np.ndarray) -> np.ndarray:
    """Images with the colours last, as figures have them: (…, 3, h, w) → (…, h, w, 3)."""
    return np.clip(np.moveaxis(images, -3, -1), 0, 1)


def joint(filters: np.ndarray) -> np.ndarray:
    """All filters of a replicate as one: (r, o, 3, kh, kw) → (r, 3, o · kh, kw)."""
    return filters.swapaxes(1, 2).reshape(len(filters), 3, -1, filters.shape[-1])


def share_of_change(cat_pictures, arm: str) -> np.ndarray:
    """The chromatic share of what all filters of a replicate learned, (replicates,)."""
    return chromatic_share(joint(learned(cat_pictures, arm)))


def fur_share(cat_pictures, arm: str) -> np.ndarray:
    """How much of the chromatic filter parts' mean response energy falls on fur, and not on background, (replicates,).

    One half is what filters would show that respond to both alike.
    """
    pictures = cat_pictures.tests["colour"]
    filters = chromatic(getattr(cat_pictures, arm).filters())
    energy = response_energy(filters, pictures.images[:, :LOOKED_AT]).sum(2)  # (r, n, h, w)
    fur = pictures.fur[:, :LOOKED_AT, 1:-1, 1:-1]
    on_fur, beside = ((energy * where).sum((1, 2, 3)) / where.sum((1, 2, 3)) for where in (fur, ~fur))
    return on_fur / (on_fur + beside)


def costs_of_covering(cat_pictures) -> np.ndarray:
    """What covering each square costs a network that learned ears, (r, n, h', w')."""
    pictures = cat_pictures.tests["ears"]
    images, labels = pictures.images[:, :SHOWN], pictures.labels[:, :SHOWN]
    return occlusion_cost(cat_pictures.convolution_by_ears, images, labels, SQUARE)


def costliest_there(costs: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """By how much oftener than any square the costliest one lies on such pixels, at least half of it: (r,)."""
    squares = np.lib.stride_tricks.sliding_window_view(pixels, (SQUARE, SQUARE), axis=(-2, -1)).mean((-1, -2))
    costliest = costs == costs.max(axis=(-2, -1), keepdims=True)  # all of them, for a network that ignores the picture
    there = ((costliest & (squares >= 0.5)).sum((-2, -1)) / costliest.sum((-2, -1))).mean(-1)
    return there - (squares >= 0.5).mean((-3, -2, -1))


@claim("cat.colour-photo")
@pytest.mark.parametrize("world", list(TEST_CUES))
def test_convolution_recognises_cats_in_colour(cat_pictures, evidence, world):
    """A convolutional network tells cats from dogs in colour pictures it has not seen, by fur or by ears."""
    evidence.exceeds(cat_pictures.accuracy(f"convolution_by_{world}", world, "colour"), f"by_{world}")


@claim("cat.colour-photo", role="control")
def test_shuffled_labels_teach_nothing_about_cats(cat_pictures, evidence):
    """Trained as long on labels dealt out at random, the network is at chance."""
    evidence.within(cat_pictures.accuracy("convolution_on_shuffled_labels", "ears", "colour"), "shuffled_labels")


@claim("cat.parts-are-found")
def test_covering_an_ear_costs_most(cat_pictures, evidence):
    """Where ears alone tell, the square that costs most when covered holds an ear in half of its pixels or more."""
    costs = costs_of_covering(cat_pictures)
    evidence.figure(
        "occlusion",
        "overlay",
        "What covering the square around each pixel costs a trained network: most where an ear is.",
        picture=as_pictures(cat_pictures.tests["ears"].images[0, :6]),
        **{"cost of covering": np.pad(np.maximum(costs[0, :6], 0), ((0, 0), (1, 2), (1, 2)))},
    )
    ears = cat_pictures.tests["ears"].ears[:, :SHOWN]
    evidence.exceeds(costliest_there(costs, ears), "ears_against_chance")


@claim("cat.parts-are-found", role="control")
def test_no_part_is_found_where_there_is_none(cat_pictures, evidence):
    """Looked for upside down, in as many pixels of the same shape, ears are held no oftener than by any square."""
    upside_down = cat_pictures.tests["ears"].ears[:, :SHOWN, ::-1]
    evidence.within(costliest_there(costs_of_covering(cat_pictures), upside_down), "upside_down")


@claim("cat.convolution-drops-on-edges")
@pytest.mark.parametrize("version", ["sobel", "canny"])
def test_where_colour_tells_convolution_falls_on_edges(cat_pictures, evidence, version):
    """A network that has learned the colour of fur is right far less often about edge pictures of the same animals."""
    evidence.exceeds(drop(cat_pictures, "convolution_by_colour", version), version)


@claim("cat.convolution-drops-on-edges", role="control")
def test_where_the_cue_stays_nothing_is_lost(cat_pictures, evidence):
    """A network that has learned ears loses nothing from colour to grey, which leaves the ears as they are."""
    evidence.within(drop(cat_pictures, "convolution_by_ears", "grey"), "ears_grey")


@claim("cat.convolution-drops-on-edges", role="boundary")
@pytest.mark.parametrize("version", ["sobel", "canny"])
def test_where_ears_tell_convolution_falls_little(cat_pictures, evidence, version):
    """A network that has learned ears from colour pictures loses little on edge pictures, which it has never seen."""
    evidence.within(drop(cat_pictures, "convolution_by_ears", version), f"ears_{version}")


@claim("cat.convolution-drops-on-edges", role="boundary")
def test_trained_on_edges_convolution_recovers(cat_pictures, evidence):
    """Trained on the edges of the very same pictures, the network is highly accurate on edges."""
    evidence.exceeds(cat_pictures.accuracy("convolution_from_edges", "colour", "sobel"), "trained_on_edges")


@claim("cat.filters-learn-colour")
def test_where_colour_tells_filters_learn_colour(cat_pictures, evidence):
    """The chromatic share of what filters learn is larger where colour tells the classes apart than where ears do."""
    by_colour, by_ears = (share_of_change(cat_pictures, f"convolution_by_{world}") for world in ("colour", "ears"))
    filters = {
        "before training": cat_pictures.untrained_convolution.filters()[0],
        "where colour tells": cat_pictures.convolution_by_colour.filters()[0],
        "where ears tell": cat_pictures.convolution_by_ears.filters()[0],
    }
    largest = max(max(np.abs(own).max() for own in filters.values()), 1e-12)
    evidence.figure(
        "filters",
        "pictures",
        "The first layer's filters as pictures, grey where a filter is 0; where ears tell, they lose their colour.",
        **{name: as_pictures(0.5 + own / (2 * largest)) for name, own in filters.items()},
    )
    evidence.exceeds(by_colour - by_ears, "colour_against_ears")


@claim("cat.filters-learn-colour")
def test_many_filters_learn_colour(cat_pictures, evidence):
    """Of many filters, most of what they learn is chromatic."""
    share = (chromatic_share(learned(cat_pictures, "convolution_by_colour")) > 0.5).mean(-1)
    evidence.exceeds(share, "many_filters")


@claim("cat.filters-learn-colour")
def test_chromatic_filters_respond_where_the_colour_tells(cat_pictures, evidence):
    """Training shifts the response of the chromatic filter parts to fur, the region whose colour tells the class."""
    trained, untrained = (fur_share(cat_pictures, arm) for arm in ("convolution_by_colour", "untrained_convolution"))
    evidence.exceeds(trained - untrained, "fur_against_untrained")


@claim("cat.filters-learn-colour", role="boundary")
def test_where_ears_tell_filters_lose_colour(cat_pictures, evidence):
    """Where colour says nothing, training makes the filters less chromatic than they were."""
    before, after = (
        chromatic_share(joint(getattr(cat_pictures, arm).filters()))
        for arm in ("untrained_convolution", "convolution_by_ears")
    )
    evidence.exceeds(before - after, "ears_lose_colour")


@claim("cat.filters-learn-colour", role="boundary")
def test_chromatic_energy_changes_without_colour_too(cat_pictures, evidence):
    """The filters' χ changes in networks that saw grey pictures only: a change alone is no sign of learned colour."""
    trained, untrained = (
        chromatic_share(joint(getattr(cat_pictures, arm).filters()))
        for arm in ("convolution_from_grey", "untrained_convolution")
    )
    evidence.exceeds(np.abs(trained - untrained), "grey_moves")


@claim("cat.filters-learn-colour", role="control")
def test_from_grey_pictures_no_colour_is_learned(cat_pictures, evidence):
    """Trained on the same pictures in grey, filters change by nothing chromatic beyond a hundredth."""
    share = share_of_change(cat_pictures, "convolution_from_grey")
    evidence.true(share < 0.01, "chromatic share of what filters learned from grey below .01", largest=share.max())


@claim("cat.missing-colour-is-why")
def test_trained_on_edges_convolution_falls_short(cat_pictures, evidence):
    """Trained and tested on edges, convolution falls short of the same trained and tested on colour by a tenth."""
    colour, edges = (
        cat_pictures.accuracy(arm, "colour", version)
        for arm, version in (("convolution_by_colour", "colour"), ("convolution_from_edges", "sobel"))
    )
    evidence.within(colour - edges, "edges_fall_short")


@claim("cat.missing-colour-is-why", role="control")
def test_where_training_and_test_differ_edges_do_fall_short(cat_pictures, evidence):
    """Trained on colour and tested on edges, the same network falls short by a tenth: such a gap would be seen."""
    evidence.exceeds(drops_in_grey_and_on_edges(cat_pictures, "convolution_by_colour")[1], "untrained_for_edges")


@claim("cat.missing-colour-is-why", role="amended")
def test_trained_on_edges_convolution_is_level(cat_pictures, evidence):
    """Trained and tested on edges, convolution is level with the same trained and tested on colour."""
    colour, edges = (
        cat_pictures.accuracy(arm, "colour", version)
        for arm, version in (("convolution_by_colour", "colour"), ("convolution_from_edges", "sobel"))
    )
    evidence.within(edges - colour, "level")


@claim("cat.missing-colour-is-why", role="amended")
@pytest.mark.parametrize("arm", ["convolution_by_colour", "attention_by_colour"])
def test_where_colour_tells_grey_shows_the_drop_already(cat_pictures, evidence, arm):
    """Of the drop on edges of a network that learned colour, more than a third, on average all, is there in grey."""
    on_grey, on_edges = drops_in_grey_and_on_edges(cat_pictures, arm)
    evidence.exceeds(on_grey - on_edges / 3, f"in_grey_{arm}")


@claim("cat.missing-colour-is-why", role="amended")
def test_where_ears_tell_grey_shows_none_of_the_drop(cat_pictures, evidence):
    """Of the drop on edges of a network that learned ears, about nothing is there in grey: colour is not why."""
    on_grey, on_edges = drops_in_grey_and_on_edges(cat_pictures, "attention_by_ears")
    evidence.within(on_grey / on_edges, "in_grey_attention_by_ears")


@claim("cat.attention-learns-complex-patterns")
@pytest.mark.parametrize("layout", ["normal", "scrambled"])
def test_attention_learns_same_or_different(relational_faces, evidence, layout):
    """Attention learns whether two of sixteen patches are alike, also where they lie elsewhere than in training."""
    evidence.exceeds(relational_faces.accuracy("attention", layout), layout)


@claim("cat.attention-learns-complex-patterns", role="control")
def test_sums_of_patch_scores_do_not_learn_it(relational_faces, evidence):
    """Patches that keep to themselves, whose scores add up, stay under their cap of two thirds."""
    evidence.within(relational_faces.accuracy("identity_mixing", "normal"), "identity_mixing")


@claim("cat.attention-learns-complex-patterns", role="control")
def test_sums_of_patch_scores_learn_what_takes_no_relation(relational_faces, evidence):
    """The same patches that keep to themselves do learn whether an eye looks up."""
    faces = relational_faces.normal
    one_eye = accuracy(relational_faces.identity_mixing_on_one_eye, faces.images, looks_up(faces))
    evidence.exceeds(one_eye, "identity_mixing_on_one_eye")


@claim("cat.attention-as-good-on-colour")
@pytest.mark.parametrize("world", list(TEST_CUES))
def test_attention_is_not_inferior_on_colour(cat_pictures, evidence, world):
    """Trained to convergence, attention is as good as convolution on colour pictures."""
    attention, convolution = (
        cat_pictures.accuracy(f"{architecture}_by_{world}", world, "colour")
        for architecture in ("attention", "convolution")
    )
    evidence.within(attention - convolution, f"by_{world}")


@claim("cat.attention-as-good-on-colour", role="control")
@pytest.mark.parametrize("world", list(TEST_CUES))
def test_networks_of_cats_have_equally_many_parameters(cat_pictures, evidence, world):
    """Convolution and attention differ by at most 5 % in their numbers of parameters."""
    counts = np.array(
        [parameter_count(getattr(cat_pictures, f"{name}_by_{world}")) for name in ("convolution", "attention")]
    )
    evidence.true(counts >= 0.95 * counts.max(), "numbers of parameters lie within 5 %", counts=counts)


@claim("cat.attention-as-good-on-colour", role="boundary")
def test_after_few_steps_attention_lags_behind(cat_pictures, evidence):
    """After few steps attention falls short of converged convolution at telling ears in colour pictures."""
    convolution, attention = (
        cat_pictures.accuracy(arm, "ears", "colour") for arm in ("convolution_by_ears", "attention_after_few_steps")
    )
    evidence.exceeds(convolution - attention, "few_steps")


@claim("cat.attention-better-on-edges")
@pytest.mark.parametrize("version", ["sobel", "canny"])
def test_attention_beats_convolution_on_edges(cat_pictures, evidence, version):
    """Of networks that learned ears from colour pictures, attention is right more often about edge pictures."""
    attention, convolution = (
        cat_pictures.accuracy(f"{architecture}_by_ears", "ears", version)
        for architecture in ("attention", "convolution")
    )
    if version == "sobel":
        versions = list(cats.VERSIONS)
        table = [[cat_pictures.accuracy(arm, world_of(arm), each) for each in versions] for arm in ARMS]
        evidence.figure(
            "versions",
            "pictures",
            "Drawn cats and dogs in the four versions that networks are tested on.",
            **{each: as_pictures(cat_pictures.version("colour", each)[0, :8]) for each in versions},
        )
        evidence.figure(
            "accuracy",
            "matrix",
            "Accuracy on each version of the pictures, mean over replicates; chance is 0.5.",
            values=np.moveaxis(table, -1, 0),
            row=[arm.replace("_", " ") for arm in ARMS],
            column=versions,
            row_label="network, and what it learned from",
            column_label="version tested on",
        )
    evidence.exceeds(attention - convolution, version)


@claim("cat.attention-better-on-edges", role="control")
@pytest.mark.parametrize("version", ["colour", "grey"])
@pytest.mark.parametrize("architecture", ["convolution", "attention"])
def test_both_are_competent_on_colour_and_grey(cat_pictures, evidence, architecture, version):
    """Both networks tell ears in colour pictures and, without having seen any, in grey ones."""
    evidence.exceeds(cat_pictures.accuracy(f"{architecture}_by_ears", "ears", version), f"{architecture}_{version}")


@claim("cat.attention-better-on-edges", role="control")
def test_networks_compared_on_edges_have_equally_many_parameters(cat_pictures, evidence):
    """Convolution and attention differ by at most 5 % in their numbers of parameters."""
    counts = np.array(
        [parameter_count(getattr(cat_pictures, f"{name}_by_ears")) for name in ("convolution", "attention")]
    )
    evidence.true(counts >= 0.95 * counts.max(), "numbers of parameters lie within 5 %", counts=counts)


@claim("cat.attention-better-on-edges", role="boundary")
def test_trained_on_edges_the_two_are_level(cat_pictures, evidence):
    """Trained on edges, attention and convolution are about as good on them."""
    attention, convolution = (
        cat_pictures.accuracy(f"{architecture}_from_edges", "colour", "sobel")
        for architecture in ("attention", "convolution")
    )
    evidence.within(attention - convolution, "trained_on_edges")


@claim("cat.attention-better-on-edges", role="amended")
def test_attention_beats_small_windows_at_what_is_not_local(distant_marks, evidence):
    """Attention beats a convolutional network whose receptive field is smaller than the relation that tells."""
    far = distant_marks.FAR
    own = distant_marks.tests[far]
    attention = accuracy(distant_marks.attention, own.images, own.labels)
    evidence.exceeds(attention - distant_marks.of_windows(far, far), "not_local")


@claim("cat.patterns-need-not-be-local")
def test_attention_learns_a_relation_at_a_distance(distant_marks, evidence):
    """Attention learns whether marks ten columns apart match, though every smaller window looks the same."""
    own = distant_marks.tests[distant_marks.FAR]
    evidence.figure(
        "strips",
        "pictures",
        "Strips whose marks are ten columns apart, and match in one class only.",
        **{
            name: np.clip(own.images[0, own.labels[0] == label, 0][:4], 0, 1)
            for name, label in (("marks match", 1), ("marks differ", 0))
        },
    )
    evidence.exceeds(accuracy(distant_marks.attention, own.images, own.labels), "attention")


@claim("cat.patterns-need-not-be-local")
@pytest.mark.parametrize("distance", strips.DISTANCES)
def test_the_receptive_field_has_to_cover_the_pair(distant_marks, evidence, distance):
    """A convolutional network is at chance with a field as wide as the distance, and right with one column more."""
    evidence.figure(
        "step",
        "curves",
        "Accuracy of convolutional networks steps up from chance once their receptive field covers the pair of marks.",
        x=distant_marks.WIDTHS,
        x_label="width of the receptive field, columns",
        y_label="accuracy",
        **{
            f"marks {each} columns apart": own.T
            for each, own in zip(strips.DISTANCES, distant_marks.window_accuracy, strict=True)
        },
    )
    evidence.within(distant_marks.of_windows(distance, distance), f"blind_{distance}")
    evidence.exceeds(distant_marks.of_windows(distance, distance + strips.MARK), f"seeing_{distance}")


@claim("cat.patterns-need-not-be-local")
@pytest.mark.parametrize("distance", strips.DISTANCES)
def test_smaller_windows_give_both_classes_the_same_score(distant_marks, evidence, distance):
    """Without noise, trained networks with a field as wide as the distance score all strips of both classes alike."""
    clean = np.stack(
        [strips.strips(SHOWN, distance, np.random.default_rng(0), noise=0).images] * len(distant_marks.seeds)
    )
    scores = distant_marks.windows[distance].logits(clean)[distant_marks.WIDTHS.index(distance)]  # (r, n, 2)
    evidence.equal(scores, np.broadcast_to(scores[:, :1], scores.shape), "scores of all strips, and of one", FLOAT32)


@claim("cat.patterns-need-not-be-local")
def test_attention_cut_to_a_shorter_reach_collapses(distant_marks, evidence):
    """Cut to neighbouring patches, so that no patch hears of two marks through its layers, attention is at chance."""
    own, patches = distant_marks.tests[distant_marks.FAR], strips.WIDTH // distant_marks.PATCH
    apart = np.abs(np.subtract.outer(np.arange(patches), np.arange(patches)))
    near = np.minimum(apart, patches - apart) <= 1
    cut = distant_marks.attention.logits(own.images, near).argmax(-1) == own.labels
    evidence.within(cut.mean(-1), "cut_attention")


@claim("cat.patterns-need-not-be-local", role="boundary")
def test_convolution_that_sees_the_whole_strip_learns_it_too(distant_marks, evidence):
    """A convolutional network with as many parameters as attention whose field covers the strip learns the relation."""
    own = distant_marks.tests[distant_marks.FAR]
    shares = distant_marks.whole_strip.parameter_count(strips.WIDTH) / parameter_count(distant_marks.attention)
    evidence.true(abs(shares - 1) <= 0.05, "numbers of parameters lie within 5 %", share=shares)
    evidence.exceeds(correct(distant_marks.whole_strip, own.images, own.labels)[0].mean(-1), "whole_strip")
