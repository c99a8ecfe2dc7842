"""Question 1, cats: what trained networks make of colour, grey and edge pictures."""

import numpy as np
import pytest

from spec.common import laws
from spec.harness import claim, seed_of_test

from .cat_experiments import CatPictures
from .cat_stimuli import GINGER
from .face_experiments import TwoWayFaces
from .face_stimuli import one_eye
from .measures import (
    FLOAT32,
    accuracy,
    answers,
    chromatic,
    chromatic_share,
    parameter_count,
    response_energy,
    share_along,
    share_with_a_say,
)

WATCHED = 64
"""To how many pictures of each replicate the filters' responses are computed."""
ISOTROPIC = 0.5512
"""The share that lies along one colour, at most, of 19 in 20 random changes of a filter that know no direction: the
95 % point of Beta(9/2, 18/2), as 9 dimensions of a filter's 27 lie so."""


def drop(cats: CatPictures, architecture: str, cue: str, version: str) -> np.ndarray:
    """How far the accuracy of networks that learned a cue in colour falls on another version, (replicates,)."""
    network = cats.trained(architecture, cue)
    return accuracy(network, cats.pictures(cue)) - accuracy(network, cats.pictures(cue, version))


def drop_on_edges(cats: CatPictures, architecture: str, cue: str) -> np.ndarray:
    """The mean of the drops on Sobel's and on Canny's edges, (replicates,)."""
    return (drop(cats, architecture, cue, "sobel") + drop(cats, architecture, cue, "canny")) / 2


def trained_and_tested_on(cats: CatPictures, version: str) -> np.ndarray:
    """Convolution's accuracy where colour is the cue, trained and tested on the same version: (replicates,)."""
    return accuracy(cats.trained("convolution", "colour", version=version), cats.pictures("colour", version))


def learned(cats: CatPictures, cue: str, version: str = "colour") -> np.ndarray:
    """By how much training changed the first layer's filters, (replicates, filters, 3, kh, kw)."""
    untrained = cats.trained("convolution", "colour", steps=0)
    return cats.trained("convolution", cue, version=version).filters() - untrained.filters()


def joint(filters: np.ndarray) -> np.ndarray:
    """All filters of a replicate as one: (r, o, 3, kh, kw) → (r, 3, o · kh, kw)."""
    return filters.swapaxes(1, 2).reshape(len(filters), 3, -1, filters.shape[-1])


def fur_share(cats: CatPictures, steps: int | None = None) -> np.ndarray:
    """How much of the chromatic filter parts' mean response energy falls on fur, and not on background, (replicates,).

    One half is what filters would show that respond to both alike.
    """
    pictures = cats.pictures("colour").first(WATCHED)
    filters = chromatic(cats.trained("convolution", "colour", steps=steps).filters())
    energy = response_energy(filters, pictures.images).sum(2)  # (r, n, h, w)
    fur = pictures.fur[..., 1:-1, 1:-1]
    on_fur, beside = ((energy * where).sum((1, 2, 3)) / where.sum((1, 2, 3)) for where in (fur, ~fur))
    return on_fur / (on_fur + beside)


def costliest_there(cats: CatPictures, pixels: np.ndarray) -> np.ndarray:
    """By how much oftener than any square the costliest one lies on such pixels, at least half of it: (replicates,)."""
    costs, square = cats.cost_of_covering(), (cats.SQUARE, cats.SQUARE)
    on_pixels = np.lib.stride_tricks.sliding_window_view(pixels, square, axis=(-2, -1)).mean((-1, -2)) >= 0.5
    costliest = costs == costs.max(axis=(-2, -1), keepdims=True)  # all of them, for a network that ignores the picture
    there = ((costliest & on_pixels).sum((-2, -1)) / costliest.sum((-2, -1))).mean(-1)
    return there - on_pixels.mean((-3, -2, -1))


@claim("cat.colour-photo")
@pytest.mark.parametrize("cue", ["colour", "ears"], ids=["by_colour", "by_ears"])
def test_convolution_recognises_cats_in_colour(cats: CatPictures, evidence, cue):
    """A convolutional network tells cats from dogs in unseen colour pictures, where fur or ears differ."""
    evidence.exceeds(accuracy(cats.trained("convolution", cue), cats.pictures(cue)))


@claim("cat.colour-photo")
@pytest.mark.parametrize("cue", ["colour", "ears"])
def test_what_convolution_learned_is_in_its_parameters(cats: CatPictures, evidence, cue):
    """Given the parameters of networks that learned a cue, others give the same outputs; at 0, one for all pictures."""
    images, vessel = cats.pictures(cue).first(8).images, cats.vessel(cats.pictures(cue), "convolution")
    laws.parameters_decide(
        evidence, vessel, cats.trained("convolution", cue), lambda model: answers(model, images), tolerance=FLOAT32
    )


@claim("cat.colour-photo", role="control")
def test_shuffled_labels_teach_nothing_about_cats(cats: CatPictures, evidence):
    """Trained as long on shuffled labels, the network is at chance."""
    convolution = cats.trained("convolution", "ears", shuffled=True)
    evidence.within(accuracy(convolution, cats.pictures("ears")), "shuffled_labels")


@claim("cat.parts-are-found")
def test_covering_an_ear_costs_most(cats: CatPictures, evidence):
    """Where only the ears differ, at least half of the square that costs most when covered lies on an ear."""
    ears = cats.pictures("ears").first(cats.COVERED).ears
    evidence.exceeds(costliest_there(cats, ears), "ears_against_chance")


@claim("cat.parts-are-found", role="control")
def test_no_part_is_found_where_there_is_none(cats: CatPictures, evidence):
    """Turned upside down, ears of the same shape and size lie in the costliest square no more often than in any."""
    upside_down = cats.pictures("ears").first(cats.COVERED).ears[:, :, ::-1]
    evidence.within(costliest_there(cats, upside_down), "upside_down")


@claim("cat.convolution-drops-on-edges")
@pytest.mark.parametrize("version", ["sobel", "canny"])
def test_where_colour_tells_convolution_falls_on_edges(cats: CatPictures, evidence, version):
    """A network that has learned the colour of fur is right far less often about edge pictures of the same animals."""
    evidence.exceeds(drop(cats, "convolution", "colour", version))


@claim("cat.convolution-drops-on-edges", role="control")
def test_where_the_cue_stays_nothing_is_lost(cats: CatPictures, evidence):
    """A network that has learned ears loses nothing from colour to grey, which leaves the ears as they are."""
    evidence.within(drop(cats, "convolution", "ears", "grey"), "ears_grey")


@claim("cat.convolution-drops-on-edges", role="boundary")
@pytest.mark.parametrize("version", ["sobel", "canny"], ids=["ears_sobel", "ears_canny"])
def test_where_ears_tell_convolution_falls_little(cats: CatPictures, evidence, version):
    """A network that has learned ears from colour pictures loses little on edge pictures, which it has never seen."""
    evidence.within(drop(cats, "convolution", "ears", version))


@claim("cat.convolution-drops-on-edges", role="boundary")
def test_trained_on_edges_convolution_recovers(cats: CatPictures, evidence):
    """Trained on the edges of the very same pictures, the network is highly accurate on edges."""
    evidence.exceeds(trained_and_tested_on(cats, "sobel"), "trained_on_edges")


@claim("cat.filters-learn-colour")
def test_where_colour_tells_filters_learn_colour(cats: CatPictures, evidence):
    """The chromatic share of what filters learn is larger where the classes differ in colour than in the ears."""
    by_colour, by_ears = (chromatic_share(joint(learned(cats, cue))) for cue in ("colour", "ears"))
    evidence.exceeds(by_colour - by_ears, "colour_against_ears")


@claim("cat.filters-learn-colour")
def test_many_filters_learn_the_colour_that_tells(cats: CatPictures, evidence):
    """More of what many filters learn lies between ginger and blue than of 19 in 20 random changes."""
    evidence.exceeds((share_along(learned(cats, "colour"), GINGER) > ISOTROPIC).mean(-1), "many_filters")


@claim("cat.filters-learn-colour", role="control")
def test_changes_without_a_direction_pass_for_few(evidence):
    """Of random changes, one in twenty passes for learned colour."""
    changes = np.random.default_rng(seed_of_test()).standard_normal((20_000, 3, 3, 3))
    share = (share_along(changes, GINGER) > ISOTROPIC).mean()
    evidence.true(abs(share - 0.05) < 0.01, "one in twenty, to a hundredth", share=share)


@claim("cat.filters-learn-colour")
def test_chromatic_filters_respond_where_the_colour_tells(cats: CatPictures, evidence):
    """Training shifts the response of the chromatic filter parts to fur, whose colour differs between classes."""
    evidence.exceeds(fur_share(cats) - fur_share(cats, steps=0), "fur_against_untrained")


@claim("cat.filters-learn-colour", role="boundary")
def test_where_ears_tell_filters_lose_colour(cats: CatPictures, evidence):
    """Where colour is uninformative, training makes the filters less chromatic than they were."""
    before, after = cats.trained("convolution", "colour", steps=0), cats.trained("convolution", "ears")
    shares = [chromatic_share(joint(network.filters())) for network in (before, after)]
    evidence.exceeds(shares[0] - shares[1], "ears_lose_colour")


@claim("cat.filters-learn-colour", role="boundary")
def test_chromatic_energy_changes_without_colour_too(cats: CatPictures, evidence):
    """The filters' χ changes in networks that saw grey pictures only: a change alone is no sign of learned colour."""
    before, after = (
        cats.trained("convolution", "colour", version=v, steps=s) for v, s in (("colour", 0), ("grey", None))
    )
    shares = [chromatic_share(joint(network.filters())) for network in (before, after)]
    evidence.exceeds(np.abs(shares[1] - shares[0]), "grey_moves")


@claim("cat.filters-learn-colour", role="control")
def test_from_grey_pictures_no_colour_is_learned(cats: CatPictures, evidence):
    """Trained on the same pictures in grey, filters change by nothing chromatic beyond a hundredth."""
    share = chromatic_share(joint(learned(cats, "colour", "grey")))
    evidence.true(share < 0.01, "chromatic share of what filters learned from grey below .01", largest=share.max())


@claim("cat.missing-colour-is-why", role="boundary")
def test_trained_on_edges_convolution_is_level(cats: CatPictures, evidence):
    """Where the ears differ too, convolution trained and tested on edges is level with the same on colour."""
    colour, edges = (trained_and_tested_on(cats, version) for version in ("colour", "sobel"))
    evidence.within(edges - colour, "level")


@claim("cat.missing-colour-is-why", role="boundary")
@pytest.mark.parametrize(
    "architecture",
    ["convolution", "attention"],
    ids=["in_grey_convolution_by_colour", "in_grey_attention_by_colour"],
)
def test_where_colour_tells_grey_shows_the_drop_already(cats: CatPictures, evidence, architecture):
    """Of a colour-trained network's drop on edges, more than a third, on average all, occurs in grey too."""
    evidence.exceeds(drop(cats, architecture, "colour", "grey") - drop_on_edges(cats, architecture, "colour") / 3)


@claim("cat.missing-colour-is-why", role="boundary")
def test_where_ears_tell_grey_shows_none_of_the_drop(cats: CatPictures, evidence):
    """Of an ear-trained network's drop on edges, about nothing occurs in grey: missing colour is not why."""
    share = drop(cats, "attention", "ears", "grey") / drop_on_edges(cats, "attention", "ears")
    evidence.within(share, "in_grey_attention_by_ears")


@claim("cat.attention-learns-complex-patterns")
def test_attention_learns_same_or_different(faces: TwoWayFaces, evidence):
    """Attention learns whether two of sixteen patches are alike, also at positions not used in training."""
    attention = faces.trained("attention")
    evidence.exceeds(accuracy(attention, faces.normal), "normal")
    evidence.exceeds(accuracy(attention, faces.scrambled), "scrambled")


@claim("cat.attention-learns-complex-patterns")
def test_what_attention_learned_is_in_its_parameters(faces: TwoWayFaces, evidence):
    """Given the parameters of networks that learned the relation, others give the same outputs; nine in ten matter."""
    images, vessel = faces.scrambled.first(8).images, faces.vessel(faces.normal, "attention")
    attention = faces.trained("attention")
    laws.parameters_decide(evidence, vessel, attention, lambda model: answers(model, images), tolerance=FLOAT32)
    vessel.set_parameters(attention.parameters())
    share = share_with_a_say(vessel, images)
    evidence.true(share >= 0.9, "nine in ten parameters have a say", share=share)


@claim("cat.self-attention-is-why")
def test_without_attention_the_relation_is_not_learned(faces: TwoWayFaces, evidence):
    """Attention learns a relation that the same encoder without mixing of patches does not learn nearly as well."""
    attention, mixing = faces.trained("attention"), faces.mixed("identity")
    evidence.exceeds(accuracy(attention, faces.normal) - accuracy(mixing, faces.normal), "normal")
    evidence.exceeds(accuracy(attention, faces.scrambled) - accuracy(mixing, faces.scrambled), "scrambled")


@claim("cat.self-attention-is-why", role="control")
def test_without_attention_the_rest_is_learned(faces: TwoWayFaces, evidence):
    """The encoder without mixing of patches does learn what needs no relation, whether an eye looks up."""
    mixing = faces.mixed("identity", labels="one eye")
    evidence.exceeds(accuracy(mixing, one_eye(faces.normal)), "identity_mixing_on_one_eye")


@claim("cat.attention-learns-complex-patterns", role="control")
def test_sums_of_patch_scores_do_not_learn_it(faces: TwoWayFaces, evidence):
    """Patches without mixing, whose scores add up, stay below their upper bound of three quarters."""
    evidence.within(accuracy(faces.mixed("identity"), faces.normal), "identity_mixing")


@claim("cat.attention-learns-complex-patterns", role="control")
def test_sums_of_patch_scores_learn_what_takes_no_relation(faces: TwoWayFaces, evidence):
    """The same patches without mixing do learn whether an eye looks up."""
    mixing = faces.mixed("identity", labels="one eye")
    evidence.exceeds(accuracy(mixing, one_eye(faces.normal)), "identity_mixing_on_one_eye")


@claim("cat.attention-learns-complex-patterns", role="control")
def test_a_few_steps_do_not_teach_it(faces: TwoWayFaces, evidence):
    """After five steps attention does no better than counting eyes: the relation is learned, not built in."""
    evidence.within(accuracy(faces.trained("attention", steps=faces.budget["few_steps"]), faces.scrambled), "few_steps")


@claim("cat.attention-good-on-colour")
@pytest.mark.parametrize("cue", ["colour", "ears"], ids=["by_colour", "by_ears"])
def test_attention_recognises_cats_in_colour(cats: CatPictures, evidence, cue):
    """An attention network tells cats from dogs in unseen colour pictures, where fur or ears differ."""
    evidence.exceeds(accuracy(cats.trained("attention", cue), cats.pictures(cue)))


@claim("cat.attention-good-on-colour", role="control")
def test_shuffled_labels_teach_attention_nothing(cats: CatPictures, evidence):
    """Trained as long on shuffled labels, attention is at chance."""
    attention = cats.trained("attention", "colour", shuffled=True)
    evidence.within(accuracy(attention, cats.pictures("colour")), "shuffled_labels")


@claim("cat.attention-as-good-on-colour")
@pytest.mark.parametrize("cue", ["colour", "ears"], ids=["by_colour", "by_ears"])
def test_attention_is_not_inferior_on_colour(cats: CatPictures, evidence, cue):
    """Trained to convergence, attention is as good as convolution on colour pictures."""
    attention, convolution = cats.trained("attention", cue), cats.trained("convolution", cue)
    evidence.within(accuracy(attention, cats.pictures(cue)) - accuracy(convolution, cats.pictures(cue)))


@claim("cat.attention-as-good-on-colour", role="control")
@pytest.mark.parametrize("cue", ["colour", "ears"])
def test_networks_of_cats_have_equally_many_parameters(cats: CatPictures, evidence, cue):
    """Convolution and attention differ by at most 5 % in their numbers of parameters."""
    counts = np.array([parameter_count(cats.trained(name, cue)) for name in ("convolution", "attention")])
    evidence.true(counts >= 0.95 * counts.max(), "numbers of parameters lie within 5 %", counts=counts)


@claim("cat.attention-as-good-on-colour", role="boundary")
def test_after_few_steps_attention_lags_behind(cats: CatPictures, evidence):
    """After equally few steps attention falls short of convolution at classifying by ears in colour pictures."""
    pictures, steps = cats.pictures("ears"), cats.budget["few_steps"]
    attention, convolution = (cats.trained(name, "ears", steps=steps) for name in ("attention", "convolution"))
    evidence.exceeds(accuracy(convolution, pictures) - accuracy(attention, pictures), "few_steps")


@claim("cat.attention-better-on-edges")
@pytest.mark.parametrize("version", ["sobel", "canny"])
def test_attention_beats_convolution_on_edges(cats: CatPictures, evidence, version):
    """Of networks that learned ears from colour pictures, attention is right more often about edge pictures."""
    attention, convolution = cats.trained("attention", "ears"), cats.trained("convolution", "ears")
    edges = cats.pictures("ears", version)
    evidence.exceeds(accuracy(attention, edges) - accuracy(convolution, edges))


@claim("cat.attention-better-on-edges", role="control")
@pytest.mark.parametrize(
    ("architecture", "version"),
    [("convolution", "colour"), ("convolution", "grey"), ("attention", "colour"), ("attention", "grey")],
    ids=["convolution_colour", "convolution_grey", "attention_colour", "attention_grey"],
)
def test_both_are_competent_on_colour_and_grey(cats: CatPictures, evidence, architecture, version):
    """Both networks classify by ears in colour pictures and, without training on them, in grey ones."""
    evidence.exceeds(accuracy(cats.trained(architecture, "ears"), cats.pictures("ears", version)))


@claim("cat.attention-better-on-edges", role="control")
def test_networks_compared_on_edges_have_equally_many_parameters(cats: CatPictures, evidence):
    """Convolution and attention differ by at most 5 % in their numbers of parameters."""
    counts = np.array([parameter_count(cats.trained(name, "ears")) for name in ("convolution", "attention")])
    evidence.true(counts >= 0.95 * counts.max(), "numbers of parameters lie within 5 %", counts=counts)


@claim("cat.attention-better-on-edges", role="amended")
def test_trained_on_edges_the_two_are_level(cats: CatPictures, evidence):
    """Trained on edges, attention and convolution are about as good on them."""
    edges = cats.pictures("colour", "sobel")
    attention, convolution = (cats.trained(name, "colour", version="sobel") for name in ("attention", "convolution"))
    evidence.within(accuracy(attention, edges) - accuracy(convolution, edges), "trained_on_edges")
