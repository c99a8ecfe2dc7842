"""Question 1: what every classifier owes to the claims made of it, seen on small images before it has learned much."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from spec.common import laws
from spec.common.replicates import seeds_of
from spec.contract import TrainedClassifiers
from spec.harness import Implementation, claim, device_of_run, seed_of_test

from .image_classification import Architecture
from .measures import FLOAT32, affine_fit, answers, parameter_count, share_with_a_say

SHAPES: dict[Architecture, tuple[int, int, int]] = {"convolution": (3, 12, 8), "attention": (1, 8, 12)}
BUDGETS: dict[Architecture, int] = {"convolution": 8_000, "attention": 3_000}
PATCH, PATCHES, TALL, MANY_PATCHES = 4, 6, 12, 150
GRIDS = {PATCHES: (2, 3), TALL: (4, 3), MANY_PATCHES: (10, 15)}
"""Rows and columns of patches."""
SEEN, CLASSES = 3, 4
"""How many classes occur among the labels, and how many are asked for."""
EVERYTHING = np.ones((PATCHES, PATCHES), dtype=bool)
ALONE = np.eye(PATCHES, dtype=bool)
MOVED = 1e-5
"""A change that is more than rounding."""
LONGER: dict[str, Any] = {"steps": 20, "learning_rate": 1e-2}
"""Training in which what may start at zero, such as positions and the last layer, comes to have a say."""

both = pytest.mark.parametrize("architecture", SHAPES)
few_or_many_patches = pytest.mark.parametrize("n_patches", GRIDS)
positions_or_not = pytest.mark.parametrize("positions", [False, True], ids=["without positions", "with positions"])


def images(architecture: Architecture, n: int, draw: int = 0) -> np.ndarray:
    """Images that are nothing but noise, others in each draw: (1, n, channels, height, width)."""
    return normal((1, n, *SHAPES[architecture]), draw).astype(np.float32)


def images_of(n_patches: int, n: int, draw: int = 0) -> np.ndarray:
    """The same of so many patches, of one channel."""
    return tiled(normal((n, n_patches, PATCH, PATCH), draw))


def normal(shape: tuple[int, ...], draw: int) -> np.ndarray:
    """Normal numbers of this test, others in each draw."""
    return np.random.default_rng(seed_of_test(draw)).standard_normal(shape)


def arguments(architecture: Architecture, seeds: Sequence[int] | None = None, **changes: Any) -> dict[str, Any]:
    """What two steps of training are handed, the same 24 images for each seed, but for the `changes`."""
    seeds, n = seeds or seeds_of(1), 24
    pictures = np.repeat(images(architecture, n), len(seeds), axis=0)
    labels = np.tile(np.arange(n) % SEEN, (len(seeds), 1))
    choices = {"images": pictures, "labels": labels, "architecture": architecture, "patch_size": PATCH}
    choices |= {"positions": False, "classes": CLASSES, "parameter_budget": BUDGETS[architecture], "steps": 2}
    return {
        **choices,
        "batch_size": 4,
        "learning_rate": 3e-3,
        "seeds": list(seeds),
        "device": device_of_run(),
        **changes,
    }


def trained(
    impl: Implementation, architecture: Architecture, seeds: Sequence[int] | None = None, **changes: Any
) -> TrainedClassifiers:
    """Networks after two steps of training, but for the `changes`."""
    return impl.classifiers.train_classifiers(**arguments(architecture, seeds, **changes))


def all_answers(network: TrainedClassifiers, architecture: Architecture, pictures: np.ndarray) -> dict[str, np.ndarray]:
    """Class scores and features, and of attention what its layers do, (replicates, n, …) each."""
    layers = network.attention_layers(pictures) if architecture == "attention" else {}
    return {**answers(network, pictures), **layers}


def tiled(patches: np.ndarray) -> np.ndarray:
    """Images whose patches are these, row by row from the top left: (n, patches, p, p) → (1, n, 1, height, width).

    Or in colour, (n, patches, channels, p, p) → (1, n, channels, height, width).
    """
    rows, columns = GRIDS[patches.shape[1]]
    placed = patches.reshape(len(patches), rows, columns, -1, PATCH, PATCH).transpose(0, 3, 1, 4, 2, 5)
    return placed.reshape(1, len(patches), -1, rows * PATCH, columns * PATCH).astype(np.float32)


def with_each_patch_changed(channels: int) -> np.ndarray:
    """An image, and it with a channel of the first, the second, … patch changed: (1, 1 + patches, channels, h, w)."""
    rng = np.random.default_rng(seed_of_test())
    patches = np.repeat(rng.standard_normal((1, PATCHES, channels, PATCH, PATCH)), 1 + PATCHES, axis=0)
    each = np.arange(PATCHES)
    patches[1 + each, each, -1 - each % channels] = rng.standard_normal((PATCHES, PATCH, PATCH))
    return tiled(patches)


def moves(layers: np.ndarray) -> np.ndarray:
    """Which patch of each layer moves with which, given what layers make of `with_each_patch_changed`: (layers, i, j).

    (1, 1 + patches, layers, heads, patches, width) → the largest change of patch i with patch j.
    """
    changes = np.abs(layers[0, 1:] - layers[0, :1]).max(axis=(2, 4))  # (j, layers, i)
    return changes.transpose(1, 2, 0)


# Every network: its seed, its images, its parameters


def check_seeds(impl, evidence, architecture: Architecture, **choices: Any) -> None:
    """What networks answer follows from each replicate's own seed."""
    pictures = images(architecture, 8, draw=1)

    def draw(seeds: list[int]) -> dict[str, np.ndarray]:
        network = trained(impl, architecture, seeds, **choices)
        return all_answers(network, architecture, np.repeat(pictures, len(seeds), axis=0))

    laws.follows_each_seed(evidence, draw, tolerance=laws.LEARNED)


@claim("cat.colour-photo")
@pytest.mark.parametrize("steps", [0, 8])
def test_convolution_is_a_function_of_its_seed(impl, evidence, steps):
    """A convolutional network is a function of its own seed, bit for bit; another seed gives another network."""
    check_seeds(impl, evidence, "convolution", steps=steps)


@claim("cat.attention-learns-complex-patterns")
@positions_or_not
@pytest.mark.parametrize("steps", [0, 8])
def test_attention_is_a_function_of_its_seed(impl, evidence, steps, positions):
    """An attention network is a function of its own seed, bit for bit; another seed gives another network."""
    check_seeds(impl, evidence, "attention", steps=steps, positions=positions)


@claim("face.normal-both-good")
@both
def test_each_network_has_images_of_its_own(impl, evidence, architecture):
    """Trained together with others, on other images and labels, a network becomes what it becomes alone.

    Also beside one whose images, and so its loss and gradients, are far larger.
    """
    pictures = np.concatenate([images(architecture, 24, draw) for draw in (2, 3, 4)])
    pictures[2] *= 30
    labels = np.stack([np.arange(24) % SEEN, np.arange(24) // 8, np.arange(24) % SEEN])
    networks = trained(impl, architecture, seeds_of(5, 6, 7), images=pictures, labels=labels)
    together = all_answers(networks, architecture, pictures)
    for i, seed in enumerate(seeds_of(5, 6)):
        own, here = pictures[i : i + 1], slice(i, i + 1)
        network = trained(impl, architecture, [seed], images=own, labels=labels[here])
        alone = all_answers(network, architecture, own)
        beside = {name: values[here] for name, values in together.items()}
        evidence.equal(alone, beside, "answers of a network trained alone, and beside others", laws.LEARNED)


@claim("face.normal-both-good")
@both
def test_networks_are_kept_apart(impl, evidence, architecture):
    """A network's outputs are the same, bit for bit, after another was trained and given other parameters.

    Also where that other one is of the same seed and data; and so are those of a third, trained afterwards.
    """
    pictures = images(architecture, 4, draw=1)
    first = trained(impl, architecture)
    before = all_answers(first, architecture, pictures)
    for seeds in (seeds_of(2), seeds_of(1)):
        second = trained(impl, architecture, seeds)
        second.set_parameters({name: values + 1 for name, values in second.parameters().items()})
        after = all_answers(first, architecture, pictures)
        evidence.equal(after, before, "answers after another network was trained, and before", tolerance=0)
    third = all_answers(trained(impl, architecture), architecture, pictures)
    evidence.equal(third, before, "answers of a network trained afterwards, and before", tolerance=0)


def check_start(impl, evidence, architecture: Architecture) -> None:
    """After two steps parameters are closer to those of no steps and the same seed than to those of another seed."""
    after, start, other = (
        trained(impl, architecture, seeds_of(which), steps=steps).parameters()
        for which, steps in ((1, 2), (1, 0), (2, 0))
    )
    own, others = (
        np.sqrt(sum(((after[name] - values) ** 2).sum() for name, values in place.items())) for place in (start, other)
    )
    evidence.true(own < 0.9 * others, "distance to its own start, and to another's", own=own, others=others)


@claim("cat.filters-learn-colour")
def test_convolution_starts_where_no_steps_leave_it(impl, evidence):
    """A convolutional network without steps is the one from which training starts."""
    check_start(impl, evidence, "convolution")


@claim("face.links-separated-eyes")
def test_attention_starts_where_no_steps_leave_it(impl, evidence):
    """An attention network without steps is the one from which training starts."""
    check_start(impl, evidence, "attention")


def check_answers(impl, evidence, architecture: Architecture) -> None:
    """Class scores and features of an image do not depend on what else is asked."""
    network = trained(impl, architecture, seeds_of(1, 2))
    pictures = np.concatenate([images(architecture, 7, draw) for draw in (1, 2)])
    laws.answers_each_by_itself(evidence, lambda pictures: answers(network, pictures), pictures)


@claim("cat.colour-photo")
def test_convolution_answers_each_image_by_itself(impl, evidence):
    """A convolutional network's output for an image does not depend on earlier calls or on the rest of the batch."""
    check_answers(impl, evidence, "convolution")


@claim("cat.attention-learns-complex-patterns")
def test_attention_answers_each_image_by_itself(impl, evidence):
    """An attention network's output for an image does not depend on earlier calls or on the rest of the batch."""
    check_answers(impl, evidence, "attention")


def check_parameters(impl, evidence, architecture: Architecture, **choices: Any) -> None:
    """Class scores and features follow from the parameters, and nearly all of these have a say."""
    pictures = np.repeat(images(architecture, 8, draw=1), 2, axis=0)
    network = trained(impl, architecture, seeds_of(1, 2), steps=0, **choices)
    other = trained(impl, architecture, seeds_of(3, 4), **LONGER, **choices)
    laws.parameters_decide(evidence, network, other, lambda asked: answers(asked, pictures))
    share = share_with_a_say(other, pictures)
    evidence.true(share >= 0.9, "nine in ten parameters have a say", share=share)


@claim("cat.colour-photo")
def test_parameters_are_all_there_is_of_convolution(impl, evidence):
    """Given another convolutional network's parameters, a network gives its outputs; at 0, one for all images."""
    check_parameters(impl, evidence, "convolution")


@claim("cat.attention-learns-complex-patterns")
@positions_or_not
def test_parameters_are_all_there_is_of_attention(impl, evidence, positions):
    """Given another attention network's parameters, a network gives its outputs; at 0, one for all images."""
    check_parameters(impl, evidence, "attention", positions=positions)


@claim("cat.attention-as-good-on-colour")
@both
@pytest.mark.parametrize(("steps", "batch_size"), [(2, 3), (3, 4)])
def test_no_more_images_are_learned_from_than_allowed(impl, evidence, architecture, steps, batch_size):
    """What a network learns depends on at least one of its images, and on at most `steps` times `batch_size`."""
    pictures, changed, asked = (images(architecture, n, draw)[0] for n, draw in ((20, 0), (20, 1), (4, 2)))

    def train(copies: np.ndarray) -> np.ndarray:
        n = len(copies)
        choices = {"labels": np.tile(np.arange(20) % SEEN, (n, 1)), "steps": steps, "batch_size": batch_size}
        network = trained(impl, architecture, seeds_of(7) * n, images=copies, **choices)
        return network.logits(np.stack([asked] * n))

    read = laws.samples_read(train, pictures, 2 * changed)
    evidence.true(1 <= read <= steps * batch_size, "how many images were learned from", read=read)


@claim("cat.attention-as-good-on-colour")
@both
@pytest.mark.parametrize("steps", [0, 2])
def test_no_more_labels_are_learned_from_than_allowed(impl, evidence, architecture, steps):
    """What a network learns depends on no more labels than its batches hold, nor on the class frequencies of all."""
    pictures, asked = images(architecture, 20), images(architecture, 4, draw=2)

    def train(copies: np.ndarray) -> np.ndarray:
        n = len(copies)
        choices = {"labels": copies, "images": np.repeat(pictures, n, axis=0), "steps": steps, "batch_size": 3}
        return trained(impl, architecture, seeds_of(7) * n, **choices).logits(np.repeat(asked, n, axis=0))

    read = laws.samples_read(train, np.arange(20) % SEEN, np.full(20, CLASSES - 1))
    evidence.true(read <= steps * 3, "how many labels were learned from", read=read)


@claim("cat.attention-as-good-on-colour")
@both
def test_networks_of_oblong_images_use_the_budget(impl, evidence, architecture):
    """Also where height and width differ, and for classes that no label shows, a network is as large as it may be."""
    for positions, budget in ((False, BUDGETS[architecture]), (True, BUDGETS[architecture]), (False, 200_000)):
        network = trained(impl, architecture, steps=0, positions=positions, parameter_budget=budget)
        share = parameter_count(network) / budget
        evidence.true(0.95 <= share <= 1, "the share of the budget that is used", share=share)


@claim("cat.colour-photo")
@pytest.mark.parametrize(("n", "batch_size"), [(24, 1), (24, 40), (1, 1), (1, 2)])
def test_batches_of_any_size_are_taken(impl, evidence, n, batch_size):
    """A convolutional network learns from one image at a time, and from batches of more images than it has."""
    data = {"images": images("convolution", n), "labels": np.arange(n)[None] % SEEN}
    before, after = (trained(impl, "convolution", steps=steps, batch_size=batch_size, **data) for steps in (0, 2))
    pictures = images("convolution", 4, draw=1)
    change = np.abs(after.logits(pictures) - before.logits(pictures)).max()
    evidence.true(change > MOVED, "two steps change class scores", change=change)


@claim("face.normal-both-good")
@both
def test_the_last_of_many_classes_is_learned(impl, evidence, architecture):
    """Of 14 classes, the two that occur, which are the last, become more probable than any other."""
    from scipy.special import softmax

    data = {"labels": 12 + np.arange(24)[None] % 2, "classes": 14, "learning_rate": 1e-2}
    network = trained(impl, architecture, steps=60, **data)
    # Of 200 seeds the least ratio was 4 after 40 steps; scores, unlike probabilities, may rise together.
    shares = softmax(network.logits(images(architecture, 24)), axis=-1).mean((0, 1))
    evidence.true(shares[12:].min() > shares[:12].max(), "classes that occur are the most probable", shares=shares)


def check_rate(impl, evidence, architecture: Architecture) -> None:
    """At a hundredth of the rate parameters move less."""

    def parameters(steps: int = 5, rate: float = 3e-3) -> dict[str, np.ndarray]:
        return trained(impl, architecture, steps=steps, learning_rate=rate).parameters()

    laws.learns_at_the_rate(evidence, parameters(steps=0), lambda rate: parameters(rate=rate), 3e-3)


@claim("cat.colour-photo")
def test_convolution_moves_by_the_rate(impl, evidence):
    """At a hundredth of the rate a convolutional network moves less."""
    check_rate(impl, evidence, "convolution")


@claim("cat.attention-learns-complex-patterns")
def test_attention_moves_by_the_rate(impl, evidence):
    """At a hundredth of the rate an attention network moves less."""
    check_rate(impl, evidence, "attention")


@claim("cat.colour-photo")
@pytest.mark.parametrize("other", [{"patch_size": 5}, {"positions": True}], ids=str)
def test_convolution_ignores_what_is_said_of_patches(impl, evidence, other):
    """A convolutional network is the same whatever the patches, which need not fill the image, and their positions."""
    pictures = images("convolution", 4, draw=1)
    one, another = (answers(trained(impl, "convolution", **changes), pictures) for changes in ({}, other))
    evidence.equal(another, one, "answers, and those with other patches asked for", FLOAT32)


# Bad input


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a class too many": ({"labels": np.full((1, 24), CLASSES)}, []),
    "a negative class": ({"labels": np.arange(24)[None] % SEEN - 1}, []),
    "labels of too few images": ({"labels": np.zeros((1, 23), dtype=int)}, ["images"]),
    "labels of too many images": ({"labels": np.zeros((1, 25), dtype=int)}, ["images"]),
    "labels of two for one seed": ({"labels": np.zeros((2, 24), dtype=int)}, ["images", "seeds"]),
    "fewer classes than labels have": ({"classes": 2}, ["labels"]),
    "one class": ({"classes": 1}, ["labels"]),
    "one seed for two": ({"seeds": [1, 2]}, ["images"]),
    "another network": ({"architecture": "perceptron"}, []),
    "steps backwards": ({"steps": -1}, []),
    "empty batches": ({"batch_size": 0}, []),
    "no budget": ({"parameter_budget": 10}, []),
    "no rate": ({"learning_rate": 0.0}, []),
    "a negative rate": ({"learning_rate": -1e-3}, []),
    "an endless rate": ({"learning_rate": np.inf}, []),
    "a rate that is no number": ({"learning_rate": np.nan}, []),
}
"""What training is handed in place of what is good, and which other argument may be blamed for it."""


def check_refusal(impl, evidence, architecture: Architecture, bad: dict[str, Any], partners: list[str]) -> None:
    """Training refuses bad input, and so do no steps of it."""
    for steps in (1, 0):
        good = arguments(architecture, steps=steps)
        laws.refuses(evidence, impl.classifiers.train_classifiers, good, *partners, **bad)


def check_images(impl, evidence, architecture: Architecture) -> None:
    """Training refuses images one pixel of which is no number, and no images."""
    good = arguments(architecture, steps=1)
    for value in (np.nan, np.inf):
        broken = good["images"].copy()
        broken[0, -1, 0, -1, -1] = value
        laws.refuses(evidence, impl.classifiers.train_classifiers, good, images=broken)
    laws.refuses(evidence, impl.classifiers.train_classifiers, good, "labels", images=good["images"][:, :0])
    twice = np.concatenate([good["images"]] * 2)
    laws.refuses(evidence, impl.classifiers.train_classifiers, good, "labels", "seeds", images=twice)


@claim("cat.colour-photo")
@pytest.mark.parametrize("what", BAD)
def test_convolution_is_not_trained_on_bad_input(impl, evidence, what):
    """Labels outside the classes, sizes too small, impossible budgets and wrong shapes are refused by name."""
    check_refusal(impl, evidence, "convolution", *BAD[what])


@claim("cat.attention-learns-complex-patterns")
@pytest.mark.parametrize("what", BAD)
def test_attention_is_not_trained_on_bad_input(impl, evidence, what):
    """Labels outside the classes, sizes too small, impossible budgets and wrong shapes are refused by name."""
    check_refusal(impl, evidence, "attention", *BAD[what])


@claim("cat.attention-learns-complex-patterns")
@pytest.mark.parametrize("patch_size", [0, 3, 6, 8, 16])
def test_patches_have_to_fill_the_image(impl, evidence, patch_size):
    """On 8 × 12 pixels, patches are refused that do not fill them, be it only in height or in width."""
    check_refusal(impl, evidence, "attention", {"patch_size": patch_size}, ["images"])


@claim("cat.colour-photo")
def test_convolution_is_not_trained_on_broken_images(impl, evidence):
    """Images that contain NaN or infinity, and an empty array of images, are refused."""
    check_images(impl, evidence, "convolution")


@claim("cat.attention-learns-complex-patterns")
def test_attention_is_not_trained_on_broken_images(impl, evidence):
    """Images that contain NaN or infinity, and an empty array of images, are refused."""
    check_images(impl, evidence, "attention")


def no_images_for_it(good: np.ndarray) -> list[np.ndarray]:
    """Images of another size or shape, with a pixel that is no number, of more or fewer networks, and none."""
    broken = [good.copy() for _ in range(2)]
    for copy, value in zip(broken, (np.nan, -np.inf), strict=True):
        copy[-1, -1, 0, 0, 0] = value
    return [good[..., :4], good.swapaxes(-1, -2), *broken, np.concatenate([good] * 2), good[:1], good[:, :0]]


WITHOUT_A_ROW = EVERYTHING.copy()
WITHOUT_A_ROW[2] = False


@claim("cat.colour-photo")
def test_convolution_refuses_questions_that_are_not_for_it(impl, evidence):
    """Images of another size, parameters of another network, and queries for attention only are refused."""
    network = trained(impl, "convolution", seeds_of(1, 2))
    pictures = np.repeat(images("convolution", 2), 2, axis=0)
    for other in (pictures[:, :, :1], *no_images_for_it(pictures)):
        for ask in (network.logits, network.features):
            laws.refuses(evidence, ask, {"images": pictures}, images=other)
    evidence.refused(lambda: network.logits(pictures, EVERYTHING), "attend is refused", "attend")
    evidence.refused(lambda: network.attention_layers(pictures), "a question about attention is refused", "")
    check_other_parameters(evidence, network)


@claim("cat.attention-learns-complex-patterns")
def test_attention_refuses_questions_that_are_not_for_it(impl, evidence):
    """Images of another size, masks of another size or with an empty row, and a query for filters are refused."""
    network = trained(impl, "attention", seeds_of(1, 2))
    pictures = np.repeat(images("attention", 2), 2, axis=0)
    for other in no_images_for_it(pictures):
        for ask in (network.logits, network.features, network.attention_layers):
            laws.refuses(evidence, ask, {"images": pictures}, images=other)
    for ask in (network.logits, network.attention_layers):
        for bad in (WITHOUT_A_ROW, EVERYTHING[:4, :4], EVERYTHING[:1, :1], EVERYTHING[:, :4], EVERYTHING[None]):
            laws.refuses(evidence, ask, {"images": pictures, "attend": EVERYTHING}, attend=bad)
    evidence.refused(network.filters, "a question about filters is refused", "")
    check_other_parameters(evidence, network)


def check_other_parameters(evidence, network: TrainedClassifiers) -> None:
    """Parameters under other names, or of other shapes, are refused."""
    own = network.parameters()
    name = max(own, key=lambda name: own[name].size)
    values = own[name]
    fewer = {other: values for other, values in own.items() if other != name}
    others = [values[:1], np.concatenate([values] * 2), np.concatenate([values] * 2, axis=1), values[..., None]]
    others += [values * np.nan, values + np.float32("inf")]
    for bad in (fewer, own | {"another": values}, *(own | {name: other} for other in others)):
        laws.refuses(evidence, network.set_parameters, {"parameters": own}, parameters=bad)


# What the last layer reads


@claim("face.suitable-feature")
@both
@pytest.mark.parametrize("steps", [0, 2])
def test_class_scores_are_affine_in_the_features(impl, evidence, architecture, steps):
    """One matrix and one vector turn features into class scores, for more images than there are features."""
    network = trained(impl, architecture, steps=steps)
    width = network.features(images(architecture, 1)).shape[-1]
    pictures = 2 * images(architecture, 2 * width + 20, draw=1)
    scores = network.logits(pictures)
    evidence.equal(affine_fit(network.features(pictures), scores), scores, "scores, and an affine map", FLOAT32)
    if steps:  # without any, the last layer may be zero
        spread = np.ptp(scores, axis=1).min()
        evidence.true(spread > MOVED, "every class score depends on the image", spread=spread)


# Filters


@claim("cat.filters-learn-colour")
@pytest.mark.parametrize("shape", [(12, 8), (8, 12)], ids=["tall", "wide"])
def test_filters_are_those_of_the_first_convolution(impl, evidence, shape):
    """With one weight per filter left, at a corner and of one colour, no other colour matters, nor the far edge.

    A filter's weight at its top left never meets the last row and column, at its bottom right never the first.
    """
    seen, pictures = (normal((1, n, 3, *shape), draw=n).astype(np.float32) for n in (24, 6))
    network = trained(impl, "convolution", images=seen, **LONGER)
    own, filters = network.parameters(), network.filters()
    # Which of all parameters is which weight of the filters: told by numbering them.
    total = sum(values.size for values in own.values())
    network.set_parameters(refilled(own, np.arange(total) / total))
    numbered = network.filters() * total
    place = np.rint(numbered).astype(int)
    evidence.equal(numbered, place.astype(float), "filters, and numbers among the parameters", FLOAT32)
    evidence.true((place >= 0) & (place < total), "filters are among the parameters")
    evidence.equal(np.unique(place).size, filters.size, "different parameters among the filters' weights, and weights")

    for colour in range(3):
        for corner, unseen in ((0, -1), (-1, 0)):
            kept = np.zeros_like(filters)
            kept[:, :, colour, corner, corner] = 2 * filters[:, :, colour, 0, 0] + 1
            flat = np.concatenate([values.ravel() for values in own.values()])
            flat[place] = kept
            network.set_parameters(refilled(own, flat))
            evidence.equal(network.filters(), kept, "filters that were set", FLOAT32)
            elsewhere = pictures + 1
            elsewhere[:, :, colour] = pictures[:, :, colour]
            elsewhere[:, :, :, unseen] += 1
            elsewhere[:, :, :, :, unseen] += 1
            evidence.equal(network.logits(elsewhere), network.logits(pictures), "scores, and before", FLOAT32)
            evidence.true(
                np.abs(network.logits(pictures[:, ::-1].copy()) - network.logits(pictures)).max() > MOVED,
                "the weights that are left see something",
            )


def refilled(parameters: dict[str, np.ndarray], flat: np.ndarray) -> dict[str, np.ndarray]:
    """Parameters of the same names and shapes that hold these numbers, one array after another."""
    ends = np.cumsum([values.size for values in parameters.values()])
    parts = zip(parameters.items(), np.split(flat.astype(np.float32), ends[:-1]), strict=True)
    return {name: part.reshape(values.shape) for (name, values), part in parts}


# Attention


@claim("face.links-separated-eyes")
@positions_or_not
@few_or_many_patches
def test_every_layers_output_is_its_weights_times_its_values(impl, evidence, positions, n_patches):
    """In every head of every layer each patch's weights are shares that sum to 1, and mix the values to the output."""
    pictures = np.repeat(images_of(n_patches, 24), 2, axis=0)
    network = trained(impl, "attention", seeds_of(1, 2), images=pictures, positions=positions)
    layers = network.attention_layers(3 * pictures[:, :5])
    weights, patches = layers["weights"], layers["weights"].shape[-1]
    evidence.equal(patches, n_patches, "patches that attention sees, and patches")
    evidence.equal(weights.sum(-1), np.ones(weights.shape[:-1]), "sum of each patch's weights, and 1", FLOAT32)
    evidence.true(weights >= 0, "no weight is negative", least=weights.min())
    evidence.equal(layers["output"], weights @ layers["values"], "output, and weights times values", FLOAT32)


@claim("face.links-separated-eyes")
def test_layers_answer_each_image_by_itself(impl, evidence):
    """Weights, values and outputs of an image do not depend on the rest of the batch."""
    network = trained(impl, "attention", seeds_of(1, 2))
    pictures = np.concatenate([images("attention", 5, draw) for draw in (1, 2)])
    laws.answers_each_by_itself(evidence, network.attention_layers, pictures)


@claim("face.links-separated-eyes")
def test_layers_follow_from_the_parameters(impl, evidence):
    """Given another network's parameters, a network has its attention weights; at 0 all images get the same."""
    network, other = trained(impl, "attention", steps=0), trained(impl, "attention", seeds_of(2), positions=False)
    pictures = images("attention", 5, draw=1)
    laws.parameters_decide(evidence, network, other, lambda asked: asked.attention_layers(pictures))


def masks(n_patches: int = PATCHES) -> list[np.ndarray]:
    """Who may attend to whom: at random, not symmetric, each patch to one other alone, to those before it, and all."""
    rng = np.random.default_rng(seed_of_test())
    random = rng.random((n_patches, n_patches)) < 0.5
    random[np.arange(n_patches), rng.permutation(n_patches)] = True
    everything = np.ones_like(random)
    return [random, np.eye(n_patches, dtype=bool)[rng.permutation(n_patches)], np.tril(everything), everything]


@claim("face.links-separated-eyes")
@positions_or_not
@few_or_many_patches
def test_cut_weights_are_zero_and_the_others_sum_to_one(impl, evidence, positions, n_patches):
    """Where attention is cut no layer's head gives weight; the first layer's other weights keep their proportions.

    Also where parameters are a hundred times as large, so that what is cut would have had all the weight. What is asked
    without a mask in between, and afterwards, is answered as before.
    """
    learned = np.repeat(images_of(n_patches, 24), 2, axis=0)
    network = trained(impl, "attention", seeds_of(1, 2), images=learned, positions=positions)
    pictures = 2 * np.concatenate([images_of(n_patches, 10, draw) for draw in (1, 2)])
    whole, before = network.attention_layers(pictures), answers(network, pictures)
    for attend in masks(n_patches):
        cut = network.attention_layers(pictures, attend)
        weights = cut["weights"]
        evidence.equal(weights * ~attend, np.zeros(weights.shape), "weights where attention is cut, and 0")
        evidence.equal(weights.sum(-1), np.ones(weights.shape[:-1]), "sum of the weights that are left, and 1", FLOAT32)
        evidence.equal(cut["output"], weights @ cut["values"], "output, and weights times values", FLOAT32)
        evidence.equal(cut["values"][:, :, 0], whole["values"][:, :, 0], "the first layer's values, and uncut", FLOAT32)
        left = whole["weights"][:, :, 0] * attend
        expected = left / left.sum(-1, keepdims=True)
        evidence.equal(weights[:, :, 0], expected, "the first layer's weights, and uncut ones scaled", FLOAT32)
        if attend.all():
            evidence.equal(cut, whole, "layers where nothing is cut, and layers", FLOAT32)
            evidence.equal(network.logits(pictures, attend), network.logits(pictures), "scores, and uncut", FLOAT32)
    network.logits(pictures, masks(n_patches)[0])
    evidence.equal(answers(network, pictures), before, "answers without a mask, afterwards and before", tolerance=0)
    evidence.equal(network.attention_layers(pictures), whole, "layers without a mask, afterwards and before", 0)
    network.set_parameters({name: 100 * values for name, values in network.parameters().items()})
    for attend in masks(n_patches):
        weights = network.attention_layers(pictures, attend)["weights"]
        evidence.equal(weights * ~attend, np.zeros(weights.shape), "weights where sharp attention is cut, and 0")


@claim("face.attention-relates-distant-parts")
@positions_or_not
@pytest.mark.parametrize("channels", [1, 3])
def test_a_patch_moves_what_attends_to_it_and_nothing_else(impl, evidence, positions, channels):
    """Changing a patch moves, in each layer, the values and outputs of just those patches that it can reach by then.

    Its own output it may move in any case, by what it asks for.
    """
    learned = normal((1, 24, channels, *SHAPES["attention"][1:]), 1).astype(np.float32)
    network = trained(impl, "attention", images=learned, positions=positions)
    pictures = 2 * with_each_patch_changed(channels)
    for attend in (None, *masks()[:3]):
        layers = network.attention_layers(pictures, attend)
        mask = EVERYTHING if attend is None else attend
        reach = ALONE
        for value, output in zip(moves(layers["values"]), moves(layers["output"]), strict=True):
            evidence.equal(value > MOVED, reach, "patches whose values move, and that are reached")
            attends = mask @ reach  # to a patch that moved
            evidence.true(output[attends] > MOVED, "outputs of patches that attend to what moved, move")
            stays = ~(attends | reach)
            evidence.true(not (output[stays] > MOVED).any(), "outputs of patches that do not, stay")
            reach = reach | attends


@claim("face.attention-relates-distant-parts")
@positions_or_not
def test_class_scores_are_of_every_patch(impl, evidence, positions):
    """Where each patch attends to itself alone, class scores change with any of them: all are pooled."""
    network = trained(impl, "attention", positions=positions, **LONGER)
    scores = network.logits(2 * with_each_patch_changed(1), ALONE)[0]
    change = np.abs(scores[1:] - scores[0]).max(1)
    evidence.true(change > MOVED, "class scores change with each patch", change=change)


@claim("face.links-separated-eyes")
@positions_or_not
@few_or_many_patches
def test_class_scores_change_where_attention_is_cut(impl, evidence, positions, n_patches):
    """Class scores are others where each patch attends to itself alone, and each image's are its own."""
    network = trained(impl, "attention", images=images_of(n_patches, 24), positions=positions, **LONGER)
    pictures, alone = 2 * images_of(n_patches, 4, draw=1), np.eye(n_patches, dtype=bool)
    change = np.abs(network.logits(pictures, alone) - network.logits(pictures)).max()
    evidence.true(bool(change > MOVED), "class scores change where attention is cut", change=change)
    if n_patches == PATCHES:
        laws.answers_each_by_itself(evidence, lambda some: network.logits(some, alone), pictures)


@claim("face.links-separated-eyes")
@few_or_many_patches
def test_class_scores_follow_where_attention_is_cut(impl, evidence, n_patches):
    """Patches that look alike have no effect by what they give each other; cut off from others, they do.

    All patches but the first are alike, and only the first may attend to others that are not. It attends to itself and
    to one of them; whether these attend to one another or to themselves is the same.
    """
    network = trained(impl, "attention", images=images_of(n_patches, 24))
    first, others = 2 * normal((2, 3, 1, PATCH, PATCH), 1)
    pictures = tiled(np.concatenate([first, np.repeat(others, n_patches - 1, axis=1)], axis=1))
    alone = np.eye(n_patches, dtype=bool)
    alone[0, 1] = True
    among = np.ones_like(alone)
    among[1:, 0] = False
    among[0] = alone[0]
    scores = network.logits(pictures, alone)
    evidence.equal(network.logits(pictures, among), scores, "scores, and where each keeps to itself", FLOAT32)
    uncut = network.logits(pictures)
    evidence.true(np.abs(uncut - scores).max() > MOVED, "cutting attention changes scores")
    uniform = tiled(np.repeat(others, n_patches, axis=1))
    expected = network.logits(uniform)
    for attend in masks(n_patches):
        evidence.equal(network.logits(uniform, attend), expected, "scores of patches all alike, and uncut", FLOAT32)


@claim("face.links-separated-eyes")
@few_or_many_patches
def test_class_scores_follow_where_later_layers_are_cut(impl, evidence, n_patches):
    """What the second patch learns of the first in one layer, in the next reaches the patches that attend to it alone.

    In the first layer all patches but the first are alike, so that it makes no difference which of them attend to the
    second; where there is no other layer, class scores are the same.
    """
    network = trained(impl, "attention", images=images_of(n_patches, 24), **LONGER)
    first, others = 2 * normal((2, 3, 1, PATCH, PATCH), 1)
    pictures = tiled(np.concatenate([first, np.repeat(others, n_patches - 1, axis=1)], axis=1))
    apart = np.eye(n_patches, dtype=bool)
    apart[1] = apart[0]
    through = apart.copy()
    through[2:, 1] = True
    change = np.abs(network.logits(pictures, through) - network.logits(pictures, apart)).max()
    layers = network.attention_layers(pictures)["weights"].shape[2]
    evidence.true((change > MOVED) == (layers > 1), "scores change with a later layer", change=change, layers=layers)


@claim("face.links-separated-eyes")
@few_or_many_patches
@pytest.mark.parametrize("steps", [0, 2])
def test_without_positions_a_patch_may_lie_anywhere(impl, evidence, steps, n_patches):
    """Patches that change places change no class score, and take the mask along; weights move with them."""
    network = trained(impl, "attention", images=images_of(n_patches, 24), steps=steps)
    rng = np.random.default_rng(seed_of_test(2))
    patches, order = 2 * rng.standard_normal((3, n_patches, PATCH, PATCH)), np.roll(rng.permutation(n_patches), 1)
    before, after = tiled(patches), tiled(patches[:, order])
    evidence.equal(network.logits(after), network.logits(before), "scores, and before patches changed places", FLOAT32)
    weights, moved = (network.attention_layers(pictures)["weights"] for pictures in (before, after))
    evidence.equal(moved, weights[..., order, :][..., order], "weights, and before patches changed places", FLOAT32)
    attend = masks(n_patches)[0]
    scores = network.logits(after, attend[np.ix_(order, order)])
    evidence.equal(scores, network.logits(before, attend), "cut scores, and before patches changed places", FLOAT32)


def check_positions(impl, evidence, n_patches: int) -> None:
    """With positions, class scores of one of four images change when any two neighbouring patches change places.

    Of 80 patches two change a score by 1e-5 or less with probability 1.5e-4 in right networks trained like this one (so
    that some two of them do in one run in 50), and by about the cube of that where the least change is a multiple of
    1e-5. Four images have a probability below 1e-12: their largest changes are 7e-5 or more for all of 1700 twos.
    """
    learned, (rows, columns) = images_of(n_patches, 24), GRIDS[n_patches]
    network = trained(impl, "attention", images=learned, positions=True, **LONGER)
    patches = 2 * normal((4, n_patches, PATCH, PATCH), 2)
    place = np.arange(n_patches).reshape(rows, columns)
    below, beside = (place[:-1], place[1:]), (place[:, :-1], place[:, 1:])
    one, other = (np.concatenate([pair[i].ravel() for pair in (below, beside)]) for i in (0, 1))
    order, each = np.tile(np.arange(n_patches), (len(one), 1)), np.arange(len(one))
    order[each, one], order[each, other] = other, one
    changed = tiled(patches[:, order].reshape(-1, n_patches, PATCH, PATCH))
    scores = network.logits(changed).reshape(len(patches), len(one), CLASSES)
    changes = np.abs(scores - network.logits(tiled(patches)).transpose(1, 0, 2)).max((0, 2))
    evidence.true(changes > MOVED, "neighbours that change places change scores", least=changes.min())


@claim("face.scrambled-attention-better")
def test_convolution_is_bound_to_positions(impl, evidence):
    """A CNN says something else of a pattern that moved, also by a distance to which averaging over places is blind."""
    pictures = normal((3, 24, 1, 32, 32), 1).astype(np.float32)
    choices = {"images": pictures, "labels": np.tile(np.arange(24) % SEEN, (3, 1)), "parameter_budget": 20_000}
    network = trained(impl, "convolution", seeds=seeds_of(1, 2, 3), **LONGER | choices)
    patterns, scores = 2 * normal((8, 1, PATCH, PATCH), 2), []
    for corner in (None, 6, 22):  # as far from one border as from the other, and 16 pixels apart
        pictures = np.zeros((3, 8, 1, 32, 32), dtype=np.float32)
        if corner:
            pictures[:, :, :, corner : corner + PATCH, corner : corner + PATCH] = patterns
        scores.append(network.logits(pictures))
    without, here, there = scores
    share = float(np.abs(there - here).max() / np.abs(here - without).max())
    evidence.true(
        share > 0.01, "scores change with the place, as a share of their change with the pattern", share=share
    )


@claim("face.links-separated-eyes")
@few_or_many_patches
def test_with_positions_it_matters_where_a_patch_lies(impl, evidence, n_patches):
    """With positions, attention's outputs change when two neighbouring patches change places, wherever they lie."""
    check_positions(impl, evidence, n_patches)


@claim("face.links-separated-eyes")
@positions_or_not
def test_a_single_patch_attends_to_itself(impl, evidence, positions):
    """Where one patch is the image, its weight on itself is 1, with a mask and without, and scores are of the image."""
    pictures = normal((1, 24, 1, 8, 8), 0).astype(np.float32)
    network = trained(impl, "attention", images=pictures, patch_size=8, positions=positions)
    for attend in (None, np.ones((1, 1), dtype=bool)):
        layers, scores = network.attention_layers(pictures, attend), network.logits(pictures, attend)
        weights = layers["weights"]
        evidence.equal(weights, np.ones((*weights.shape[:-2], 1, 1), dtype=weights.dtype), "weights, and 1", FLOAT32)
        evidence.equal(layers["output"], layers["values"], "outputs, and values", FLOAT32)
        evidence.true(np.ptp(scores, axis=1) > MOVED, "scores depend on the image")


@claim("cat.attention-learns-complex-patterns")
def test_positions_are_there_if_asked_for(impl, evidence):
    """With positions, attention knows where a patch lies."""
    check_positions(impl, evidence, PATCHES)
