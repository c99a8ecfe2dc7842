"""Bad input to the project's own implementation: one clear error that names argument, value and expectation.

And what lies just on the other side, which is taken.
"""

import warnings

import numpy as np
import pytest

from impl import attention, classifiers, convolution, gan, metrics, one_hot, rotation, search
from impl.skip_gram import loss_and_gradient, noise, pairs, sample_pairs, train_skip_gram, word2vec_text

NAN, INF = float("nan"), float("inf")
CASES = []


def refuses(function, arguments, *cases):
    """Each case: the error of a call with these arguments, how its message begins, and the arguments that differ."""
    CASES.extend(pytest.param(function, arguments | changes, error, says, id=says) for error, says, changes in cases)


DEVICES = [
    (ValueError, f"device is {device!r}; expected one that torch can use", {"device": device})
    for device in ("abacus", "meta", None)  # the second holds no numbers
]

# Metrics

Y, SCORES, HALF = np.array([0, 1, 1]), np.array([0.1, 0.5, 0.9]), np.array([0.5, 0.5])
BAD_LABELS = [
    (ValueError, r"\[2\] is 2; expected 0 or 1", np.array([0, 1, 2])),
    (ValueError, r"\[0\] is -1; expected 0 or 1", np.array([-1, 1, 1])),
    (TypeError, " has dtype float64; expected integers, 0 or 1", np.array([0.0, 1.0, 1.0])),
    (TypeError, " has dtype float64; expected integers, 0 or 1", np.array([NAN, 1.0, 1.0])),
    (TypeError, " has dtype bool; expected integers, 0 or 1", np.array([False, True, True])),
    (TypeError, " has dtype <U1; expected integers, 0 or 1", np.array(["0", "1", "1"])),
    (ValueError, r" has shape \(0,\); expected one axis with at least", np.zeros(0, dtype=int)),
    (ValueError, r" has shape \(3, 1\); expected one axis", np.zeros((3, 1), dtype=int)),
    (ValueError, r" has shape \(\); expected one axis", np.array(1)),
]
BAD_SCORES = [
    (ValueError, r"\[1\] is nan; expected finite numbers", np.array([0.1, NAN, 0.9])),
    (ValueError, r"\[2\] is -inf; expected finite numbers", np.array([0.1, 0.5, -INF])),
    (TypeError, " has dtype int64; expected floating-point numbers", np.array([1, 2, 3])),
    (TypeError, " has dtype object; expected floating-point numbers", np.array([None, 1.0])),
    (ValueError, r" has shape \(0,\); expected one axis with at least one", np.zeros(0)),
    (ValueError, r" has shape \(3, 1\); expected one axis", np.zeros((3, 1))),
]


def of(name, bad_values):
    """Cases in which this argument has one of the bad values."""
    return [(error, f"{name}{says}", {name: value}) for error, says, value in bad_values]


for function in (metrics.confusion, metrics.accuracy, metrics.precision, metrics.recall, metrics.f1, metrics.cost):
    prices = {"false_positive_cost": 1.0, "false_negative_cost": 1.0} if function is metrics.cost else {}
    refuses(
        function,
        {"y_true": Y, "y_pred": Y} | prices,
        *of("y_true", BAD_LABELS),
        *of("y_pred", BAD_LABELS),
        (ValueError, "y_true has 3 entries and y_pred 2; expected equally many", {"y_pred": Y[:2]}),
        *(
            (ValueError, f"{name} is {price}; expected a finite number, 0 or more", {name: price})
            for price in (-1.0, NAN, INF)
            for name in prices
        ),
    )
for function in (metrics.precision_recall_curve, metrics.best_f1_threshold):
    refuses(
        function,
        {"y_true": Y, "scores": SCORES},
        *of("y_true", BAD_LABELS),
        *of("scores", BAD_SCORES),
        (ValueError, "y_true has 2 entries and scores 3; expected equally many", {"y_true": Y[:2]}),
    )
refuses(
    metrics.classify,
    {"scores": SCORES, "threshold": 0.5},
    *of("scores", BAD_SCORES),
    (ValueError, "threshold is nan; expected a number", {"threshold": NAN}),  # no score is at least NaN
)

# One-hot vectors

refuses(
    one_hot.one_hot,
    {"tokens": ["a"], "vocabulary": ["a", "b"]},
    (ValueError, r"tokens\[1\] is 'c'; expected one of the .* 2", {"tokens": ["a", "c"]}),
    (ValueError, r"tokens\[0\] is 'a'; expected one of the .* 0 tokens", {"vocabulary": []}),
    (ValueError, r"vocabulary\[2\] is 'b', as is entry 0; expected distinct", {"vocabulary": ["b", "a", "b"]}),
    (TypeError, "tokens is 'ab'; expected a list of strings", {"tokens": "ab"}),
    (TypeError, "vocabulary is 'ab'; expected a list of strings", {"vocabulary": "ab"}),
    (TypeError, r"tokens\[1\] is 1; expected a string", {"tokens": ["a", 1]}),
    (TypeError, r"vocabulary\[1\] is None; expected a string", {"vocabulary": ["a", None]}),
)
refuses(
    one_hot.vocabulary,
    {},
    (TypeError, "tokens is 'ab'; expected a list of strings", {"tokens": "ab"}),
    (TypeError, r"tokens is \('a', 'b'\); expected a list of strings", {"tokens": ("a", "b")}),
    (TypeError, r"tokens\[1\] is 1; expected a string", {"tokens": ["a", 1]}),
)

# Skip-gram

TOKENS, SENTENCES = np.array([0, 1, 2, 1]), np.array([0, 0, 1, 1])
CORPUS = {"tokens": TOKENS, "sentences": SENTENCES, "window": 1}
for function, arguments in ((pairs, CORPUS), (sample_pairs, CORPUS | {"size": 3, "seed": 0})):
    refuses(
        function,
        arguments,
        (TypeError, "tokens is dtype float64; expected an array of int", {"tokens": TOKENS / 1}),
        (TypeError, r"tokens is \[0, 1\]; expected an array of integers", {"tokens": [0, 1]}),
        (ValueError, r"tokens is shape \(1, 1, 4\); expected", {"tokens": TOKENS[None, None]}),
        (ValueError, r"tokens is shape \(0,\); expected .*none empty", {"tokens": TOKENS[:0]}),
        (ValueError, "tokens is -1 at least; expected words from 0", {"tokens": TOKENS - 1}),
        (ValueError, r"sentences is shape \(3,\); expected shape", {"sentences": SENTENCES[:3]}),
        (TypeError, "sentences is dtype float64; expected", {"sentences": SENTENCES / 1}),
        (ValueError, r"sentences is .*; expected .* never fall", {"sentences": SENTENCES[::-1]}),
        (ValueError, "window is 0; expected 1 or more", {"window": 0}),
        (TypeError, "window is 1.5; expected a whole number", {"window": 1.5}),
    )
refuses(
    sample_pairs,
    CORPUS | {"size": 3, "seed": 0},
    (ValueError, r"sentences is \[0 1 2 3\]; expected two words in one of them", {"sentences": np.arange(4)}),
    (ValueError, "size is -1; expected 0 or more", {"size": -1}),
)
refuses(
    noise,
    {"counts": np.array([1, 2]), "power": 1.0},
    (ValueError, r"counts is \[ 1 -1\]; expected none negative", {"counts": np.array([1, -1])}),
    (ValueError, r"counts is \[0 0\]; expected .*not all zero", {"counts": np.array([0, 0])}),
    (TypeError, "counts is dtype float64; expected .*integers", {"counts": np.array([0.5])}),
    (ValueError, "power is nan; expected a finite number", {"power": NAN}),
    (ValueError, "power is -1.0; expected .*0 or more", {"power": -1.0}),
    (TypeError, "power is '1'; expected a number", {"power": "1"}),
)
VECTORS = np.ones((3, 2))
refuses(
    loss_and_gradient,
    {"input_vectors": VECTORS, "output_vectors": VECTORS, "words": np.array([0])}
    | {"contexts": np.array([1]), "negatives": np.array([[1, 2]])},
    (ValueError, "words is 3 … 3; expected 0 … 2", {"words": np.array([3])}),
    (ValueError, "contexts is -1 … -1; expected 0 … 2", {"contexts": np.array([-1])}),
    (ValueError, r"contexts is shape \(2,\); expected", {"contexts": np.array([1, 2])}),
    (ValueError, r"negatives is shape \(2,\); expected", {"negatives": np.array([1, 2])}),
    (TypeError, "words is dtype float64; expected .*integers", {"words": np.array([0.0])}),
    (ValueError, r"output_vectors is shape \(3, 3\)", {"output_vectors": np.ones((3, 3))}),
    (ValueError, r"input_vectors\[0, 0\] is inf", {"input_vectors": VECTORS * INF}),
    (ValueError, r"output_vectors\[0, 0\] is nan", {"output_vectors": VECTORS * NAN}),
    (ValueError, r"input_vectors has .*expected the axes \(v, d\)$", {"input_vectors": np.ones(3)}),
    (ValueError, r"output_vectors has .*the axes \(v, d\)$", {"output_vectors": np.ones(3)}),
)
SKIP_GRAM = {"dimensions": 2, "window": 1, "negatives": 1, "noise_power": 0.75, "epochs": 1}
SKIP_GRAM |= {"learning_rate": 0.01, "device": "cpu"}
refuses(
    train_skip_gram,
    {"tokens": TOKENS[None], "sentences": SENTENCES[None], "vocabulary_size": 3, "seeds": [1]} | SKIP_GRAM,
    (ValueError, "tokens is 0 … 2; expected 0 … 1", {"vocabulary_size": 2}),
    (ValueError, "vocabulary_size is 0; expected 1 or more", {"vocabulary_size": 0}),
    (ValueError, "dimensions is 0; expected 1 or more", {"dimensions": 0}),
    (ValueError, "window is 0; expected 1 or more", {"window": 0}),
    (TypeError, "epochs is 1.0; expected a whole number", {"epochs": 1.0}),
    (ValueError, "negatives is 0; expected 1 or more", {"negatives": 0}),
    (ValueError, "learning_rate is 0.0; expected a finite number above 0", {"learning_rate": 0.0}),
    (ValueError, "learning_rate is inf; expected a finite number above 0", {"learning_rate": INF}),
    (ValueError, "seeds is 2 of them; expected 1, one per text", {"seeds": [1, 2]}),
    (ValueError, "noise_power is inf; expected a finite number", {"noise_power": INF}),
    *DEVICES,
)
refuses(
    word2vec_text,
    {"words": ["a", "b"], "vectors": np.ones((2, 1))},
    (ValueError, r"words\[0\] is 'a b'; expected .* white space", {"words": ["a b", "c"]}),
    (ValueError, r"words\[1\] is ''; expected a word", {"words": ["a", ""]}),
    (ValueError, "words is .*; expected distinct words", {"words": ["a", "a"]}),
    (ValueError, "words is 1 words; expected 2, one per vector", {"words": ["a"]}),
    (TypeError, "words is 'ab'; expected a list of strings", {"words": "ab"}),
    (ValueError, "vectors is too large for float32", {"vectors": np.full((2, 1), 1e39)}),
    (ValueError, r"vectors has shape \(1,\); expected the axes \(v, d\)", {"vectors": np.ones(1)}),
)

# Attention and convolution

refuses(
    lambda **shapes: attention.attention(**{name: np.ones(shape) for name, shape in shapes.items()}),
    {"queries": (2, 3), "keys": (4, 3), "values": (4, 6)},
    (ValueError, r"keys has shape \(4, 5\); expected \(.m., 3\)", {"keys": (4, 5)}),
    (ValueError, r"keys has shape \(4, 3\); expected \(7, .m., 3\)", {"queries": (7, 2, 3)}),
    (ValueError, r"values has shape \(5, 6\); expected \(4, .dv.\)", {"values": (5, 6)}),
    (ValueError, r"values has .*; expected \(7, 4", {"queries": (7, 2, 3), "keys": (7, 4, 3), "values": (8, 4, 6)}),
    (ValueError, r"queries has shape \(3,\); expected at least two axes", {"queries": (3,)}),
    (ValueError, r"queries has shape \(2, 0\); expected .*none of them empty", {"queries": (2, 0), "keys": (4, 0)}),
    (ValueError, r"values has shape \(4, 0\); expected .*none of them", {"values": (4, 0)}),
    (ValueError, r"keys has shape \(0, 3\); expected .*none of them empty", {"keys": (0, 3), "values": (0, 6)}),
)
refuses(
    lambda images, filters, stride=1: convolution.convolution(np.ones(images), np.ones(filters), stride),
    {"images": (1, 2, 5, 5), "filters": (3, 2, 2, 2)},
    (ValueError, r"filters have size \(6, 2\); .*\(5, 5\)", {"filters": (3, 2, 6, 2)}),
    (ValueError, r"filters have size \(2, 6\); .*\(5, 5\)", {"filters": (3, 2, 2, 6)}),
    (ValueError, r"filters have size \(0, 2\); expected 1", {"filters": (3, 2, 0, 2)}),
    (ValueError, "filters have 1 input.* expected .* 2", {"filters": (3, 1, 2, 2)}),
    (ValueError, r"images has shape .*; expected the axes \(b, c", {"images": (2, 5, 5)}),
    (ValueError, r"filters has shape .*; expected the axes \(o, c", {"filters": (2, 2)}),
    (ValueError, "stride is 0; expected 1 or more", {"stride": 0}),
    (ValueError, "stride is -1; expected 1 or more", {"stride": -1}),
    (TypeError, "stride is 1.5; expected an integer", {"stride": 1.5}),
    (TypeError, "stride is True; expected an integer", {"stride": True}),
)
refuses(
    convolution.edge_magnitude,
    {},
    (ValueError, r"images has shape \(5, 5\); expected the axes \(b, h, w\)", {"images": np.ones((5, 5))}),
    (ValueError, r"images is shape \(1, 2, 5\); expected 3 pixels or more", {"images": np.ones((1, 2, 5))}),
    (TypeError, "images has dtype int64; expected floating", {"images": np.ones((1, 5, 5), dtype=int)}),
)
for function, names, shape, last, others in (
    (attention.attention, ("queries", "keys", "values"), (2, 3), r"\[1, 2\]", {}),
    (convolution.convolution, ("images", "filters"), (3, 2, 2, 2), r"\[2, 1, 1, 1\]", {"stride": 1}),
):
    ones = np.ones(shape)
    not_finite = [(number, np.append(ones.ravel()[1:], number).reshape(shape)) for number in (NAN, INF)]
    bad_arrays = [(ValueError, f"{last} is {number}; expected finite numbers", array) for number, array in not_finite]
    bad_arrays.append((TypeError, " has dtype int64; expected floating-point numbers", ones.astype(int)))
    refuses(function, dict.fromkeys(names, ones) | others, *(case for name in names for case in of(name, bad_arrays)))

# The GAN's value

BAD_PROBABILITIES = [
    (ValueError, r"\[1\] is 0.0; expected probabilities strictly", np.array([0.5, 0.0])),
    (ValueError, r"\[0\] is 1.0; expected probabilities strictly", np.array([1.0, 0.5])),
    (ValueError, r"\[1\] is -0.1; expected probabilities", np.array([0.5, -0.1])),
    (ValueError, r"\[1\] is nan; expected finite numbers", np.array([0.5, NAN])),
    (ValueError, r" has shape \(0,\); expected one axis with at least one", np.zeros(0)),
    (ValueError, r" has shape \(1, 1\); expected one axis", np.array([[0.5]])),
    (TypeError, " has dtype int64; expected floating-point", np.array([0, 1])),
]
BAD_WEIGHTS = [
    (ValueError, " sum to 0.9; expected 1", np.array([0.5, 0.4])),
    (ValueError, r"\[1\] is -0.5; expected .* 0 or", np.array([1.5, -0.5])),
    (ValueError, r"\[0\] is nan; expected finite", np.array([NAN, 1.0])),
    (TypeError, " has dtype int64; expected floating", np.array([0, 1])),
]
for name in ("real", "fake"):
    refuses(
        gan.value,
        {"real": HALF, "fake": HALF},
        *of(name, BAD_PROBABILITIES),
        *of(f"{name}_weights", BAD_WEIGHTS),
        (ValueError, f"{name} has 2 entries and {name}_weights 1; expected", {f"{name}_weights": np.ones(1)}),
    )
    refuses(gan.discriminator_loss, {"real": HALF, "fake": HALF}, *of(name, BAD_PROBABILITIES))
refuses(
    gan.generator_loss,
    {"fake": HALF, "saturating": False},
    *of("fake", BAD_PROBABILITIES),
    (ValueError, "saturating is 1; expected True or False", {"saturating": 1}),
)

# Classifiers

IMAGES = np.random.default_rng(0).random((2, 6, 1, 8, 8))
LABELS = np.tile([0, 1, 2], (2, 2))
TRAINING = {"steps": 0, "batch_size": 4, "seeds": [1, 2], "device": "cpu"}
CLASSIFIERS = TRAINING | {"images": IMAGES, "labels": LABELS, "architecture": "attention", "patch_size": 4}
CLASSIFIERS |= {"positions": True, "classes": 3, "parameter_budget": 4000, "learning_rate": 1e-3}


def train(**changes):
    """Two untrained encoders of 4000 parameters, but for the changes."""
    return classifiers.train_classifiers(**CLASSIFIERS | changes)


OF_TRAINING = [
    (ValueError, "steps is -1; expected 0 or more", {"steps": -1}),
    (TypeError, "steps is 1.0; expected a whole number", {"steps": 1.0}),
    (ValueError, "batch_size is 0; expected 1 or more", {"batch_size": 0}),
    (TypeError, r"seeds is \(1, 2\); expected a list of whole numbers", {"seeds": (1, 2)}),
    (ValueError, r"images is shape \(6, 1, 8, 8\); .* 2 replicates", {"images": IMAGES[0]}),
    (ValueError, "images is shape .*; .* 2 replicates", {"images": IMAGES[:1]}),
    *DEVICES,
]
refuses(
    train,
    {},
    *OF_TRAINING,
    (ValueError, "architecture is 'mlp'; expected 'convolution' or 'attention'", {"architecture": "mlp"}),
    (ValueError, "patch_size is 3; expected a divisor of the height 8", {"patch_size": 3}),
    (ValueError, "patch_size is 0; expected 1 or more", {"patch_size": 0}),
    (ValueError, "classes is 1; expected 2 or more", {"classes": 1}),
    (ValueError, "labels is 0 … 2; expected 0 … 1", {"classes": 2}),
    (ValueError, "labels is -1 … 1; expected 0 … 2", {"labels": LABELS - 1}),
    (ValueError, r"labels is shape \(2, 5\); expected shape \(2, 6\)", {"labels": LABELS[:, :5]}),
    (ValueError, r"labels is shape \(6,\); expected shape \(2, 6\)", {"labels": LABELS[0]}),
    (ValueError, "images is shape .*; expected shape", {"images": IMAGES[:, :0]}),
    (ValueError, "images is not finite everywhere; expected finite", {"images": IMAGES * NAN}),
    (ValueError, r"seeds is \[\]; expected one per replicate", {"seeds": []}),
    (ValueError, "images is shape .*; expected .* 3 replicates", {"seeds": [1, 2, 3]}),
    (ValueError, r"seeds\[1\] is -2; expected 0 or more", {"seeds": [1, -2]}),
    (ValueError, r"seeds\[1\] is 4294967296; expected 0 … 2³² − 1", {"seeds": [1, 2**32]}),
    (ValueError, "parameter_budget is 10; expected one that a network uses to 95 %", {"parameter_budget": 10}),
    (ValueError, "parameter_budget is 10; .* to 95 %", {"parameter_budget": 10, "architecture": "convolution"}),
    (ValueError, "images is 8 × 3 pixels; .* 4 × 4", {"images": IMAGES[..., :3], "architecture": "convolution"}),
    (ValueError, "positions is 'no'; expected True or False", {"positions": "no"}),
    (ValueError, "learning_rate is 0; expected a finite number above 0", {"learning_rate": 0}),
    (ValueError, "learning_rate is inf; expected a finite number above 0$", {"learning_rate": INF}),
    (TypeError, "learning_rate is '1e-3'; expected a number", {"learning_rate": "1e-3"}),
    (TypeError, "labels is dtype float64; expected .* integers", {"labels": LABELS.astype(float)}),
    (TypeError, r"labels is \[\[0.*; expected .* integers", {"labels": LABELS.tolist()}),
    (TypeError, "images is dtype int64; expected .* floating-point", {"images": IMAGES.astype(int)}),
    (TypeError, "images is None; expected .* floating-point", {"images": None}),
    (TypeError, "patch_size is True; expected a whole number", {"patch_size": True}),
    (TypeError, "parameter_budget is '4000'; expected a whole", {"parameter_budget": "4000"}),
    (TypeError, r"seeds\[1\] is '2'; expected a whole number", {"seeds": [1, "2"]}),
)
BLIND = np.eye(4, dtype=bool) & [[True], [True], [True], [False]]
refuses(
    lambda images=IMAGES, attend=None: train().logits(images, attend),
    {},
    (ValueError, "images is not finite everywhere; expected finite numbers", {"images": IMAGES * NAN}),
    *(
        (ValueError, rf"attend is \[\[.*\]\]; .*{says}", {"attend": attend})
        for attend, says in (
            (np.ones((3, 4), dtype=bool), r"expected bool, of shape \(4, 4\), with a True"),
            (np.ones((4, 4)), "expected bool"),
            (BLIND, "with a True in each row"),
        )
    ),
)
WRONG_SHAPES = [(3, 5, 1, 8, 8), (2, 5, 3, 8, 8), (2, 5, 1, 4, 8), (2, 1, 8, 8)]
for method in ("logits", "features", "attention_layers"):
    refuses(
        lambda shape, method=method: getattr(train(), method)(np.ones(shape)),
        {},
        *((ValueError, r"images is shape \(.*\); expected .*replicates, n, ", {"shape": s}) for s in WRONG_SHAPES),
    )
NO_ATTENTION = "is asked of a convolutional network; expected one of attention"
refuses(
    lambda ask: ask(train(architecture="convolution")),
    {},
    (ValueError, f"attend {NO_ATTENTION}", {"ask": lambda trained: trained.logits(IMAGES, np.eye(4, dtype=bool))}),
    (ValueError, f"attention_layers {NO_ATTENTION}", {"ask": lambda trained: trained.attention_layers(IMAGES)}),
)

# Rotation

ROTATION = TRAINING | {"images": IMAGES, "parameter_budget": 3000, "learning_rate": 1e-2}
WEIGHT = "convolution0.weight"


def pretrain(**changes):
    """Two untrained networks for quarter turns, but for the changes."""
    return rotation.pretrain(**ROTATION | {"shuffled": False} | changes)


def fine_tune(**changes):
    """Two untrained classifiers, but for the changes."""
    labelled = {"labels": LABELS, "encoder": None, "classes": 3, "test_images": IMAGES, "checkpoints": [0]}
    return rotation.fine_tune(**ROTATION | labelled | changes)


ENCODER = pretrain().encoder()
PICTURES = IMAGES[0]
refuses(
    rotation.rotation_task,
    {"images": PICTURES},
    (ValueError, r"images is shape \(6, 1, 8, 7\); .* square", {"images": PICTURES[..., :7]}),
)
refuses(
    rotation.rotate,
    {"images": PICTURES, "quarter_turns": np.zeros(6, int)},
    (ValueError, "quarter_turns is 4 … 4; expected 0 … 3", {"quarter_turns": np.full(6, 4)}),
    (ValueError, "quarter_turns is -1 … -1; expected 0 … 3", {"quarter_turns": np.full(6, -1)}),
    (ValueError, r"quarter_turns is shape \(5,\); .* \(6,\)", {"quarter_turns": np.zeros(5, int)}),
    (TypeError, "quarter_turns is dtype float64; .* integers", {"quarter_turns": np.zeros(6)}),
    (ValueError, "images is shape .*; .* square", {"images": PICTURES[..., :7]}),
    (ValueError, "images is shape .*; .* at least one", {"images": PICTURES[:0], "quarter_turns": np.zeros(0, int)}),
    (ValueError, r"images has shape .* \(n, c, side, side\)", {"images": IMAGES, "quarter_turns": np.zeros(2, int)}),
    (ValueError, r"images\[0, 0, 0, 0\] is nan", {"images": PICTURES * NAN}),
    (TypeError, "images has dtype int64", {"images": PICTURES.astype(int)}),
)
for function in (pretrain, fine_tune):
    refuses(
        function,
        {},
        *OF_TRAINING,
        (ValueError, "images is shape .*; expected .* 1 replicates", {"seeds": [1]}),
        (ValueError, "images is 8 × 7 pixels; .* square", {"images": IMAGES[..., :7]}),
        (ValueError, "images is 3 × 3 pixels; .* 4 × 4", {"images": IMAGES[..., :3, :3]}),
        (ValueError, "parameter_budget is 10; .* to 90 %", {"parameter_budget": 10}),
        (ValueError, "learning_rate is 0.0; expected a finite number above 0", {"learning_rate": 0.0}),
        (ValueError, "learning_rate is nan; expected a finite number above 0", {"learning_rate": NAN}),
        (TypeError, "learning_rate is '1e-2'; expected a number", {"learning_rate": "1e-2"}),
    )
    for method in ("logits", "features"):
        refuses(
            lambda networks, method=method: getattr(networks(), method)(np.ones((2, 5, 1, 4, 4))),
            {"networks": function},
            (ValueError, r"images is shape \(.*\); expected images of shape \(1, 8, 8\)", {}),
        )
refuses(pretrain, {}, (ValueError, "shuffled is 'no'; expected True or False", {"shuffled": "no"}))
refuses(
    fine_tune,
    {},
    (ValueError, "labels is 1 … 3; expected 0 … 2", {"labels": LABELS + 1}),
    (ValueError, r"labels is shape \(2, 5\); .* \(2, 6\)", {"labels": LABELS[:, :5]}),
    (ValueError, "classes is 1; expected 2 or more", {"classes": 1}),
    (ValueError, r"checkpoints is \[\]; expected one or more", {"checkpoints": []}),
    (ValueError, r"checkpoints is \[0, 1\]; .* at most 0", {"checkpoints": [0, 1]}),
    (ValueError, r"checkpoints is \[0, 0\]; .* ascending", {"checkpoints": [0, 0]}),
    (ValueError, r"checkpoints\[0\] is -1; expected 0 or more", {"checkpoints": [-1]}),
    (TypeError, "checkpoints is 0; expected a list", {"checkpoints": 0}),
    (ValueError, "test_images is shape .* 2 replicates", {"test_images": IMAGES[:1]}),
    (ValueError, "test_images is shape .* 8, 8", {"test_images": IMAGES[..., :4, :4]}),
    (ValueError, r"encoder is \[\]; expected \['convolution0.weight'", {"encoder": {}}),
    (TypeError, r"encoder is \[1\]; expected weights by name", {"encoder": [1]}),
    *(
        (ValueError, rf"encoder\['{WEIGHT}'\]{says}", {"encoder": ENCODER | {WEIGHT: weights}})
        for weights, says in (
            (ENCODER[WEIGHT][:1], r" is shape \(1, 8, 1, 3, 3\); expected shape \(2, 8, 1, 3, 3\)"),
            (ENCODER[WEIGHT] * NAN, r"\[0, 0, 0, 0, 0\] is nan"),
        )
    ),
)

# Architecture search

COUNTS, ACTIONS = np.array([2, 3]), np.array([[[0, 2], [1, 1]]])
DIGITS, DIGIT_LABELS = np.random.default_rng(0).random((6, 4)), np.array([0, 1, 2, 0, 1, 2])
SHAPES = [{"widths": [3, 2], "activation": "relu"}, {"widths": [2], "activation": "tanh"}]
PERCEPTRONS = {"inputs": DIGITS, "labels": DIGIT_LABELS, "architectures": SHAPES, "classes": 3, "steps": 1}
PERCEPTRONS |= {"batch_size": 2, "learning_rate": 0.01, "seeds": [1, 2], "device": "cpu"}


def new_policy():
    """A policy that has been told nothing."""
    return search.reinforce(COUNTS, learning_rate=0.5, seeds=[1], device="cpu")


def new_learner():
    """A Q-learner that has been told nothing."""
    return search.meta_qnn(COUNTS, trials=4, learning_rate=0.5, seeds=[1], device="cpu")


NOT_TOKENS = [
    (ValueError, "actions holds 3 for token 1; expected 0 … 2", {"actions": np.array([[0, 3]])}),
    (ValueError, "actions holds -1 for token 0; expected 0 … 1", {"actions": np.array([[-1, 0]])}),
    (TypeError, "actions is array.*; expected an array of int", {"actions": np.array([[0.0, 1.0]])}),
]
NOT_OPTIONS = [
    (ValueError, r"choices is \[2 0\]; expected at least one option", {"choices": np.array([2, 0])}),
    (ValueError, r"choices is shape \(0,\); expected one axis", {"choices": np.array([], dtype=int)}),
    (TypeError, r"choices is \[2, 3\]; expected an array of integers", {"choices": [2, 3]}),
]
refuses(
    search.choices,
    {},
    *(
        (ValueError, f"hyperparameters{says}", {"hyperparameters": space})
        for space, says in (
            ({}, r" is \{\}; expected at least one"),
            ({"depth": []}, r"\['depth'\] is \[\]; expected at least one option"),
            ({"depth": 2}, r"\['depth'\] is 2; expected a list of options"),
            ({"depth": [1, 1]}, r"\['depth'\]\[1\] is 1; expected no option twice"),
            ({"depth": [None]}, r"\['depth'\]\[0\] is None; expected a finite number"),
            ({"x": np.ones((8, 8))}, r"\['x'\] is an array .*\(8, 8\); .*data"),
            ({"x": [np.ones(2)]}, r"\['x'\]\[0\] is a ndarray; .*data"),
            ({"x": [[1, 2]]}, r"\['x'\]\[0\] is a list; .*data"),
        )
    ),
)
refuses(
    search.decode,
    {"hyperparameters": {"depth": [1, 2], "width": [4, 8, 16]}},
    *NOT_TOKENS,
    (ValueError, r"actions is shape \(1, 1\); expected .*n, 2", {"actions": np.array([[0]])}),
)
for new in (new_policy, new_learner):
    refuses(lambda actions, new=new: new().update(actions[None], np.ones((1, 1))), {}, *NOT_TOKENS)
refuses(search.reinforce, {"learning_rate": 0.5, "seeds": [1], "device": "cpu"}, *NOT_OPTIONS)
refuses(
    search.meta_qnn,
    {"choices": COUNTS, "learning_rate": 0.5, "seeds": [1], "device": "cpu", "trials": 4},
    *NOT_OPTIONS,
    (ValueError, "learning_rate is 1.1; expected a finite number above 0, at most 1$", {"learning_rate": 1.1}),
)
refuses(
    search.q_update,
    {"q_values": np.zeros((2, 2, 3)), "choices": COUNTS, "action": np.array([1, 2])}
    | {"reward": 1.0, "learning_rate": 0.5},
    (ValueError, r"q_values is shape \(2, 1, 3\); expected \(2, 2, 3\)", {"q_values": np.zeros((2, 1, 3))}),
    (ValueError, "action holds 3 for token 1; expected 0 … 2", {"action": np.array([0, 3])}),
    (ValueError, "learning_rate is 1.5; expected 0 … 1", {"learning_rate": 1.5}),
)
refuses(
    search.train_architectures,
    PERCEPTRONS,
    (ValueError, r"architectures is \[\]; expected at least one", {"architectures": [], "seeds": [1]}),
    (ValueError, r"seeds is \[1\]; expected one per architecture, 2", {"seeds": [1]}),
    *(
        (ValueError, rf"architectures\[0\]\['{says}", {"architectures": [SHAPES[0] | changes] * 2})
        for changes, says in (
            ({"widths": []}, r"widths'\] is \[\]; expected at least one hidden layer"),
            ({"widths": [0]}, r"widths'\]\[0\] is 0; expected 1 or more"),
            ({"activation": "sine"}, r"activation'\] is 'sine'; expected 'relu', 'tanh', 'sigmoid'"),
        )
    ),
    (ValueError, r"inputs has shape \(6,\); expected the axes \(n, features", {"inputs": DIGITS[:, 0]}),
    (ValueError, r"inputs\[0, 0\] is nan; expected finite numbers", {"inputs": DIGITS * NAN}),
    (ValueError, "labels is 1 … 3; expected 0 … 2", {"labels": DIGIT_LABELS + 1}),
    (ValueError, r"labels is shape \(5,\); expected shape \(6,\)", {"labels": DIGIT_LABELS[1:]}),
    *DEVICES,
)
refuses(
    lambda ask: ask(search.train_architectures(**PERCEPTRONS)),
    {},
    (ValueError, r"inputs is shape \(6, 3\); expected \(m, 4\)", {"ask": lambda nets: nets.logits(DIGITS[:, :3])}),
    (ValueError, "index is 2; expected 0 … 1", {"ask": lambda nets: nets.layers(2)}),
)
refuses(
    lambda baseline: new_policy().policy_gradient(ACTIONS, np.ones((1, 2)), baseline),
    {},
    (ValueError, r"baseline\[0\] is nan; expected finite numbers", {"baseline": np.array([NAN])}),
    (ValueError, r"baseline is shape \(2,\); expected shape \(1,\)", {"baseline": np.ones(2)}),
)

# Adversarial training

POINTS = np.zeros((2, 5, 3), dtype=np.float32)
GANS = {"latent_dimensions": 2, "saturating": True, "hidden": 4, "learning_rate": 1e-3, "batch_size": 2}


def untrained_gans(**changes):
    """Two small networks, with some arguments changed."""
    return gan.gans(**{"data": POINTS, "seeds": [0, 1], "device": "cpu"} | GANS | changes)


refuses(
    untrained_gans,
    {},
    (ValueError, "latent_dimensions is 0; expected 1 or more", {"latent_dimensions": 0}),
    (TypeError, "hidden is 4.0; expected a whole number", {"hidden": 4.0}),
    (ValueError, "batch_size is 0; expected 1 or more", {"batch_size": 0}),
    (ValueError, "saturating is 1; expected True or False", {"saturating": 1}),
    (ValueError, "learning_rate is -0.1; expected a finite number", {"learning_rate": -0.1}),
    (ValueError, "learning_rate is nan; expected a finite", {"learning_rate": NAN}),
    (ValueError, r"data is shape \(2, 5, 3\); expected .* 1 replicates", {"seeds": [0]}),
    (ValueError, r"data has shape \(5, 3\); expected the axes", {"data": POINTS[0]}),
    (ValueError, r"data\[0, 0, 0\] is nan; expected finite", {"data": POINTS + NAN}),
    (ValueError, r"data is shape \(2, 0, 3\); expected", {"data": POINTS[:, :0]}),
    *DEVICES,
)
refuses(
    lambda ask: ask(untrained_gans()),
    {},
    (ValueError, "rounds is -1; expected 0 or more", {"ask": lambda gans: gans.train(-1, "both")}),
    (ValueError, "players is 'all'; expected 'both'", {"ask": lambda gans: gans.train(1, "all")}),
    (ValueError, r"latent is shape \(2, 5, 3\); expected", {"ask": lambda gans: gans.generate(POINTS)}),
    (ValueError, r"samples is shape \(1, 5, 3\); expected", {"ask": lambda gans: gans.discriminate(POINTS[:1])}),
    (ValueError, "latent is 1 vectors; .* 5", {"ask": lambda gans: gans.gradients(POINTS, POINTS[:, :1, :2])}),
)


@pytest.mark.parametrize(("function", "arguments", "error", "says"), CASES)
def test_bad_input_is_refused(function, arguments, error, says):
    """The error's type is right, and it names the argument, its value and what was expected; nothing else is said."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error, match=f"(?s)^{says}"):
            function(**arguments)


# What is left as it was


@pytest.mark.parametrize(
    ("rewards", "error", "says"),
    [
        (np.ones((1, 3)), ValueError, r"rewards is shape \(1, 3\); expected shape \(1, 2\)"),
        (np.array([[1.0, NAN]]), ValueError, r"rewards\[0, 1\] is nan; expected finite"),
        (np.array([[1.0, 1.5]]), ValueError, "rewards is 1.0 … 1.5; expected 0 … 1$"),
        (np.array([[1, 0]]), TypeError, "rewards has dtype int64; expected floating-point"),
    ],
    ids=["too many", "NaN", "above 1", "ints"],
)
def test_rewards_are_finite_and_one_per_action(rewards, error, says):
    """Both controllers refuse rewards that do not fit the actions, and stay as they were."""
    policy, learner = new_policy(), new_learner()
    for controller in (policy, learner):
        with pytest.raises(error, match=f"^{says}"):
            controller.update(ACTIONS, rewards)
    assert not any(value.any() for value in policy.parameters().values())
    assert (learner.q_values() == new_learner().q_values()).all()
    assert learner.epsilon() == 1


@pytest.mark.parametrize(
    ("make", "replace", "says"),
    [
        (train, lambda old: {"head.bias": old["head.bias"]}, r" is \['head.bias'\]; expected \['embedding.weight'"),
        (
            train,
            lambda old: old | {"head.weight": old["head.weight"] + 1, "head.bias": np.zeros((2, 4))},
            r"\['head.bias'\] is shape \(2, 4\); expected shape \(2, 3\)",
        ),
        (train, lambda old: old | {"head.bias": old["head.bias"] * NAN}, r"\['head.bias'\]\[0, 0\] is nan; expected"),
        (new_policy, lambda old: {"token0": old["token0"]}, r" is \['token0'\]; expected \['token0', 'token1'\]"),
        (
            new_policy,
            lambda old: {"token0": old["token0"] + 1, "token1": np.zeros((1, 3))},
            r"\['token1'\] is shape \(1, 3\); expected shape \(1, 3, 3\)",
        ),
        (untrained_gans, lambda old: {"generator": old["generator"]}, r" is \['generator'\]; .*'discriminator'\]"),
        (
            untrained_gans,
            lambda old: old | {"discriminator": old["discriminator"] | {"2.bias": np.zeros((2, 4))}},
            r"\['discriminator'\]\['2.bias'\] is shape \(2, 4\); expected",
        ),
        (untrained_gans, lambda old: old | {"generator": {}}, r"\['generator'\] is \[\]; expected \['0.weight'"),
    ],
)
def test_parameters_are_replaced_by_parameters_alike(make, replace, says):
    """Other names or shapes, and what is no number, are refused, and leave everything as it was."""
    trained = make()
    before = trained.parameters()
    with pytest.raises(ValueError, match=f"^parameters{says}"):
        trained.set_parameters(replace(before))
    np.testing.assert_equal(trained.parameters(), before)


# What lies on the other side


def test_noise_of_a_large_power_is_finite():
    """Where a count to its power is no float64 any more, what is most frequent is all that is drawn."""
    assert noise(np.array([10, 1000, 0]), 200.0).tolist() == [0, 1, 0]


@pytest.mark.parametrize("words", [1, 5], ids=["one word", "words that do not occur"])
def test_skip_gram_trains_on_little(words):
    """One word, none that occurs of some, and no epoch at all are enough; what is learned depends on the seed alone."""

    def trained(epochs):
        corpus = np.minimum(np.tile(TOKENS, (3, 1)), words - 1), np.tile(SENTENCES, (3, 1))
        choices = SKIP_GRAM | {"negatives": 2, "vocabulary_size": words, "epochs": epochs}
        return train_skip_gram(*corpus, **choices, seeds=[1, 2, 1])

    before, after = trained(0), trained(2)  # the first step finds output vectors of zero, and leaves the input be
    for name in ("input", "output"):
        assert before[name].shape == after[name].shape == (3, words, 2)
        assert (before[name] != after[name]).any(axis=(1, 2)).all()
        np.testing.assert_array_equal(after[name][0], after[name][2])
        assert (after[name][0] != after[name][1]).any()
    assert before.keys() == {"input", "output"}
