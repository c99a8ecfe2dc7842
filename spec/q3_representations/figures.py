"""What is drawn for the claims of question 3: pictures turned, learning curves, and words laid out in the plane."""

from collections.abc import Iterator

import numpy as np

from spec.harness import Figure, figure, figures_of

from . import corpora
from .measures import unit
from .rotation_experiments import CleanCentredDigits, NoisyDisplacedDigits, UprightFaces
from .rotation_stimuli import all_orientations
from .skip_gram_experiments import WordClasses


@figures_of("rotation.predicts-the-angle")
def turned_faces(faces: UprightFaces) -> Iterator[Figure]:
    """Some of the faces that the networks are tested on."""
    yield in_all_turns("faces", faces.faces.test_images)


@figures_of("rotation.predicts-the-angle")
def turned_digits(digits: CleanCentredDigits) -> Iterator[Figure]:
    """Some of the digits that the networks are tested on."""
    yield in_all_turns("digits", digits.digits.test_images)


def in_all_turns(name: str, images: np.ndarray) -> Figure:
    """Some images of the first replicate, turned in all four ways."""
    rows = ("as they are", "a quarter turn", "half a turn", "three quarters")
    shown = images[:1, :8]
    shown = (shown - shown.min()) / np.ptp(shown)
    ways = np.split(all_orientations(shown), len(rows), axis=1)
    return figure(
        name,
        "pictures",
        "By how much was it turned? That is the question that pre-training asks of pictures without labels.",
        **{row: way[0, :, 0] for row, way in zip(rows, ways, strict=True)},
    )


@figures_of("rotation.good-start")
def learning_curves(digits: NoisyDisplacedDigits) -> Iterator[Figure]:
    """Accuracy from each start, replicate by replicate."""
    yield figure(
        "learning-curves",
        "curves",
        "Accuracy on digits not seen before, with ten labels per class, over the steps of fine-tuning.",
        x=[share * digits.steps(augmented=False) for share in digits.SHARES],
        x_label="steps of fine-tuning",
        y_label="accuracy",
        **{
            "from rotation": digits.learning_curve("rotation"),
            "from random weights": digits.learning_curve("random"),
            "from shuffled rotations": digits.learning_curve("shuffled"),
        },
    )


@figures_of("skip-gram.weights-are-features")
def words_in_the_plane(words: WordClasses) -> Iterator[Figure]:
    """The words of the first replicate by their skip-gram vectors, and by one-hot ones."""
    vectors = {"skip-gram": words.embeddings("text")[0], "one-hot": np.eye(corpora.VOCABULARY)}
    yield figure(
        "map",
        "scatter",
        "Words laid out in the plane by their cosine distances, a mark for each class: skip-gram brings the words of a "
        "class together; one-hot vectors are all equally far apart, and no layout of them means anything.",
        group=[f"class {i + 1}" for i in corpora.CLASS_OF_WORDS],
        **{name: plane(array[: corpora.CLASSIFIED]) for name, array in vectors.items()},
    )


def plane(vectors: np.ndarray) -> np.ndarray:
    """Words in the plane, their distances as near as may be to 1 − cosine: (v, d) → (v, 2).

    By stress majorisation from the same random start for all: metric multidimensional scaling (de Leeuw, 1977).
    """
    units = unit(vectors)
    wanted = np.clip(1 - units @ units.T, 0, 2)
    np.fill_diagonal(wanted, 0)
    points = np.random.default_rng(0).normal(size=(len(vectors), 2))
    for _ in range(200):
        distances = np.linalg.norm(points[:, None] - points, axis=-1)
        ratio = wanted / np.where(distances == 0, np.inf, distances)
        points = (ratio.sum(1, keepdims=True) * points - ratio @ points) / len(points)
    return points
