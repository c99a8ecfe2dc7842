"""Question 1, cats: what networks make of real photos and of their edges."""

import numpy as np
import pytest

from spec.harness import claim

from .edge_experiments import ColourPhotos, FacesAsEdges
from .measures import accuracy, auc, lead


def recognised(photos: FacesAsEdges, role: str) -> np.ndarray:
    """The share of edge pictures of class 1, the faces, that a network puts there, (replicates,)."""
    return accuracy(photos.learned(role), photos.edges, where=photos.edges.labels == 1)


def lead_on_edges(photos: FacesAsEdges, one: str, other: str) -> np.ndarray:
    """How much oftener one network is right than another about edge pictures of photos, (replicates,)."""
    return accuracy(photos.learned(one), photos.edges) - accuracy(photos.learned(other), photos.edges)


@claim("cat.attention-better-on-edges")
def test_attention_recognises_more_edges_of_faces(photos: FacesAsEdges, evidence):
    """Of networks that learned photos of faces, attention recognises more of these faces by their edges."""
    attention, convolution = (recognised(photos, role) for role in ("attention", "convolution"))
    evidence.within(attention - convolution, "faces")


@claim("cat.attention-better-on-edges", role="control")
@pytest.mark.parametrize("role", ["convolution", "attention"], ids=["convolution_photos", "attention_photos"])
def test_both_are_competent_on_photos(photos: FacesAsEdges, evidence, role):
    """Both networks tell faces from other things on pictures such as they learned, photos as they are."""
    evidence.exceeds(accuracy(photos.learned(role), photos.pictures("test", photos.choices["trained_on"])))


@claim("cat.attention-better-on-edges", role="control")
def test_networks_of_photos_have_equally_many_parameters(photos: FacesAsEdges, evidence):
    """The networks that are compared differ by at most 5 % in their numbers of parameters."""
    counts = np.array([photos.learned(role).parameter_count for role in ("convolution", "attention", "patches")])
    evidence.true(counts >= 0.95 * counts.max(), "numbers of parameters lie within 5 %", counts=counts)


@claim("cat.attention-better-on-edges", role="boundary")
def test_at_their_thresholds_attention_looks_better_than_it_ranks(photos: FacesAsEdges, evidence):
    """Attention's lead in accuracy on edges exceeds its lead in ranking faces above other things."""
    scores = [lead(photos.learned(name), photos.edges.images) for name in ("attention", "convolution")]
    attention, convolution = (auc(each, photos.edges.labels) for each in scores)
    evidence.exceeds(lead_on_edges(photos, "attention", "convolution") - (attention - convolution), "threshold")


@claim("cat.not-local-is-why")
def test_patches_that_never_meet_fall_short_of_attention(photos: FacesAsEdges, evidence):
    """Patches without mixing, which learn local patterns alone, fall short of attention on edges."""
    evidence.within(lead_on_edges(photos, "attention", "patches"), "patches_fall_short")


@claim("cat.not-local-is-why", role="amended")
def test_patches_that_never_meet_beat_convolution_too(photos: FacesAsEdges, evidence):
    """Patches without mixing are right more often than convolution about the same edges."""
    evidence.exceeds(lead_on_edges(photos, "patches", "convolution"), "patches")


def trained_and_tested_on(photos: ColourPhotos, version: str) -> np.ndarray:
    """Convolution's accuracy on crops of photos, trained and tested on the same version: (replicates,)."""
    return accuracy(photos.trained("convolution", version), photos.pictures("test", version))


@claim("cat.missing-colour-is-why")
@pytest.mark.parametrize("version", ["grey", "sobel", "canny"], ids=["photos_grey", "photos_sobel", "photos_canny"])
def test_of_photos_convolution_learns_less_without_colour(photos: ColourPhotos, evidence, version):
    """Trained and tested on grey crops of photos, or on edges, convolution falls short of the same on colour."""
    evidence.exceeds(trained_and_tested_on(photos, "colour") - trained_and_tested_on(photos, version))


@claim("cat.attention-good-on-colour")
def test_attention_recognises_photos_in_colour(photos: ColourPhotos, evidence):
    """Attention tells which of six colour photos a crop is from, in the half of each that it has not seen."""
    evidence.exceeds(accuracy(photos.trained("attention", "colour"), photos.pictures("test", "colour")), "photos")


@claim("cat.attention-as-good-on-colour")
def test_attention_is_not_inferior_on_colour_photos(photos: ColourPhotos, evidence):
    """Attention is as good as convolution at telling which of six colour photos a crop is from."""
    attention, convolution = (photos.trained(role, "colour") for role in ("attention", "convolution"))
    pictures = photos.pictures("test", "colour")
    evidence.within(accuracy(attention, pictures) - accuracy(convolution, pictures), "photos")
