"""Question 1, faces: what trained networks make of normal faces and of faces whose parts have changed places."""

import numpy as np
import pytest

from spec.common import laws
from spec.harness import claim, stream

from .face_experiments import RealFaces, RelationalFaces, TwoWayFaces
from .face_stimuli import CELLS, GRID, block_permutation, scramble_blocks, straddling
from .measures import FLOAT32, accuracy, answers, auc, lead, parameter_count

NETWORKS = [("convolution", False), ("attention", False), ("attention", True)]
"""The architectures that are compared; attention without positions and with them."""


@claim("face.normal-both-good")
@pytest.mark.parametrize(
    ("architecture", "positions"), NETWORKS, ids=["convolution", "attention", "attention_with_positions"]
)
def test_real_faces_are_recognised(photos: RealFaces, evidence, architecture, positions):
    """Trained on photos of faces and of other things, each network classifies photos it has not seen."""
    evidence.exceeds(accuracy(photos.compared(architecture, positions=positions), photos.normal))


@claim("face.normal-both-good")
@pytest.mark.parametrize(
    ("architecture", "positions"),
    NETWORKS,
    ids=["relational_convolution", "relational_attention", "relational_attention_with_positions"],
)
def test_normal_relational_faces_are_recognised(faces: RelationalFaces, evidence, architecture, positions):
    """Each network learns whether the two eyes of a normal face look the same way."""
    evidence.exceeds(accuracy(faces.compared(architecture, positions=positions), faces.normal))


@claim("face.normal-both-good")
@pytest.mark.parametrize(("architecture", "positions"), NETWORKS)
def test_what_photos_taught_is_in_the_parameters(photos: RealFaces, evidence, architecture, positions):
    """Given the parameters of networks that learned photos, others give the same outputs; at 0, one for all photos."""
    images, vessel = photos.normal.first(8).images, photos.vessel(photos.normal, architecture, positions=positions)
    model = photos.trained(architecture, positions=positions)
    laws.parameters_decide(evidence, vessel, model, lambda asked: answers(asked, images), tolerance=FLOAT32)


@claim("face.normal-both-good", role="control")
def test_shuffled_labels_teach_nothing(faces: RelationalFaces, evidence):
    """Attention trained on shuffled labels is at chance on normal faces."""
    evidence.within(accuracy(faces.trained("attention", labels="shuffled"), faces.normal), "shuffled_labels")


@claim("face.scrambled-attention-better")
@pytest.mark.parametrize("positions", [False, True], ids=["attention", "attention_with_positions"])
def test_attention_beats_convolution_on_scrambled_faces(faces: RelationalFaces, evidence, positions):
    """Attention is right more often than convolution about faces whose parts have changed places."""
    attention, convolution = faces.compared("attention", positions=positions), faces.compared("convolution")
    evidence.exceeds(accuracy(attention, faces.scrambled) - accuracy(convolution, faces.scrambled))


@claim("face.scrambled-attention-better")
@pytest.mark.parametrize("positions", [False, True], ids=["auc_attention", "auc_attention_with_positions"])
def test_attention_tells_scrambled_faces_from_scrambled_others_better(photos: RealFaces, evidence, positions):
    """Attention more often ranks a scrambled photo of a face above a scrambled photo of something else."""
    scrambled = photos.scrambled()
    attention, convolution = photos.compared("attention", positions=positions), photos.compared("convolution")
    areas = [auc(lead(model, scrambled.images), scrambled.labels) for model in (attention, convolution)]
    evidence.exceeds(areas[0] - areas[1])


@claim("face.scrambled-attention-better", role="control")
def test_networks_of_relational_faces_have_equally_many_parameters(faces: RelationalFaces, evidence):
    """The networks compared on relational faces differ by at most 5 % in their numbers of parameters."""
    counts = [parameter_count(faces.trained(name, positions=positions)) for name, positions in NETWORKS]
    counts = np.array([*counts, faces.pooled().parameter_count])
    evidence.true(counts >= 0.95 * counts.max(), "numbers of parameters lie within 5 %", counts=counts)


@claim("face.scrambled-attention-better", role="control")
def test_networks_of_real_faces_have_equally_many_parameters(photos: RealFaces, evidence):
    """Convolution and attention on real faces differ by at most 5 % in their numbers of parameters."""
    counts = np.array([parameter_count(photos.trained(name, positions=positions)) for name, positions in NETWORKS])
    evidence.true(counts >= 0.95 * counts.max(), "numbers of parameters lie within 5 %", counts=counts)


@claim("face.scrambled-attention-better", role="control")
def test_without_the_relation_there_is_no_advantage(faces: RelationalFaces, evidence):
    """Attention trained on shuffled labels is no better on scrambled faces than convolution."""
    attention, convolution = faces.trained("attention", labels="shuffled"), faces.trained("convolution")
    evidence.within(accuracy(attention, faces.scrambled) - accuracy(convolution, faces.scrambled), "shuffled_labels")


@claim("face.scrambled-attention-better", role="boundary")
@pytest.mark.parametrize("positions", [False, True], ids=["pooled", "pooled_with_positions"])
def test_convolution_that_is_bound_to_no_position_is_level(faces: RelationalFaces, evidence, positions):
    """Convolution whose windows are the parts, averaged over the image, is as good on scrambled faces as attention."""
    attention, pooled = faces.trained("attention", positions=positions), faces.pooled()
    evidence.within(accuracy(attention, faces.scrambled) - accuracy(pooled, faces.scrambled))


@claim("face.scrambled-attention-better", role="boundary")
@pytest.mark.parametrize(
    "positions", [False, True], ids=["straddling_attention", "straddling_attention_with_positions"]
)
def test_parts_that_straddle_patches_end_the_advantage(faces: RelationalFaces, evidence, positions):
    """With parts moved by half a patch, attention gains little or nothing on convolution."""
    attention, convolution = faces.trained("attention", positions=positions), faces.trained("convolution")
    moved = straddling(faces.scrambled)
    evidence.within(accuracy(attention, moved) - accuracy(convolution, moved))


@claim("face.scrambled-attention-better", role="boundary")
@pytest.mark.parametrize("positions", [False, True], ids=["recall_attention", "recall_attention_with_positions"])
def test_scrambled_real_faces_are_still_called_human(photos: RealFaces, evidence, positions):
    """Of scrambled real faces attention still finds nearly all: it does not reject them."""
    attention, scrambled = photos.trained("attention", positions=positions), photos.scrambled()
    evidence.exceeds(accuracy(attention, scrambled, where=scrambled.labels == 1))


@claim("face.scrambled-attention-better", role="boundary")
@pytest.mark.parametrize("positions", [False, True], ids=["paired_recall", "paired_recall_with_positions"])
def test_convolution_finds_as_many_scrambled_real_faces(photos: RealFaces, evidence, positions):
    """Convolution calls about as many scrambled real faces human as attention does."""
    attention, convolution = photos.trained("attention", positions=positions), photos.trained("convolution")
    pictures = photos.scrambled()
    recalls = [accuracy(model, pictures, where=pictures.labels == 1) for model in (attention, convolution)]
    evidence.within(recalls[0] - recalls[1])


@claim("face.scrambled-attention-better", role="boundary")
@pytest.mark.parametrize("positions", [False, True], ids=["specificity", "specificity_with_positions"])
def test_attention_mistakes_fewer_scrambled_others_for_faces(photos: RealFaces, evidence, positions):
    """What attention gains on real photos is specificity: it calls fewer scrambled photos of other things human."""
    attention, convolution = photos.trained("attention", positions=positions), photos.trained("convolution")
    pictures = photos.scrambled()
    shares = [accuracy(model, pictures, where=pictures.labels == 0) for model in (attention, convolution)]
    evidence.exceeds(shares[0] - shares[1])


@claim("face.scrambled-attention-better", role="boundary")
def test_a_detector_trained_at_real_scale_rejects_scrambled_faces(photos: RealFaces, evidence):
    """A convolutional face detector trained on photos by the ten thousand finds whole faces, and no scrambled ones."""
    whole, scrambled = photos.normal.labels == 1, photos.scrambled().labels == 1
    found, still_found = photos.detected(scrambled=False), photos.detected(scrambled=True)
    evidence.exceeds((found & whole).sum(-1) / whole.sum(-1), "detector_whole")
    evidence.within((still_found & scrambled).sum(-1) / scrambled.sum(-1), "detector_scrambled")


@claim("face.scrambled-attention-better", role="boundary")
@pytest.mark.parametrize("positions", [False, True], ids=["blocks_attention", "blocks_attention_with_positions"])
def test_blocks_that_are_no_patches_cost_attention(photos: RealFaces, evidence, positions):
    """Attention is worse on real photos scrambled in larger blocks, which cut through its patches."""
    attention = photos.trained("attention", positions=positions)
    aligned, misaligned = photos.scrambled(), photos.scrambled(photos.MISALIGNED)
    evidence.exceeds(accuracy(attention, aligned) - accuracy(attention, misaligned))


@claim("face.scrambled-attention-better", role="boundary")
def test_convolution_trained_on_scrambled_photos_draws_level(photos: RealFaces, evidence):
    """Convolution that learned from scrambled photos too is about as good on them as attention."""
    convolution, attention = photos.trained("convolution", half_scrambled=True), photos.trained("attention")
    scrambled = photos.scrambled()
    evidence.within(accuracy(convolution, scrambled) - accuracy(attention, scrambled), "trained_on_scrambled_too")


@claim("face.attention-relates-distant-parts")
@pytest.mark.parametrize("positions", [False, True], ids=["far_attention", "far_attention_with_positions"])
def test_distant_eyes_are_related(faces: TwoWayFaces, evidence, positions):
    """Attention relates eyes that lie three cells apart."""
    attention, far = faces.trained("attention", positions=positions), faces.scrambled.eye_distance == GRID - 1
    evidence.exceeds(accuracy(attention, faces.scrambled, where=far))


@claim("face.attention-relates-distant-parts")
@pytest.mark.parametrize("positions", [False, True], ids=["attention", "attention_with_positions"])
def test_accuracy_does_not_fall_with_distance(faces: TwoWayFaces, evidence, positions):
    """Attention relates eyes that lie three cells apart as well as neighbouring ones."""
    attention, distance = faces.trained("attention", positions=positions), faces.scrambled.eye_distance
    far, near = (accuracy(attention, faces.scrambled, where=distance == cells) for cells in (GRID - 1, 1))
    evidence.within(far - near)


@claim("face.attention-relates-distant-parts")
def test_what_relates_distant_eyes_is_in_the_parameters(faces: TwoWayFaces, evidence):
    """Given the parameters of networks that know where patches lie and relate eyes, others give the same outputs."""
    images, vessel = faces.scrambled.first(8).images, faces.vessel(faces.normal, "attention", positions=True)
    attention = faces.trained("attention", positions=True)
    laws.parameters_decide(evidence, vessel, attention, lambda model: answers(model, images), tolerance=FLOAT32)


@claim("face.attention-relates-distant-parts", role="control")
def test_shuffled_labels_relate_no_distant_eyes(faces: TwoWayFaces, evidence):
    """Attention that learned from shuffled labels does no better than counting eyes, three cells apart."""
    attention, far = faces.trained("attention", labels="shuffled"), faces.scrambled.eye_distance == GRID - 1
    evidence.within(accuracy(attention, faces.scrambled, where=far), "shuffled_labels")


@claim("face.convolution-poor-on-scrambled")
def test_convolution_falls_on_scrambled_faces(faces: RelationalFaces, evidence):
    """Convolution that learned the normal layout is right far less often about faces whose parts changed places."""
    convolution = faces.compared("convolution")
    evidence.exceeds(accuracy(convolution, faces.normal) - accuracy(convolution, faces.scrambled), "relational_faces")


@claim("face.convolution-poor-on-scrambled", role="boundary")
def test_pooled_convolution_does_not_fall_on_scrambled_faces(faces: RelationalFaces, evidence):
    """Convolution whose windows are the parts, averaged over the image, is as often right about scrambled faces."""
    pooled = faces.pooled()
    evidence.within(accuracy(pooled, faces.normal) - accuracy(pooled, faces.scrambled), "pooled")
    images, permutation = faces.normal.first(64).images, block_permutation(CELLS, stream(faces.seeds[0], "moved"))
    moved = np.stack([scramble_blocks(replicate, faces.cell, permutation) for replicate in images])
    evidence.equal(pooled.logits(moved), pooled.logits(images), "scores once cells changed places, and before", FLOAT32)


@claim("face.convolution-poor-on-scrambled", role="control")
def test_attention_does_not_fall_on_scrambled_faces(faces: RelationalFaces, evidence):
    """Attention, which learned the same layout, is as often right about the same scrambled faces as normal ones."""
    attention = faces.trained("attention")
    evidence.within(accuracy(attention, faces.normal) - accuracy(attention, faces.scrambled), "attention")


@claim("face.convolution-poor-on-scrambled", role="boundary")
def test_convolution_tells_scrambled_real_photos_apart(photos: RealFaces, evidence):
    """Of scrambled real photos convolution gets more right than by chance."""
    evidence.exceeds(accuracy(photos.trained("convolution"), photos.scrambled()), "real_photos")


@claim("face.convolution-poor-on-scrambled", role="boundary")
def test_scrambling_real_photos_costs_convolution(photos: RealFaces, evidence):
    """Convolution gets fewer of the scrambled real photos right than of the normal ones."""
    convolution, normal, scrambled = photos.trained("convolution"), photos.normal, photos.scrambled()
    evidence.exceeds(accuracy(convolution, normal) - accuracy(convolution, scrambled), "real_photos_lose")


@claim("face.convolution-poor-on-scrambled", role="boundary")
def test_local_windows_that_match_the_blocks_do_not_notice(photos: RealFaces, evidence):
    """Local windows that are the displaced blocks, averaged over the image, give the same scores as before."""
    windows, scrambled = photos.without_attention(), photos.scrambled()
    before = np.tile(windows.logits(photos.normal.images), (1, photos.SCRAMBLES, 1))
    evidence.equal(
        windows.logits(scrambled.images), before, "scores of scrambled photos, and of the same intact", FLOAT32
    )
