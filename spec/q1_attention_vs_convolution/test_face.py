"""Question 1, faces: what trained networks make of normal faces and of faces whose parts have changed places."""

import numpy as np
import pytest

from spec.harness import claim, stream

from . import stimuli
from .experiment import looks_up
from .measures import (
    accuracy,
    attention_between,
    correct,
    linking_head,
    mean_where,
    parameter_count,
    probe_accuracy,
)

ATTENTION_ARMS = ["attention", "attention_with_positions"]
ARMS = ["convolution", *ATTENTION_ARMS]

SHOWN = 256
"""On how many faces of each replicate attention weights are looked at."""
LEFT_EYE, RIGHT_EYE = 0, 1
FLOAT32 = 1e-3
"""Rounding of a network in single precision, relative to outputs of about 1 to 10."""


def eye_distance(faces) -> np.ndarray:
    """How many cells the eyes lie apart, along rows or columns, whichever is more: (replicates, n)."""
    rows, columns = np.divmod(faces.cells[..., [LEFT_EYE, RIGHT_EYE]], stimuli.GRID)
    return np.maximum(np.abs(np.diff(rows))[..., 0], np.abs(np.diff(columns))[..., 0])


def advantage(relational_faces, arm: str, other: str) -> np.ndarray:
    """By how much the accuracy of one arm exceeds the other's on the same scrambled faces, (replicates,)."""
    return relational_faces.accuracy(arm, "scrambled") - relational_faces.accuracy(other, "scrambled")


def learned_link(relational_faces, arm: str) -> np.ndarray:
    """What training added to the weight from eye to eye, each time in the head where it is largest: (replicates,)."""
    faces = relational_faces.scrambled
    left, right = faces.cells[:, :SHOWN, LEFT_EYE], faces.cells[:, :SHOWN, RIGHT_EYE]
    trained, untrained = (
        linking_head(model.attention_layers(faces.images[:, :SHOWN])["weights"], left, right)[1]
        for model in (getattr(relational_faces, arm), relational_faces.untrained_attention)
    )
    return trained - untrained


def photos_correct(model, photos, labels) -> dict[str, np.ndarray]:
    """Accuracy, and recall of faces, each (replicates,)."""
    right = correct(model, photos, labels)
    return {"accuracy": right.mean(-1), "recall": mean_where(right, labels == 1)}


def kept(evidence, name: str, says: str, pictures: dict[str, np.ndarray]) -> None:
    """Keep rows of grey pictures (n, 1, h, w) for the report."""
    shown = {row: np.clip(own[:8, 0], 0, 1) for row, own in pictures.items()}
    evidence.figure(name, "pictures", says, **shown)


def keep_maps(evidence, arm: str, images: np.ndarray, weights: np.ndarray, cells: np.ndarray) -> None:
    """Keep what each eye of the first replicate's faces attends to: images (n, h, w), weights (n, cells, cells)."""
    n = len(images)
    eyes = cells[0, :n, [LEFT_EYE, RIGHT_EYE]]  # (2, n)
    evidence.figure(
        f"maps-{arm}",
        "overlay",
        "Where an eye looks for the other: the weights that the head which links them most gives the sixteen cells.",
        picture=np.clip(images, 0, 1),
        framed=np.stack(np.divmod(eyes, stimuli.GRID), axis=-1),
        **{
            f"from the {side} eye": weights[np.arange(n), own].reshape(n, stimuli.GRID, stimuli.GRID)
            for side, own in zip(("left", "right"), eyes, strict=True)
        },
    )


def on_scrambled_photos(real_faces, model, block: int) -> dict[str, np.ndarray]:
    """What a model gets right of the photos scrambled in blocks of this size."""
    return photos_correct(model, real_faces.scrambled_photos(block), real_faces.scrambled_labels)


@claim("face.normal-both-good")
@pytest.mark.parametrize("arm", ARMS)
def test_real_faces_are_recognised(real_faces, evidence, arm):
    """Trained on photos of faces and of other things, each network classifies photos it has not seen."""
    photos = real_faces.photos
    classes = {"faces": 1, "other photos": 0}
    own = {name: photos.test_images[0, photos.test_labels[0] == label] for name, label in classes.items()}
    kept(evidence, "photos", "Photos of faces, and of other things, that no network has seen in training.", own)
    evidence.exceeds(accuracy(getattr(real_faces, arm), photos.test_images, photos.test_labels), arm)


@claim("face.normal-both-good")
@pytest.mark.parametrize("arm", ARMS)
def test_normal_relational_faces_are_recognised(relational_faces, evidence, arm):
    """Each network learns whether the two eyes of a normal face look the same way."""
    evidence.exceeds(relational_faces.accuracy(arm, "normal"), f"relational_{arm}")


@claim("face.normal-both-good", role="control")
def test_shuffled_labels_teach_nothing(relational_faces, evidence):
    """Attention trained on labels dealt out at random is at chance on normal faces."""
    evidence.within(relational_faces.accuracy("attention_on_shuffled_labels", "normal"), "shuffled_labels")


@claim("face.scrambled-attention-better")
@pytest.mark.parametrize("arm", ATTENTION_ARMS)
def test_attention_beats_convolution_on_scrambled_faces(relational_faces, evidence, arm):
    """Attention is right more often than convolution about faces whose parts have changed places."""
    drawn = {
        f"{layout}, eyes {like}": faces.images[0, faces.labels[0] == label]
        for layout, faces in (("normal", relational_faces.normal), ("scrambled", relational_faces.scrambled))
        for like, label in (("alike", 1), ("different", 0))
    }
    kept(evidence, "faces", "Drawn faces: trained on normal ones, tested on ones whose parts lie anywhere.", drawn)
    evidence.exceeds(advantage(relational_faces, arm, "convolution"), arm)


@claim("face.scrambled-attention-better", role="control")
def test_networks_of_relational_faces_have_equally_many_parameters(relational_faces, evidence):
    """Convolution and attention on relational faces differ by at most 5 % in their numbers of parameters."""
    counts = np.array([parameter_count(getattr(relational_faces, arm)) for arm in ARMS])
    evidence.true(counts >= 0.95 * counts.max(), "numbers of parameters lie within 5 %", counts=counts)


@claim("face.scrambled-attention-better", role="control")
def test_networks_of_real_faces_have_equally_many_parameters(real_faces, evidence):
    """Convolution and attention on real faces differ by at most 5 % in their numbers of parameters."""
    counts = np.array([parameter_count(getattr(real_faces, arm)) for arm in ARMS])
    evidence.true(counts >= 0.95 * counts.max(), "numbers of parameters lie within 5 %", counts=counts)


@claim("face.scrambled-attention-better", role="control")
def test_without_the_relation_there_is_no_advantage(relational_faces, evidence):
    """Attention trained on shuffled labels is no better on scrambled faces than convolution."""
    difference = advantage(relational_faces, "attention_on_shuffled_labels", "convolution")
    evidence.within(difference, "shuffled_labels")


@claim("face.scrambled-attention-better", role="boundary")
@pytest.mark.parametrize("arm", ATTENTION_ARMS)
def test_parts_that_straddle_patches_end_the_advantage(relational_faces, evidence, arm):
    """With parts moved by half a patch, attention gains little or nothing on convolution."""
    faces = relational_faces.scrambled
    half = stimuli.CELL // 2
    moved = np.roll(faces.images, (half, half), axis=(-2, -1))
    attention, convolution = (
        accuracy(model, moved, faces.labels) for model in (getattr(relational_faces, arm), relational_faces.convolution)
    )
    evidence.within(attention - convolution, f"straddling_{arm}")


@claim("face.scrambled-attention-better", role="boundary")
@pytest.mark.parametrize("arm", ATTENTION_ARMS)
def test_scrambled_real_faces_are_still_called_human(real_faces, evidence, arm):
    """Of scrambled real faces attention still finds nearly all."""
    is_face, photos = real_faces.photos.test_labels[0] == 1, real_faces.photos.test_images[0]
    scrambled = real_faces.scrambled_photos(real_faces.BLOCK)[0, : len(photos)]
    rows = {"faces": photos[is_face], "scrambled faces": scrambled[is_face], "scrambled others": scrambled[~is_face]}
    kept(evidence, "scrambled-photos", "Real photos, whole and with their blocks moved about.", rows)
    attention = on_scrambled_photos(real_faces, getattr(real_faces, arm), real_faces.BLOCK)
    evidence.exceeds(attention["recall"], f"recall_{arm}")


@claim("face.scrambled-attention-better", role="boundary")
@pytest.mark.parametrize("arm", ATTENTION_ARMS)
def test_blocks_that_are_no_patches_cost_attention(real_faces, evidence, arm):
    """Attention is worse on real photos scrambled in larger blocks, which cut through its patches."""
    aligned, misaligned = (
        on_scrambled_photos(real_faces, getattr(real_faces, arm), block)["accuracy"]
        for block in (real_faces.BLOCK, real_faces.MISALIGNED_BLOCK)
    )
    evidence.exceeds(aligned - misaligned, f"blocks_{arm}")


@claim("face.scrambled-attention-better", role="boundary")
def test_convolution_trained_on_scrambled_photos_draws_level(real_faces, evidence):
    """Convolution that learned from scrambled photos too is about as good on them as attention."""
    convolution, attention = (
        on_scrambled_photos(real_faces, model, real_faces.BLOCK)["accuracy"]
        for model in (real_faces.convolution_on_scrambled_too, real_faces.attention)
    )
    evidence.within(convolution - attention, "trained_on_scrambled_too")


@claim("face.attention-relates-distant-parts")
@pytest.mark.parametrize("arm", ATTENTION_ARMS)
def test_accuracy_does_not_fall_with_distance(relational_faces, evidence, arm):
    """Attention relates eyes that lie three cells apart as well as neighbouring ones."""
    right, distance = relational_faces.right(arm, "scrambled"), eye_distance(relational_faces.scrambled)
    evidence.exceeds(mean_where(right, distance == stimuli.GRID - 1), f"far_{arm}")
    evidence.within(mean_where(right, distance == stimuli.GRID - 1) - mean_where(right, distance == 1), arm)


@claim("face.attention-relates-distant-parts", role="control")
def test_shuffled_labels_relate_no_distant_eyes(relational_faces, evidence):
    """Attention that learned from labels dealt out at random is at chance where the eyes lie three cells apart."""
    right = relational_faces.right("attention_on_shuffled_labels", "scrambled")
    far = eye_distance(relational_faces.scrambled) == stimuli.GRID - 1
    evidence.within(mean_where(right, far), "shuffled_labels")


@claim("face.self-attention-is-why")
@pytest.mark.parametrize("mixing", ["identity_mixing", "local_mixing"])
def test_without_attention_the_advantage_is_gone(relational_faces, evidence, mixing):
    """With patches that keep to themselves, or mix with their neighbours by fixed weights, nothing is gained."""
    evidence.exceeds(advantage(relational_faces, "attention", mixing), mixing)
    evidence.within(advantage(relational_faces, mixing, "convolution"), f"{mixing}_against_convolution")


@claim("face.self-attention-is-why", role="control")
@pytest.mark.parametrize("arm", ["identity_mixing_on_one_eye", "local_mixing_on_one_eye"])
def test_the_replacements_learn_what_takes_no_relation(relational_faces, evidence, arm):
    """The same networks without attention do learn whether an eye looks up."""
    faces = relational_faces.normal
    evidence.exceeds(accuracy(getattr(relational_faces, arm), faces.images, looks_up(faces)), arm)


@claim("face.self-attention-is-why", role="control")
def test_the_replacements_have_as_many_parameters(relational_faces, evidence):
    """The networks with fixed mixing have at least 95 % of attention's parameters, and no more than 105 %."""
    arms = (relational_faces.identity_mixing, relational_faces.local_mixing, relational_faces.uniform_mixing)
    shares = np.array([arm.parameter_count for arm in arms]) / parameter_count(relational_faces.attention)
    evidence.true((shares >= 0.95) & (shares <= 1.05), "numbers of parameters lie within 5 %", shares=shares)


@claim("face.self-attention-is-why")
def test_mixing_all_patches_evenly_is_not_as_good(relational_faces, evidence):
    """Attention is better on scrambled faces than the same network that mixes all patches with equal weights."""
    evidence.exceeds(advantage(relational_faces, "attention", "uniform_mixing"), "uniform_mixing")


@claim("face.self-attention-is-why", role="boundary")
def test_mixing_all_patches_evenly_still_gains(relational_faces, evidence):
    """The network that mixes all patches with equal weights beats convolution on scrambled faces, without attention."""
    difference = advantage(relational_faces, "uniform_mixing", "convolution")
    evidence.exceeds(difference, "uniform_mixing_against_convolution")


@claim("face.self-attention-is-why", role="boundary")
def test_deep_sets_learn_part_of_the_relation(relational_faces, evidence):
    """Patches that keep to themselves until a layer reads their average do better than chance, and not perfectly."""
    evidence.within(relational_faces.accuracy("deep_sets", "scrambled"), "deep_sets")


@claim("face.self-attention-is-why", role="boundary")
def test_real_photos_take_no_attention(real_faces, evidence):
    """On scrambled real photos patches without any attention gain as much on convolution as attention does."""
    without, attention = (
        on_scrambled_photos(real_faces, model, real_faces.BLOCK)["accuracy"]
        for model in (real_faces.patches_without_attention, real_faces.attention)
    )
    evidence.within(without - attention, "real_photos")


@claim("face.links-separated-eyes")
@pytest.mark.parametrize("arm", ATTENTION_ARMS)
def test_the_reported_weights_are_the_ones_used(relational_faces, evidence, arm):
    """The output of each attention layer is the reported weights times the reported values; the weights sum to 1."""
    layers = getattr(relational_faces, arm).attention_layers(relational_faces.scrambled.images[:, :SHOWN])
    evidence.equal(layers["weights"] @ layers["values"], layers["output"], "weights · values, and output", FLOAT32)
    evidence.equal(layers["weights"].sum(-1), np.ones(layers["weights"].shape[:-1]), "sum of weights, and 1", FLOAT32)


@claim("face.links-separated-eyes")
@pytest.mark.parametrize("arm", ATTENTION_ARMS)
def test_one_eye_attends_to_the_other(relational_faces, evidence, arm):
    """The head that links the eyes most gives the other eye more weight than it gives an empty cell."""
    faces = relational_faces.scrambled
    weights = getattr(relational_faces, arm).attention_layers(faces.images[:, :SHOWN])["weights"]
    cells = faces.cells[:, :SHOWN]
    left, right = cells[..., LEFT_EYE], cells[..., RIGHT_EYE]
    head, to_eye = linking_head(weights, left, right)
    parts = np.arange(len(head))
    keep_maps(
        evidence, arm, faces.images[0, :8, 0], weights[0, :8].reshape(8, -1, *weights.shape[-2:])[:, head[0]], cells
    )
    empty_cells = np.argsort((cells[..., None] == np.arange(stimuli.CELLS)).any(2), axis=-1, kind="stable")
    empty_cells = empty_cells[..., : stimuli.CELLS - cells.shape[-1]]  # (replicates, n, 12)
    to_empty = np.mean(
        [
            attention_between(weights, eye, empty_cells[..., i])[parts, head]
            for eye in (left, right)
            for i in range(empty_cells.shape[-1])
        ],
        axis=0,
    )
    evidence.exceeds(to_eye - to_empty, f"eye_against_background_{arm}")


@claim("face.links-separated-eyes")
def test_the_link_is_learned(relational_faces, evidence):
    """The weight from eye to eye, in the head where it is largest, exceeds its value before training."""
    evidence.exceeds(learned_link(relational_faces, "attention"), "trained_against_untrained")


@claim("face.links-separated-eyes", role="control")
def test_shuffled_labels_teach_no_link(relational_faces, evidence):
    """Learning from labels dealt out at random, attention gains no such weight."""
    evidence.within(learned_link(relational_faces, "attention_on_shuffled_labels"), "shuffled_labels")


@claim("face.links-separated-eyes")
def test_the_link_does_not_depend_on_where_the_eyes_lie(relational_faces, evidence):
    """Without positions, cells that change places take their attention weights along."""
    images = relational_faces.scrambled.images[:, : SHOWN // 4]
    permutation = stimuli.block_permutation(stimuli.CELLS, stream(relational_faces.seeds[0], "cells change places"))
    moved = np.stack([stimuli.scrambled(own, stimuli.CELL, permutation) for own in images])
    weights, weights_moved = (relational_faces.attention.attention_layers(each)["weights"] for each in (images, moved))
    expected = weights[..., permutation, :][..., permutation]
    evidence.equal(weights_moved, expected, "weights between cells that changed places, and before", FLOAT32)


@claim("face.links-separated-eyes")
@pytest.mark.parametrize("arm", ATTENTION_ARMS)
def test_with_the_links_cut_chance_is_left(relational_faces, evidence, arm):
    """A network that recognises scrambled faces does no better than chance once each patch attends to itself only."""
    model, faces = getattr(relational_faces, arm), relational_faces.scrambled
    cut = model.logits(faces.images, np.eye(stimuli.CELLS, dtype=bool)).argmax(-1) == faces.labels
    evidence.exceeds(relational_faces.accuracy(arm, "scrambled"), f"whole_{arm}")
    evidence.within(cut.mean(-1), f"cut_{arm}")


@claim("face.links-separated-eyes", role="boundary")
def test_real_faces_make_no_such_link(real_faces, evidence):
    """On real faces, which take no relation, the weight from eye to eye stays near its value before training."""
    photos = real_faces.photos
    of_faces = photos.test_labels == 1
    faces = photos.test_images[of_faces].reshape(len(of_faces), -1, *photos.test_images.shape[2:])
    left, right = (np.full(faces.shape[:2], patch) for patch in real_faces.EYES)
    trained, untrained = (
        linking_head(model.attention_layers(faces)["weights"], left, right)[1]
        for model in (real_faces.attention, real_faces.untrained_attention)
    )
    evidence.within(trained - untrained, "real_faces")


@claim("face.suitable-feature")
@pytest.mark.parametrize("arm", ATTENTION_ARMS)
def test_a_linear_probe_reads_the_relation_from_attention(relational_faces, evidence, arm):
    """From features of scrambled faces a linear probe tells the relation better if they are attention's."""
    faces = relational_faces.scrambled
    attention, convolution = (
        probe_accuracy(model.features(faces.images), faces.labels)
        for model in (getattr(relational_faces, arm), relational_faces.convolution)
    )
    evidence.exceeds(attention - convolution, arm)


@claim("face.suitable-feature")
def test_convolution_lacks_the_feature_where_parts_are_displaced(relational_faces, evidence):
    """From convolution's features a linear probe tells the relation of normal faces, and not of scrambled ones."""
    normal, scrambled = (
        probe_accuracy(relational_faces.convolution.features(faces.images), faces.labels)
        for faces in (relational_faces.normal, relational_faces.scrambled)
    )
    evidence.exceeds(normal, "convolution_normal")
    evidence.within(scrambled, "convolution_scrambled")


@claim("face.suitable-feature", role="control")
def test_a_probe_finds_no_relation_that_is_not_there(relational_faces, evidence):
    """Asked for classes that were dealt out at random, the same probe of attention's features is at chance."""
    faces = relational_faces.scrambled
    dealt = np.stack(
        [
            stream(seed, "classes dealt out to a probe").permutation(own)
            for seed, own in zip(relational_faces.seeds, faces.labels, strict=True)
        ]
    )
    evidence.within(probe_accuracy(relational_faces.attention.features(faces.images), dealt), "shuffled_classes")


@claim("face.convolution-poor-on-scrambled")
def test_convolution_falls_on_scrambled_faces(relational_faces, evidence):
    """Convolution that learned the normal layout is right far less often about faces whose parts changed places."""
    normal, scrambled = (relational_faces.accuracy("convolution", layout) for layout in ("normal", "scrambled"))
    evidence.exceeds(normal - scrambled, "relational_faces")


@claim("face.convolution-poor-on-scrambled", role="control")
def test_attention_does_not_fall_on_scrambled_faces(relational_faces, evidence):
    """Attention, which learned the same layout, is as often right about the same scrambled faces as normal ones."""
    normal, scrambled = (relational_faces.accuracy("attention", layout) for layout in ("normal", "scrambled"))
    evidence.within(normal - scrambled, "attention")


@claim("face.convolution-poor-on-scrambled", role="boundary")
def test_convolution_tells_scrambled_real_photos_apart(real_faces, evidence):
    """Of scrambled real photos convolution gets more right than by chance."""
    scrambled = on_scrambled_photos(real_faces, real_faces.convolution, real_faces.BLOCK)
    evidence.exceeds(scrambled["accuracy"], "real_photos")


@claim("face.convolution-poor-on-scrambled", role="boundary")
def test_scrambling_real_photos_costs_convolution(real_faces, evidence):
    """Convolution gets fewer of the scrambled real photos right than of the normal ones."""
    photos = real_faces.photos
    normal = photos_correct(real_faces.convolution, photos.test_images, photos.test_labels)
    scrambled = on_scrambled_photos(real_faces, real_faces.convolution, real_faces.BLOCK)
    evidence.exceeds(normal["accuracy"] - scrambled["accuracy"], "real_photos_lose")


@claim("face.convolution-poor-on-scrambled", role="boundary")
def test_local_windows_that_match_the_blocks_do_not_notice(real_faces, evidence):
    """Local windows that are the displaced blocks, averaged over the image, give the same scores as before."""
    model, photos = real_faces.patches_without_attention, real_faces.photos.test_images
    scrambled = real_faces.scrambled_photos(real_faces.BLOCK)
    before = np.tile(model.logits(photos), (1, real_faces.SCRAMBLES, 1))
    evidence.equal(model.logits(scrambled), before, "scores of scrambled photos, and of the same intact", FLOAT32)
