"""Training small image classifiers: all replicates as one batch, beside a loop over seeds and `torch.func.vmap`."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.func import functional_call, stack_module_state, vmap

from benchmarks.measuring import DEVICES
from benchmarks.modules import module, transposed
from impl import classifiers
from impl.budget import widest_attention, widest_convolutional
from impl.training import available, batches, descent, deterministic, initialise

CLASSES, IMAGES, STEPS, RATE = 2, 64, 4, 4e-3
BUDGET = 18_000
"""As many parameters as classifiers of faces have."""
SMALL = {"side": 12, "budget": 3_000, "batch": 8}
"""With which costs are followed to 1024 replicates: a sixteenth of the work."""


class Task:
    """What is trained, on which pictures, for how many replicates."""

    def __init__(self, architecture, n, device, side=24, budget=BUDGET, batch=32):
        self.architecture, self.seeds, self.device = architecture, list(range(n)), device
        self.budget, self.batch, self.patch = budget, batch, side // 4
        rng = np.random.default_rng(0)
        self.images = rng.random((n, IMAGES, 1, side, side), dtype=np.float32)
        self.labels = rng.integers(0, CLASSES, (n, IMAGES))
        self.ways = {"ours": self.ours, "a loop over seeds": self.loop, "vmap": self.vmap}

    def ours(self, chosen=slice(None)):
        """Train, and read what the networks then say of some pictures, (r, 8, classes)."""
        return classifiers.train_classifiers(
            self.images[chosen],
            self.labels[chosen],
            architecture=self.architecture,
            patch_size=self.patch,
            positions=False,
            classes=CLASSES,
            parameter_budget=self.budget,
            steps=STEPS,
            batch_size=self.batch,
            learning_rate=RATE,
            seeds=self.seeds[chosen],
            device=self.device,
        ).logits(self.images[chosen, :8])

    def loop(self):
        """The same, one seed at a time."""
        return np.concatenate([self.ours(slice(i, i + 1)) for i in range(len(self.seeds))])

    def vmap(self):
        """One network of torch.nn, mapped over stacked parameters; start, batches and optimiser as ours."""
        shape = self.images.shape[2:]
        if self.architecture == "convolution":
            network = widest_convolutional(shape, CLASSES, self.budget)
        else:
            network = widest_attention(shape, CLASSES, self.patch, False, self.budget)
        one = module(network).to(self.device)
        parameters, _ = stack_module_state([one] * len(self.seeds))
        generators = [torch.Generator().manual_seed(seed) for seed in self.seeds]
        start = transposed(initialise(network.initial, generators, available(self.device)))
        parameters = {name: start[name].contiguous() for name in parameters}
        logits = vmap(lambda weights, x: functional_call(one, weights, (x,)))
        pixels, targets = (torch.from_numpy(part).to(self.device) for part in (self.images, self.labels))
        replicate = torch.arange(len(self.seeds), device=self.device)[:, None]
        order = batches(IMAGES, self.batch, STEPS, generators)

        def loss():
            index = next(order).to(self.device)
            scores = logits(parameters, pixels[replicate, index]).flatten(0, 1)
            return F.cross_entropy(scores, targets[replicate, index].flatten(), reduction="sum") / self.batch

        with deterministic():
            for _ in descent(parameters, loss, STEPS, RATE):
                pass
            with torch.inference_mode():
                return logits(parameters, pixels[:, :8]).cpu().numpy()

    def measured(self, measure, by, pictures):
        """Time one way, in steps times replicates."""
        n = len(self.seeds)
        measure(
            self.ways[by],
            piece=f"{STEPS} steps of {self.architecture} classifiers of {pictures}",
            by=by,
            n=n,
            of="replicates",
            items=STEPS * n,
            unit="steps",
            device=self.device,
        )


@pytest.mark.parametrize("by", ["ours", "a loop over seeds", "vmap"])
@pytest.mark.parametrize("architecture", ["convolution", "attention"])
@pytest.mark.parametrize("n", [16, 64])
@pytest.mark.parametrize("device", DEVICES)
def test_classifiers(measure, architecture, by, n, device):
    """Of 24 × 24 pixels, in batches of 32; the networks say the same of pictures in the end."""
    some = Task(architecture, 8, device)
    np.testing.assert_allclose(some.ways[by](), some.ours(), atol=1e-2)
    Task(architecture, n, device).measured(measure, by, "24 × 24 pixels")


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("architecture", ["convolution", "attention"])
@pytest.mark.parametrize("n", [1, 4, 16, 64, 256, 1024])
def test_replicates(measure, architecture, n, device):
    """Of 12 × 12 pixels, in batches of 8."""
    Task(architecture, n, device, **SMALL).measured(measure, "ours", "12 × 12 pixels")
