"""Question 1, faces: why attention recognises faces whose parts have changed places, and convolution does not."""

import numpy as np
import pytest

from spec.common import laws
from spec.common.labels import shuffled
from spec.harness import claim, stream

from .face_experiments import RealFaces, RelationalFaces
from .face_stimuli import CELLS, block_permutation, one_eye, scramble_blocks
from .measures import (
    FLOAT32,
    accuracy,
    affine_fit,
    answers,
    attention_between,
    auc,
    lead,
    linking_head,
    parameter_count,
    probe_accuracy,
    share_with_a_say,
)


def eye_link(network, images: np.ndarray, eyes: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The attention weight from eye to eye, in the head where it is largest: (replicates,)."""
    return linking_head(network.attention_layers(images)["weights"], *eyes)[1]


def patches_of_eyes(faces: RelationalFaces) -> tuple[np.ndarray, np.ndarray]:
    """The patches of the left and of the right eye of each watched face, (replicates, n, patches) each."""
    left, right = faces.watched.eyes
    return faces.patches_of(left), faces.patches_of(right)


def learned_link(faces: RelationalFaces, labels: str) -> np.ndarray:
    """What training on such labels added to the weight from eye to eye, (replicates,)."""
    images, eyes = faces.watched.images, patches_of_eyes(faces)
    trained, untrained = faces.trained("attention", labels=labels), faces.trained("attention", steps=0)
    return eye_link(trained, images, eyes) - eye_link(untrained, images, eyes)


@claim("face.self-attention-is-why")
@pytest.mark.parametrize("mixing", ["identity", "local"], ids=["identity_mixing", "local_mixing"])
def test_without_attention_accuracy_is_lower(faces: RelationalFaces, evidence, mixing):
    """Attention beats patches without mixing, and patches mixed with their neighbours by fixed weights."""
    attention, replacement = faces.compared("attention"), faces.mixed(mixing)
    evidence.exceeds(accuracy(attention, faces.scrambled) - accuracy(replacement, faces.scrambled))


@claim("face.self-attention-is-why")
@pytest.mark.parametrize(
    "mixing", ["identity", "local"], ids=["identity_mixing_against_convolution", "local_mixing_against_convolution"]
)
def test_without_attention_the_advantage_is_gone(faces: RelationalFaces, evidence, mixing):
    """Without mixing, or with neighbours mixed by fixed weights, patches gain nothing."""
    replacement, convolution = faces.mixed(mixing), faces.compared("convolution")
    evidence.within(accuracy(replacement, faces.scrambled) - accuracy(convolution, faces.scrambled))


@claim("face.self-attention-is-why", role="control")
@pytest.mark.parametrize("mixing", ["identity", "local"], ids=["identity_mixing_on_one_eye", "local_mixing_on_one_eye"])
def test_the_replacements_learn_what_takes_no_relation(faces: RelationalFaces, evidence, mixing):
    """The same networks without attention do learn whether an eye looks up."""
    evidence.exceeds(accuracy(faces.mixed(mixing, labels="one eye"), one_eye(faces.normal)))


@claim("face.self-attention-is-why", role="control")
def test_the_replacements_have_as_many_parameters(faces: RelationalFaces, evidence):
    """The networks with fixed mixing have at least 95 % of attention's parameters, and no more than 105 %."""
    counts = np.array([faces.mixed(mixing).parameter_count for mixing in ("identity", "local", "uniform")])
    shares = counts / parameter_count(faces.trained("attention"))
    evidence.true((shares >= 0.95) & (shares <= 1.05), "numbers of parameters lie within 5 %", shares=shares)


@claim("face.self-attention-is-why")
def test_the_advantage_is_in_the_parameters(faces: RelationalFaces, evidence):
    """Given the parameters of attention that learned the relation, others give the same outputs; nine in ten matter."""
    images, vessel = faces.watched.first(8).images, faces.vessel(faces.normal, "attention")
    attention = faces.trained("attention")
    laws.parameters_decide(evidence, vessel, attention, lambda model: answers(model, images), tolerance=FLOAT32)
    vessel.set_parameters(attention.parameters())
    share = share_with_a_say(vessel, images)
    evidence.true(share >= 0.9, "nine in ten parameters have a say", share=share)


@claim("face.self-attention-is-why")
def test_mixing_all_patches_evenly_is_not_as_good(faces: RelationalFaces, evidence):
    """Attention is better on scrambled faces than the same network that mixes all patches with equal weights."""
    attention, replacement = faces.compared("attention"), faces.mixed("uniform")
    evidence.exceeds(accuracy(attention, faces.scrambled) - accuracy(replacement, faces.scrambled), "uniform_mixing")


@claim("face.self-attention-is-why", role="boundary")
def test_mixing_all_patches_evenly_still_gains(faces: RelationalFaces, evidence):
    """The network that mixes all patches with equal weights beats convolution on scrambled faces, without attention."""
    replacement, convolution = faces.mixed("uniform"), faces.trained("convolution")
    difference = accuracy(replacement, faces.scrambled) - accuracy(convolution, faces.scrambled)
    evidence.exceeds(difference, "uniform_mixing_against_convolution")


@claim("face.self-attention-is-why", role="boundary")
def test_another_place_to_meet_will_do(faces: RelationalFaces, evidence):
    """Patches without mixing learn part of the relation once a hidden layer reads their average: Deep Sets."""
    meeting, apart = faces.mixed("identity", set_layer=64), faces.mixed("identity")
    evidence.exceeds(accuracy(meeting, faces.scrambled) - accuracy(apart, faces.scrambled), "deep_sets")


@claim("face.self-attention-is-why", role="boundary")
def test_real_photos_take_no_attention(photos: RealFaces, evidence):
    """On scrambled real photos patches without any attention gain as much on convolution as attention does."""
    without, attention, pictures = photos.without_attention(), photos.trained("attention"), photos.scrambled()
    evidence.within(accuracy(without, pictures) - accuracy(attention, pictures), "real_photos")


@claim("face.self-attention-is-why", role="boundary")
def test_patches_without_attention_beat_convolution_on_real_photos(photos: RealFaces, evidence):
    """On scrambled real photos patches without attention beat convolution as attention does: not in recall."""
    pictures, networks = photos.scrambled(), (photos.without_attention(), photos.trained("convolution"))
    areas = [auc(lead(model, pictures.images), pictures.labels) for model in networks]
    recalls, specificities = (
        [accuracy(model, pictures, where=pictures.labels == label) for model in networks] for label in (1, 0)
    )
    evidence.exceeds(areas[0] - areas[1], "auc")
    evidence.exceeds(specificities[0] - specificities[1], "specificity")
    evidence.within(recalls[0] - recalls[1], "recall")


@claim("face.links-separated-eyes")
@pytest.mark.parametrize("positions", [False, True], ids=["attention", "attention_with_positions"])
def test_the_reported_weights_are_the_ones_used(faces: RelationalFaces, evidence, positions):
    """The output of each attention layer is the reported weights times the reported values; the weights sum to 1."""
    layers = faces.trained("attention", positions=positions).attention_layers(faces.watched.images)
    evidence.equal(layers["weights"] @ layers["values"], layers["output"], "weights · values, and output", FLOAT32)
    evidence.equal(layers["weights"].sum(-1), np.ones(layers["weights"].shape[:-1]), "sum of weights, and 1", FLOAT32)


@claim("face.links-separated-eyes")
@pytest.mark.parametrize("positions", [False, True], ids=["attention", "attention_with_positions"])
def test_links_are_in_the_parameters(faces: RelationalFaces, evidence, positions):
    """Given the parameters of attention that links eyes, others give the same weights; at 0, the same to every face."""
    images, vessel = faces.watched.first(8).images, faces.vessel(faces.normal, "attention", positions=positions)
    attention = faces.trained("attention", positions=positions)
    laws.parameters_decide(evidence, vessel, attention, lambda model: model.attention_layers(images), tolerance=FLOAT32)


@claim("face.links-separated-eyes")
@pytest.mark.parametrize(
    "positions",
    [False, True],
    ids=["eye_against_background_attention", "eye_against_background_attention_with_positions"],
)
def test_one_eye_attends_to_the_other(faces: RelationalFaces, evidence, positions):
    """The head that links the eyes most gives the other eye more weight than it gives an empty cell."""
    weights = faces.trained("attention", positions=positions).attention_layers(faces.watched.images)["weights"]
    cells, eyes = faces.watched.cells, patches_of_eyes(faces)
    head, to_eye = linking_head(weights, *eyes)
    is_part = (cells[..., None] == np.arange(CELLS)).any(2)
    empty = np.argsort(is_part, axis=-1, kind="stable")[..., : CELLS - cells.shape[-1]]  # (replicates, n, 12)
    to_empty = [
        attention_between(weights, eye, faces.patches_of(cell))[np.arange(len(head)), head]
        for eye in eyes
        for cell in np.moveaxis(empty, -1, 0)
    ]
    evidence.exceeds(to_eye - np.mean(to_empty, axis=0))


@claim("face.links-separated-eyes")
def test_the_link_is_learned(faces: RelationalFaces, evidence):
    """The weight from eye to eye, in the head where it is largest, exceeds its value before training."""
    evidence.exceeds(learned_link(faces, "relation"), "trained_against_untrained")


@claim("face.links-separated-eyes", role="control")
def test_shuffled_labels_teach_less_of_a_link(faces: RelationalFaces, evidence):
    """From shuffled labels attention gains less of such a weight: it comes from the relation."""
    evidence.exceeds(learned_link(faces, "relation") - learned_link(faces, "shuffled"), "shuffled_labels")


@claim("face.links-separated-eyes")
def test_the_link_does_not_depend_on_where_the_eyes_lie(faces: RelationalFaces, evidence):
    """Without positions, cells that change places take their attention weights along."""
    attention, images = faces.trained("attention"), faces.watched.first(64).images
    permutation = block_permutation(CELLS, stream(faces.seeds[0], "cells change places"))
    moved = np.stack([scramble_blocks(replicate, faces.cell, permutation) for replicate in images])
    before, after = (attention.attention_layers(pictures)["weights"] for pictures in (images, moved))
    now, then = (faces.patches_of(cells).ravel() for cells in (np.arange(CELLS), permutation))
    expected, after = before[..., then, :][..., then], after[..., now, :][..., now]
    evidence.equal(after, expected, "weights between cells that changed places, and before", FLOAT32)


@claim("face.links-separated-eyes")
@pytest.mark.parametrize("positions", [False, True], ids=["whole_attention", "whole_attention_with_positions"])
def test_with_its_links_a_network_recognises_faces(faces: RelationalFaces, evidence, positions):
    """Attention is highly accurate on scrambled faces."""
    evidence.exceeds(accuracy(faces.trained("attention", positions=positions), faces.scrambled))


def lead_lost(faces: RelationalFaces, one: int, other: int) -> np.ndarray:
    """Which share of its lead on normal faces attention loses where two cells may not attend to each other."""
    network, images, sign = faces.trained("attention"), faces.normal.images, np.where(faces.normal.labels == 1, 1, -1)
    patches = [faces.patches_of(np.array(cell)) for cell in (one, other)]
    attend = np.ones((faces.patches, faces.patches), dtype=bool)
    attend[np.ix_(*patches)] = attend[np.ix_(*reversed(patches))] = False
    whole, cut = ((np.diff(network.logits(images, mask))[..., 0] * sign).mean(-1) for mask in (None, attend))
    return 1 - cut / whole


@claim("face.links-separated-eyes")
def test_cutting_the_link_between_the_eyes_costs_more_than_another(faces: RelationalFaces, evidence):
    """Eyes that may not attend to each other cost more of the lead than a nose and a mouth that may not."""
    left, right, nose, mouth = faces.choices["places"]
    evidence.exceeds(lead_lost(faces, left, right) - lead_lost(faces, nose, mouth), "cut")


@claim("face.links-separated-eyes", role="boundary")
def test_the_direct_link_is_not_needed(faces: RelationalFaces, evidence):
    """Trained with eyes that never attend to each other, encoders relate them by way of other patches."""
    evidence.exceeds(accuracy(faces.never_linked(), faces.normal), "never_linked")


@claim("face.links-separated-eyes", role="boundary")
def test_real_faces_make_no_such_link(photos: RealFaces, evidence):
    """On real faces, which take no relation, the weight from eye to eye stays near its value before training."""
    left, right = (np.full((*photos.faces.shape[:2], 1), patch) for patch in photos.EYES)
    trained, untrained = (
        eye_link(photos.trained("attention", steps=steps), photos.faces, (left, right)) for steps in (None, 0)
    )
    evidence.within(trained - untrained, "real_faces")


def at_the_left_eye(faces: RelationalFaces, what: str, layer: int, **choices) -> np.ndarray:
    """What a layer's heads take from the left eye's patches, or give them: (replicates, n, numbers)."""
    probed = faces.scrambled.first(faces.PROBED)
    layers = faces.trained("attention", **choices).attention_layers(probed.images)
    patches = faces.patches_of(probed.eyes[0])  # (replicates, n, patches of a cell)
    r, n, _ = patches.shape
    at = layers[what][:, :, layer].swapaxes(2, 3)[np.arange(r)[:, None, None], np.arange(n)[:, None], patches]
    return at.reshape(r, n, -1)


@claim("face.suitable-feature")
@pytest.mark.parametrize("positions", [False, True], ids=["attention", "attention_with_positions"])
def test_attention_brings_the_relation_to_an_eye(faces: RelationalFaces, evidence, positions):
    """At the left eye's place a linear probe reads the relation from what attention brought, not from what was there.

    The class scores are read from the average of all patches, and never from the patch that is probed.
    """
    labels = faces.scrambled.first(faces.PROBED).labels
    brought = at_the_left_eye(faces, "output", -1, positions=positions)
    was_there = at_the_left_eye(faces, "values", 0, positions=positions)
    evidence.exceeds(probe_accuracy(brought, labels) - probe_accuracy(was_there, labels))


@claim("face.suitable-feature")
@pytest.mark.parametrize("positions", [False, True], ids=["learned", "learned_with_positions"])
def test_what_attention_brings_to_an_eye_is_learned(faces: RelationalFaces, evidence, positions):
    """The same probe reads the relation better from trained layers than from those of untrained networks."""
    labels = faces.scrambled.first(faces.PROBED).labels
    trained, untrained = (at_the_left_eye(faces, "output", -1, positions=positions, steps=steps) for steps in (None, 0))
    evidence.exceeds(probe_accuracy(trained, labels) - probe_accuracy(untrained, labels))


@claim("face.suitable-feature")
@pytest.mark.parametrize("architecture", ["attention", "convolution"])
def test_the_last_layer_reads_the_features(faces: RelationalFaces, evidence, architecture):
    """Class scores of trained networks are one affine function of their features, for a thousand faces."""
    model, images = faces.trained(architecture), faces.scrambled.images
    scores = model.logits(images)
    evidence.equal(affine_fit(model.features(images), scores), scores, "scores, and an affine map", FLOAT32)


@claim("face.suitable-feature")
def test_convolution_lacks_the_feature_where_parts_are_displaced(faces: RelationalFaces, evidence):
    """From convolution's features a linear probe tells the relation of normal faces, and not of scrambled ones."""
    convolution = faces.trained("convolution")
    normal, scrambled = (
        probe_accuracy(convolution.features(sample.images), sample.labels) for sample in (faces.normal, faces.scrambled)
    )
    evidence.exceeds(normal, "convolution_normal")
    evidence.within(scrambled, "convolution_scrambled")


@claim("face.suitable-feature", role="control")
def test_a_probe_finds_no_relation_that_is_not_there(faces: RelationalFaces, evidence):
    """Fitted to shuffled classes, the same probe of what attention brought is at chance."""
    labels = shuffled(faces.scrambled.labels, faces.seeds, "classes dealt out to a probe")[:, : faces.PROBED]
    evidence.within(probe_accuracy(at_the_left_eye(faces, "output", -1), labels), "shuffled_classes")
