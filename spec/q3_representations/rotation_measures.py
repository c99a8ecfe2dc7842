"""What is measured on encoders and classifiers: everything from their outputs, with one value per replicate."""

import numpy as np

from spec.contract import FineTunedNetworks, RotationNetworks

from . import rotation_stimuli as stimuli


def angle_accuracy(networks: RotationNetworks, images: np.ndarray) -> np.ndarray:
    """How often it is told rightly by how much images (r, n, …) were turned, all four turns of each: (r,)."""
    turns = np.repeat(np.arange(4), images.shape[1])
    return (networks.logits(stimuli.all_orientations(images)).argmax(-1) == turns).mean(-1)


def curve(tuned: FineTunedNetworks, test_labels: np.ndarray) -> np.ndarray:
    """The share of test images (r, m) put into the right class at each checkpoint, (r, checkpoints)."""
    return (tuned.learning_curve().argmax(-1) == test_labels[:, None]).mean(-1)


def steps_to(accuracy: np.ndarray, checkpoints: tuple[int, ...], threshold: float) -> np.ndarray:
    """After how many steps curves (r, checkpoints) first reach the threshold, read off between two checkpoints: (r,).

    One that never does is counted as if it did at the last checkpoint, which makes it look faster than it was.
    """
    steps: list[float] = []
    for own in accuracy:
        reached = np.flatnonzero(own >= threshold)
        if len(reached) and reached[0] > 0:
            around = slice(reached[0] - 1, reached[0] + 1)
            steps.append(float(np.interp(threshold, own[around], checkpoints[around])))
        else:
            steps.append(float(checkpoints[reached[0] if len(reached) else -1]))
    return np.array(steps)


def probe_accuracy(networks: RotationNetworks, digits: stimuli.Digits, training: int = 500) -> np.ndarray:
    """How well a linear probe, fitted on the frozen features of some labelled digits, classifies others: (r,)."""
    # scikit-learn takes a second to import, and collection has no use for it.
    from sklearn.linear_model import RidgeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    x, y = networks.features(digits.images[:, :training]), digits.labels[:, :training]
    x_test, y_test = networks.features(digits.test_images), digits.test_labels
    return np.array(
        [
            make_pipeline(StandardScaler(), RidgeClassifier()).fit(x[i], y[i]).score(x_test[i], y_test[i])
            for i in range(len(x))
        ]
    )
