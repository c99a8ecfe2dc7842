"""Question 4: the trainer, which is handed hyper-parameters and digits; and images, which are no hyper-parameter."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from spec.harness import claim, stream

from . import spaces
from .experiments import DigitSearch, EndToEnd, ImageChoices, TrainedPerceptrons
from .measures import accuracies, late
from .stimuli import all_digits, draw_split

ARCHITECTURES = [
    {"widths": [5], "activation": "tanh"},
    {"widths": [9, 3], "activation": "relu"},
    {"widths": [2, 7, 4], "activation": "sigmoid"},
    {"widths": [5], "activation": "tanh"},
]
"""Of different depths, widths and activations; the first and the last differ by their seed only."""
FLOAT32 = 1e-4
"""Rounding of a forward pass in single precision, relative to logits of about 1 to 10."""
TOGETHER = 1e-3
"""The same after a few steps of training, which hand rounding on."""
ACTIVATIONS = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}


@cache
def digits():
    """Some digits to learn from and others to look at, the same in every run."""
    return draw_split(stream(0, "digits to train a few networks on"))


def noise():
    """Noise for the digits to learn from, (n, 64)."""
    return stream(0, "noise for digits").random(digits().training.pixels.shape).astype(np.float32)


def few(impl, architectures=ARCHITECTURES, seeds=(1, 2, 3, 4), *, pixels=None, steps=20):
    """A few networks, briefly trained on digits, or on other pixels with the labels of these digits."""
    return impl.search.train_architectures(
        digits().training.pixels if pixels is None else pixels,
        digits().training.labels,
        architectures=architectures,
        classes=10,
        steps=steps,
        batch_size=16,
        learning_rate=0.01,
        seeds=list(seeds),
        device="cpu",
    )


def forward(layers, activation: str, inputs: np.ndarray) -> np.ndarray:
    """What a perceptron makes of its inputs: the activation after every layer but the last, (m, classes)."""
    x = inputs.astype(np.float64)
    for layer in layers[:-1]:
        x = ACTIVATIONS[activation](x @ layer["weights"] + layer["biases"])
    return x @ layers[-1]["weights"] + layers[-1]["biases"]


@claim("search.trainer-builds-and-trains")
def test_predictions_are_a_function_of_hyper_parameters_and_seed(impl, evidence):
    """The same architectures and seeds give the same class scores, bit for bit; another seed gives others."""
    first, again = (few(impl).logits(digits().evaluation.pixels) for _ in range(2))
    evidence.equal(again, first, "class scores when trained again", tolerance=0)
    apart = np.abs(first[3] - first[0]).max()
    evidence.true(bool(apart > 0.01), "another seed makes another network", apart=apart)


@claim("search.trainer-builds-and-trains")
def test_a_network_is_trained_as_if_alone(impl, evidence):
    """Which other networks are trained with it changes a network's class scores by no more than rounding."""
    together = few(impl).logits(digits().evaluation.pixels)
    for i, architecture in enumerate(ARCHITECTURES):
        alone = few(impl, [architecture], [i + 1]).logits(digits().evaluation.pixels)
        evidence.equal(together[i], alone[0], "class scores trained with others, and alone", TOGETHER)


@claim("search.trainer-builds-and-trains")
def test_the_network_has_the_depth_and_widths_asked_for(impl, evidence):
    """A network has a layer for each width and one for the classes, of those sizes, and they make its class scores."""
    trained, pixels = few(impl), digits().evaluation.pixels
    logits = trained.logits(pixels)
    for i, architecture in enumerate(ARCHITECTURES):
        layers, sizes = trained.layers(i), [pixels.shape[1], *architecture["widths"], 10]
        shapes = [[list(layer["weights"].shape), list(layer["biases"].shape)] for layer in layers]
        expected = [[[n_in, n_out], [n_out]] for n_in, n_out in pairwise(sizes)]
        evidence.equal(shapes, expected, "shapes of the layers, and the widths asked for")
        recomputed = forward(layers, architecture["activation"], pixels)
        evidence.equal(recomputed, logits[i], "class scores recomputed from the layers, and returned", FLOAT32)


@claim("search.trainer-builds-and-trains")
def test_training_changes_what_the_network_predicts(perceptrons: TrainedPerceptrons, evidence):
    """Once trained, a network recognises evaluation digits far more often than before its first step."""
    trained, untrained = perceptrons.networks(), perceptrons.networks(trained=False)
    evaluation = perceptrons.split.evaluation
    evidence.exceeds(accuracies(trained, evaluation) - accuracies(untrained, evaluation), "trained_against_untrained")


@claim("search.trainer-builds-and-trains", role="control")
def test_the_trainer_decodes_every_action_of_the_space(impl, evidence):
    """What the space of digits decodes to are the hyper-parameters of the architectures that the searches speak of."""
    actions = spaces.every_action(spaces.choices(spaces.DIGITS))
    expected = spaces.decoded(spaces.DIGITS, actions)
    evidence.equal(impl.search.decode(spaces.DIGITS, actions), expected, "decoded actions, and the options they choose")
    different, index = spaces.distinct()
    looked_up = [different[i] for i in index.ravel()]
    evidence.equal(spaces.architectures(actions), looked_up, "architectures, and those of the table")


@claim("search.accuracy-on-eval-data")
def test_predictions_are_of_the_digits_asked_for(impl, evidence):
    """A prediction depends on its own digit only: in another order, or with others missing, it stays the same."""
    trained, pixels = few(impl), digits().evaluation.pixels
    logits = trained.logits(pixels)
    for rows in (stream(0, "another order").permutation(len(pixels)), np.arange(0, len(pixels), 7), np.array([3])):
        some = trained.logits(pixels[rows])
        evidence.equal(some, logits[:, rows], "class scores of some digits, and of all", FLOAT32)


@claim("search.accuracy-on-eval-data")
def test_accuracy_is_of_digits_never_trained_on(perceptrons: TrainedPerceptrons, evidence):
    """Trained networks recognise evaluation digits, whose labels they never learned from, as well as test digits."""
    networks, split = perceptrons.networks(), perceptrons.split
    evaluation = accuracies(networks, split.evaluation)
    evidence.exceeds(evaluation, "evaluation")
    evidence.within(evaluation - accuracies(networks, split.test), "evaluation_against_test")


@claim("search.accuracy-on-eval-data", role="control")
def test_shuffled_labels_teach_nothing(perceptrons: TrainedPerceptrons, evidence):
    """Trained on labels dealt out at random, the same networks are at chance about evaluation digits."""
    evidence.within(accuracies(perceptrons.networks(shuffled=True), perceptrons.split.evaluation), "shuffled_labels")


@claim("search.accuracy-on-eval-data", role="control")
def test_the_splits_never_meet(searches: DigitSearch, end_to_end: EndToEnd, perceptrons: TrainedPerceptrons, evidence):
    """In every split each digit is in exactly one of training, evaluation and test; no two digits look the same."""
    pixels, _ = all_digits()
    evidence.equal(len(np.unique(pixels, axis=0)), len(pixels), "different digits, and digits")
    for split in (*searches.splits, end_to_end.split, perceptrons.split):
        rows = np.sort(np.concatenate([part.rows for part in split]))
        evidence.equal(rows, np.arange(len(pixels)), "rows of the three parts together, and every row once")


@claim("search.input-image-is-not")
@pytest.mark.parametrize(
    "image",
    [np.ones((8, 8)), [np.ones((8, 8)), np.zeros((8, 8))], np.ones((8, 8)).tolist()],
    ids=["an image", "a choice of images", "rows of pixels"],
)
def test_a_space_that_holds_an_image_is_refused(impl, evidence, image):
    """An image for a hyper-parameter, or images for its options, are refused by name, and as data."""
    space = spaces.DIGITS | {"input image": image}
    actions = np.zeros((1, len(space)), dtype=int)
    for names in ("input image", "data"):
        evidence.refused(lambda: impl.search.choices(space), f"choices of a space with an image ({names})", names)
        evidence.refused(lambda: impl.search.decode(space, actions), f"decoding with an image ({names})", names)


@claim("search.input-image-is-not", role="control")
def test_the_same_space_without_the_image_is_taken(impl, evidence):
    """Without the image the same space is taken, as is one whose options say what size images have."""
    for space in (spaces.DIGITS, spaces.RESOLUTION):
        evidence.equal(impl.search.choices(space), spaces.choices(space), "choices, and numbers of options")


@claim("search.input-image-is-not")
def test_the_network_built_does_not_depend_on_what_images_show(impl, evidence):
    """Digits, their negatives and noise are met by networks of the same layers, and the same numbers to start from."""
    pixels = digits().training.pixels
    first, *others = (few(impl, pixels=images, steps=0) for images in (pixels, 1 - pixels, noise()))
    for other in others:
        for i in range(len(ARCHITECTURES)):
            evidence.equal(other.layers(i), first.layers(i), "layers for other images, and for digits", tolerance=0)


@claim("search.input-image-is-not")
def test_the_policy_does_not_depend_on_what_images_show(impl, evidence):
    """Told the same rewards, controllers go the same way whether digits or noise are trained on in between."""
    counts, paths = spaces.choices(spaces.DIGITS), []
    for pixels in (digits().training.pixels, noise()):
        policy = impl.search.reinforce(counts, learning_rate=0.5, seeds=[5], device="cpu")
        learner = impl.search.meta_qnn(counts, trials=16, learning_rate=0.5, seeds=[5], device="cpu")
        paths.append([])
        for _ in range(2):
            few(impl, pixels=pixels, steps=1)
            for controller in (policy, learner):
                paths[-1].append(controller.sample(8))
                controller.update(paths[-1][-1], np.linspace(0, 1, 8)[None])
        paths[-1] += [policy.log_probabilities(paths[-1][0]), learner.q_values()]
    for with_noise, with_digits in zip(*paths, strict=True):
        evidence.equal(with_noise, with_digits, "actions, probabilities and values beside noise, and beside digits")


@claim("search.input-image-is-not", role="boundary")
def test_the_resolution_can_be_searched(images: ImageChoices, evidence):
    """The resolution of the images is a hyper-parameter: a policy finds that eight pixels square are best, not one or two."""
    resolution = images.choosing_resolution().actions[..., list(spaces.RESOLUTION).index("resolution")]
    evidence.exceeds(late(resolution == spaces.RESOLUTION["resolution"].index(8)), "late_resolution")


@claim("search.input-image-is-not", role="boundary")
def test_choosing_its_evaluation_images_a_controller_games_the_reward(images: ImageChoices, evidence):
    """A policy that may choose which digit its network is evaluated on earns more than the network is worth."""
    gamed = late(images.choosing_evaluation().rewards)
    evidence.exceeds(gamed - accuracies(images.weak(), images.split.test), "gamed_reward")
