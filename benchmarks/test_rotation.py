"""Pre-training by rotations and fine-tuning: all replicates as one batch, beside a loop over seeds."""

from functools import partial

import numpy as np
import pytest

from benchmarks.measuring import BATCHES_AND_LOOPS, DEVICES
from impl import rotation

IMAGES, SIDE, STEPS = 64, 16, 4
BUDGET = {"parameter_budget": 5_900, "steps": STEPS, "batch_size": 8, "learning_rate": 1e-2}
"""As in the specification's experiments, but for the steps."""


class Task:
    """Images of so many replicates, and what is learned from them."""

    def __init__(self, n, device):
        rng = np.random.default_rng(0)
        self.images = rng.standard_normal((n, IMAGES, 1, SIDE, SIDE)).astype(np.float32)
        self.labels = rng.integers(0, 10, (n, IMAGES))
        self.choices = {**BUDGET, "device": device}
        self.n = n

    def pretrained(self, chosen=slice(None)):
        """Encoders that have learned to tell rotations; what they say of some images."""
        images = self.images[chosen]
        networks = rotation.pretrain(images, shuffled=False, seeds=self._seeds(chosen), **self.choices)
        return networks.logits(images[:, :8])

    def fine_tuned(self, chosen=slice(None)):
        """Classifiers, and what they say of some images before and after."""
        images = self.images[chosen]
        options = {"encoder": None, "classes": 10, "test_images": images[:, :8], "checkpoints": [0, STEPS]}
        options |= {"seeds": self._seeds(chosen), **self.choices}
        return rotation.fine_tune(images, self.labels[chosen], **options).learning_curve()

    def _seeds(self, chosen):
        return list(range(self.n))[chosen]


@pytest.mark.parametrize(("n", "by"), BATCHES_AND_LOOPS)
@pytest.mark.parametrize("what", ["pretrained", "fine_tuned"])
@pytest.mark.parametrize("device", DEVICES)
def test_rotation(measure, what, n, by, device):
    """The networks say the same of images in the end."""
    task = Task(n, device)
    batch = partial(getattr(task, what))

    def loop():
        return np.concatenate([batch(slice(i, i + 1)) for i in range(n)])

    if by != "ours":
        np.testing.assert_allclose(loop(), batch(), atol=1e-2)
    measure(
        batch if by == "ours" else loop,
        piece=f"{STEPS} steps of rotation networks, {what.replace('_', '-')}",
        by=by,
        n=n,
        of="replicates",
        items=STEPS * n,
        unit="steps",
        device=device,
    )
