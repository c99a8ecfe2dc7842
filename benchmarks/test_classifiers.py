"""Training small image classifiers, several replicates as one batch."""

import numpy as np
import pytest

from impl import classifiers


@pytest.mark.benchmark(group="train 8 replicates for 20 steps")
@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize("architecture", ["convolution", "attention"])
def test_training(benchmark, architecture, device):
    """Eight networks of 18 000 parameters learn from 24×24 pictures."""
    seeds = list(range(8))
    rng = np.random.default_rng(0)
    images = rng.random((len(seeds), 256, 1, 24, 24), dtype=np.float32)
    labels = rng.integers(0, 2, (len(seeds), 256))

    def train():
        trained = classifiers.train_classifiers(
            images,
            labels,
            architecture=architecture,
            patch_size=6,
            positions=False,
            classes=2,
            parameter_budget=18_000,
            steps=20,
            batch_size=32,
            seeds=seeds,
            device=device,
        )
        # Reading a result waits for the device.
        return trained.logits(images[:, :8])

    assert np.isfinite(benchmark(train)).all()
