"""Question 4: the trainer, which is handed hyper-parameters and digits; and images, which are no hyper-parameter."""

from itertools import pairwise

import numpy as np
import pytest

from spec.common.laws import (
    LEARNED,
    answers_each_by_itself,
    argument,
    follows_each_seed,
    learns_at_the_rate,
    refuses,
    which_are_read,
)
from spec.common.replicates import seeds_of
from spec.harness import claim, device_of_run, seed_of_test, stream

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
SMALL = [{"widths": [3, 2], "activation": "relu"}, {"widths": [2], "activation": "tanh"}]
PARTNERS = {"inputs": ["labels"], "labels": ["inputs"], "classes": ["labels"], "architectures": ["seeds"]}
"""What a refusal may name instead, where two arguments do not go together."""
FLOAT32 = 1e-4
"""Rounding of a forward pass in single precision, relative to logits of about 1 to 10."""
ACTIVATIONS = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}


def digits():
    """Some digits to learn from and others to look at, the same throughout a test."""
    return draw_split(stream(seed_of_test(), "digits to train a few networks on"))


def noise():
    """Noise for the digits to learn from, (n, 64)."""
    return stream(seed_of_test(), "noise for digits").random(digits().training.pixels.shape).astype(np.float32)


def few(impl, architectures=ARCHITECTURES, seeds=None, **changes):
    """A few networks of seeds of this test, briefly trained on digits, but for the changes."""
    seeds = seeds or seeds_of(*range(len(architectures)))
    arguments = {
        "inputs": digits().training.pixels,
        "labels": digits().training.labels,
        "classes": 10,
        "steps": 20,
        "batch_size": 16,
        "learning_rate": 0.01,
    }
    return impl.search.train_architectures(
        **arguments | changes, architectures=architectures, seeds=seeds, device=device_of_run()
    )


def forward(layers, activation: str, inputs: np.ndarray) -> np.ndarray:
    """What a perceptron makes of its inputs: the activation after every layer but the last, (m, classes)."""
    x = inputs.astype(np.float64)
    for layer in layers[:-1]:
        x = ACTIVATIONS[activation](x @ layer["weights"] + layer["biases"])
    return x @ layers[-1]["weights"] + layers[-1]["biases"]


@claim("search.trainer-builds-and-trains")
def test_predictions_are_a_function_of_hyper_parameters_and_seed(impl, evidence):
    """The same architecture has the same class scores with the same seed, and others with another, however far."""
    pixels, architecture = digits().evaluation.pixels[:50], ARCHITECTURES[0]

    def scores(seeds):
        return few(impl, [architecture] * len(seeds), seeds, steps=5).logits(pixels)

    follows_each_seed(evidence, scores, tolerance=LEARNED)


@claim("search.trainer-builds-and-trains")
def test_a_network_is_trained_as_if_alone(impl, evidence):
    """Which other networks are trained with it changes a network's class scores by no more than rounding."""
    together = few(impl).logits(digits().evaluation.pixels)
    for i, architecture in enumerate(ARCHITECTURES):
        alone = few(impl, [architecture], [seed_of_test(i)]).logits(digits().evaluation.pixels)
        evidence.equal(together[i], alone[0], "class scores trained with others, and alone", LEARNED)


@claim("search.trainer-builds-and-trains")
@pytest.mark.parametrize("scale", [1, 30])
def test_the_network_has_the_depth_and_widths_asked_for(impl, evidence, scale):
    """A network has a layer for each width and one for the classes, of those sizes, and they make its class scores.

    There are more classes than labels that occur, and inputs are of either sign.
    """
    architectures = [*ARCHITECTURES, {"widths": [3] * 9, "activation": "tanh"}, {"widths": [300], "activation": "relu"}]
    architectures += [{"widths": [5], "activation": "relu"}, {"widths": [4, 5], "activation": "sigmoid"}]
    trained = few(impl, architectures, classes=13)
    pixels = scale * (digits().evaluation.pixels - np.float32(0.5))
    logits = trained.logits(pixels)
    for i, architecture in enumerate(architectures):
        layers, sizes = trained.layers(i), [pixels.shape[1], *architecture["widths"], 13]
        shapes = [[list(layer["weights"].shape), list(layer["biases"].shape)] for layer in layers]
        expected = [[[n_in, n_out], [n_out]] for n_in, n_out in pairwise(sizes)]
        evidence.equal(shapes, expected, "shapes of the layers, and the widths asked for")
        recomputed = forward(layers, architecture["activation"], pixels)
        evidence.equal(logits[i], recomputed, "class scores, and those recomputed from the layers", scale * FLOAT32)


@claim("search.trainer-builds-and-trains")
def test_every_layer_is_trained(impl, evidence):
    """Each layer's weights and biases change in training, and become others where the labels are others."""
    architectures = [{"widths": [40, 20], "activation": activation} for activation in ACTIVATIONS]
    architectures.append({"widths": [20] * 5, "activation": "tanh"})
    labels = digits().training.labels
    before, after, other = (
        few(impl, architectures, **changes) for changes in ({"steps": 0}, {}, {"labels": (labels + 1) % 10})
    )
    for i in range(len(architectures)):
        for parts in zip(before.layers(i), after.layers(i), other.layers(i), strict=True):
            for part in ("weights", "biases"):
                was, became, otherwise = (layer[part] for layer in parts)
                evidence.true(bool(np.abs(became - was).max() > 1e-5), "training changes every layer", part=part)
                apart = np.abs(otherwise - became).max()
                evidence.true(bool(apart > 1e-5), "other labels make other layers", part=part, apart=apart)


@claim("search.trainer-builds-and-trains")
def test_a_network_moves_by_the_rate(impl, evidence):
    """At a hundredth of the rate the layers have moved less."""

    def layers(**changes):
        return few(impl, ARCHITECTURES[1:2], **changes).layers(0)

    learns_at_the_rate(evidence, layers(steps=0), lambda rate: layers(learning_rate=rate), 0.01)


@claim("search.trainer-builds-and-trains")
def test_what_is_learned_by_heart_is_beyond_doubt(impl, evidence):
    """Four digits that are trained on and on come to have a cross-entropy below .05, as of smoothed labels none has.

    With a tenth of each label spread over ten classes the least is .09, and of the mean squared error 1.5.
    """
    pixels, labels = (part[:4] for part in (digits().training.pixels, digits().training.labels))
    architectures = [{"widths": [40], "activation": activation} for activation in ACTIVATIONS]
    options = {"inputs": pixels, "labels": labels, "steps": 100, "batch_size": 4, "learning_rate": 0.03}
    scores = few(impl, architectures, **options).logits(pixels).astype(np.float64)
    losses = (np.logaddexp.reduce(scores, axis=-1) - scores[:, np.arange(4), labels]).mean(1)
    evidence.true(bool(np.median(losses) < 0.05), "the cross-entropy of most networks", losses=losses)


@claim("search.trainer-builds-and-trains")
def test_labels_are_learned_as_often_as_they_are_given(impl, evidence):
    """An input that has one label 6 times and another twice comes to have each by its share; weighted, by halves."""
    inputs = np.repeat(np.random.default_rng(seed_of_test()).normal(size=(2, 4)).astype(np.float32), 8, axis=0)
    labels, networks = np.array([3] * 8 + [1] * 6 + [2] * 2), [{"widths": [20], "activation": "tanh"}] * 8
    options = {"inputs": inputs, "labels": labels, "steps": 100, "batch_size": 16, "learning_rate": 0.03}
    scores = few(impl, networks, **options).logits(inputs[-1:])[:, 0].astype(np.float64)
    share = np.median(1 / (1 + np.exp(scores[:, 2] - scores[:, 1])))
    evidence.true(bool(0.65 < share < 0.85), "the share of the label given more often is about 3/4", share=share)


@claim("search.trainer-builds-and-trains")
def test_as_many_digits_are_learned_from_as_steps_and_batches_say(impl, evidence):
    """Of 100 digits, 6 steps of 4 learn from at most 24, which are others for another seed; and none from none.

    Of 13 digits, 80 steps of 4 learn from all.
    """

    def read(seed, steps, n=100):
        pixels, labels = digits().training.pixels[:n], digits().training.labels[:n]

        def trained(copies):
            networks = [
                few(impl, SMALL[1:], [seed], inputs=each, labels=labels, steps=steps, batch_size=4) for each in copies
            ]
            return np.stack([network.layers(0)[0]["weights"] for network in networks])

        return which_are_read(trained, pixels, -pixels)

    one, other = read(seed_of_test(), 6), read(seed_of_test(1), 6)
    evidence.equal(int(read(seed_of_test(), 0).sum()), 0, "digits that a network which is not trained learned from")
    # Drawn with replacement, and at a rate that ends at nothing, 8 or fewer would be different once in 10⁷ runs.
    evidence.true([8 < part.sum() <= 24 for part in (one, other)], "digits learned from", read=one.sum())
    evidence.true(bool((one != other).any()), "another seed draws other digits")
    # Drawn with replacement, a digit is left out with probability (12/13)^320; one of 13 with 1e-10.
    evidence.true(read(seed_of_test(2), 80, 13), "the digit is learned from")


@claim("search.trainer-builds-and-trains")
@pytest.mark.parametrize(
    "bad",
    [
        {"inputs": np.full((4, 3), np.nan, dtype=np.float32)},
        {"inputs": np.zeros((0, 3), dtype=np.float32)},
        {"labels": np.array([0, 1, 2])},
        {"labels": np.array([0, 1, 2, 0, 1])},
        {"labels": np.array([0, 1, 2, 3])},
        {"labels": np.array([0, 1, -1, 2])},
        {"architectures": []},
        {"classes": 1},
        {"steps": -1},
        {"batch_size": 0},
        {"learning_rate": 0.0},
        {"learning_rate": -0.01},
        {"learning_rate": np.nan},
        {"seeds": [1]},
        {"seeds": [1, -2]},
    ],
    ids=argument,
)
def test_no_network_is_trained_on_bad_input(impl, evidence, bad):
    """Invalid inputs, labels and budgets, and invalid seeds or a wrong number of them, are refused."""
    good = {"inputs": np.eye(4, 3, dtype=np.float32), "labels": np.array([0, 1, 2, 0]), "architectures": SMALL}
    good |= {
        "classes": 3,
        "steps": 1,
        "batch_size": 2,
        "learning_rate": 0.01,
        "seeds": [1, 2],
        "device": device_of_run(),
    }
    refuses(evidence, impl.search.train_architectures, good, *PARTNERS.get(next(iter(bad)), []), **bad)


@claim("search.trainer-builds-and-trains")
@pytest.mark.parametrize(
    ("bad", "names"),
    [
        ({"widths": [], "activation": "relu"}, "widths"),
        ({"widths": [3, 0], "activation": "relu"}, "widths"),
        ({"widths": [-1], "activation": "relu"}, "widths"),
        ({"widths": [3], "activation": "sine"}, "activation"),
        ({"widths": [3], "activation": "ReLU"}, "activation"),
    ],
    ids=str,
)
def test_no_other_architecture_is_built(impl, evidence, bad, names):
    """No hidden layer, a layer without units, and an unknown activation are refused."""
    evidence.refused(lambda: few(impl, [ARCHITECTURES[0], bad]), "no such architecture", names)


@claim("search.trainer-builds-and-trains")
def test_no_network_is_asked_of_others_inputs(impl, evidence):
    """Inputs with another number of features, or that are not finite, and indices of no network are refused."""
    trained, pixels = few(impl, steps=0), digits().evaluation.pixels[:3]
    for inputs in (pixels[:, :63], np.full_like(pixels, np.inf)):
        refuses(evidence, trained.logits, {}, inputs=inputs)
    for index in (4, -1):
        refuses(evidence, trained.layers, {}, index=index)


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
    answers_each_by_itself(evidence, lambda one: trained.logits(one[0]), pixels[None])
    logits = trained.logits(pixels)
    shuffled = stream(seed_of_test(), "another order").permutation(len(pixels))
    for rows in (shuffled, np.arange(0, len(pixels), 7), np.array([3])):
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
    """Trained on shuffled labels, the same networks are at chance about evaluation digits."""
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
    """For digits, their negatives and noise, networks have the same layers and the same initial parameters."""
    pixels = digits().training.pixels
    first, *others = (few(impl, inputs=images, steps=0) for images in (pixels, 1 - pixels, noise()))
    for other in others:
        for i in range(len(ARCHITECTURES)):
            evidence.equal(other.layers(i), first.layers(i), "layers for other images, and for digits", tolerance=0)


@claim("search.input-image-is-not")
def test_the_policy_does_not_depend_on_what_images_show(impl, evidence):
    """Given the same rewards, controllers change in the same way whether digits or noise are trained on in between."""
    counts, paths = spaces.choices(spaces.DIGITS), []
    for pixels in (digits().training.pixels, noise()):
        policy = impl.search.reinforce(counts, learning_rate=0.5, seeds=seeds_of(5), device=device_of_run())
        learner = impl.search.meta_qnn(counts, trials=16, learning_rate=0.5, seeds=seeds_of(5), device=device_of_run())
        paths.append([])
        for _ in range(2):
            few(impl, inputs=pixels, steps=1)
            for controller in (policy, learner):
                paths[-1].append(controller.sample(8))
                controller.update(paths[-1][-1], np.linspace(0, 1, 8)[None])
        paths[-1] += [policy.log_probabilities(paths[-1][0]), learner.q_values()]
    for with_noise, with_digits in zip(*paths, strict=True):
        evidence.equal(with_noise, with_digits, "actions, probabilities and values beside noise, and beside digits")


@claim("search.input-image-is-not", role="boundary")
def test_the_resolution_can_be_searched(images: ImageChoices, evidence):
    """The resolution of the images is a hyper-parameter: a policy finds that eight pixels square are best."""
    resolution = images.choosing_resolution().actions[..., list(spaces.RESOLUTION).index("resolution")]
    evidence.exceeds(late(resolution == spaces.RESOLUTION["resolution"].index(8)), "late_resolution")


@claim("search.input-image-is-not", role="boundary")
def test_choosing_its_evaluation_images_a_controller_games_the_reward(images: ImageChoices, evidence):
    """A policy that may choose which digit its network is evaluated on earns more than the network is worth."""
    gamed = late(images.choosing_evaluation().rewards)
    evidence.exceeds(gamed - accuracies(images.weak(), images.split.test), "gamed_reward")
