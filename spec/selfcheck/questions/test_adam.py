"""The steps of Adam, taken by torch's functional interface, are those of torch's own class."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from impl.adam import Adam
from spec.common.training import WARMUP, descend


@pytest.mark.parametrize(("betas", "decay"), [((0.9, 0.999), 0.0), ((0.5, 0.99), 0.1)])
def test_steps_of_the_implementation(betas, decay):
    """Equal to the last bit, and also for a gradient that lies in memory another way than its parameter."""
    generator = torch.Generator().manual_seed(0)
    ours = [torch.randn(shape, generator=generator) for shape in ((3, 4, 5), (7,))]
    theirs = [parameter.clone().requires_grad_() for parameter in ours]
    adam = Adam(ours, betas, decay)
    torchs = torch.optim.AdamW(theirs, betas=betas, weight_decay=decay, fused=True)
    for rate in (0.1, 0.01, 0.2):
        gradients = [torch.randn(5, 4, 3, generator=generator).permute(2, 1, 0), torch.randn(7, generator=generator)]
        assert not gradients[0].is_contiguous()
        adam.step(gradients, rate)
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = gradient.contiguous()
        torchs.param_groups[0]["lr"] = rate
        torchs.step()
        assert all(map(torch.equal, ours, theirs))


def test_descent_of_the_arms():
    """From the same draws, as torch's class goes; with a rate that rises over a tenth of the steps, then falls."""
    rng, steps, rate = np.random.default_rng(0), 30, 0.05
    images, labels = rng.random((2, 40, 1, 2, 3), dtype=np.float32), rng.integers(2, size=(2, 40))
    start = torch.randn(2, 6, 2, generator=torch.Generator().manual_seed(0))

    def scores(weights, shown):
        return shown.flatten(2) @ weights

    ours, theirs = start.clone(), start.clone().requires_grad_()
    descend(
        [ours],
        lambda shown: scores(ours, shown),
        images,
        labels,
        steps=steps,
        batch_size=5,
        learning_rate=rate,
        weight_decay=0.1,
        generators=[torch.Generator().manual_seed(seed) for seed in (1, 2)],
    )
    torchs = torch.optim.AdamW([theirs], weight_decay=0.1, fused=True)
    generators = [torch.Generator().manual_seed(seed) for seed in (1, 2)]
    replicates = np.arange(2)[:, None]
    for step in range(1, steps + 1):
        index = np.stack([torch.randint(40, (5,), generator=g) for g in generators])
        progress = step / steps
        torchs.param_groups[0]["lr"] = rate * min(progress / WARMUP, 0.5 + 0.5 * float(np.cos(np.pi * progress)))
        logits = scores(theirs, torch.as_tensor(images[replicates, index]))
        loss = sum(map(F.cross_entropy, logits, torch.as_tensor(labels[replicates, index])))
        torchs.zero_grad()
        loss.backward()
        torchs.step()
    torch.testing.assert_close(ours.detach(), theirs.detach(), atol=1e-5, rtol=1e-5)
    assert not torch.allclose(ours.detach(), start, atol=0.1)
