"""The convolution and the edge filter of the contract: NumPy in double precision, beside torch's `conv2d`."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from benchmarks.measuring import DEVICES, elsewhere
from impl import convolution

SOBEL = np.stack([convolution.SOBEL, convolution.SOBEL.T])[:, None]
BY = ["ours", "torch"]


def conv2d(images, filters, device):
    """torch's, from NumPy to NumPy."""
    images, filters = (torch.from_numpy(array).to(device) for array in (images, filters))
    return F.conv2d(images, filters).cpu().numpy()


def measured(measure, ways, by, device, **facts):
    """Time one of the ways, once they are known to come to the same result."""
    np.testing.assert_allclose(ways["torch"](), ways["ours"](), atol=1e-9)
    where = elsewhere(device) if by == "ours" else {}
    measure(ways[by], by=by, of="images", device=device, **facts, **where)


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("n", [1, 64])
@pytest.mark.parametrize("device", DEVICES)
def test_convolution(measure, by, n, device):
    """16 filters of 3 × 3 on images of 8 channels and 24 × 24 pixels."""
    rng = np.random.default_rng(0)
    images, filters = rng.standard_normal((n, 8, 24, 24)), rng.standard_normal((16, 8, 3, 3))
    ways = {
        "ours": lambda: convolution.convolution(images, filters, 1),
        "torch": lambda: conv2d(images, filters, device),
    }
    measured(measure, ways, by, device, piece="convolution in double precision", n=n, items=n, unit="images")


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("n", [1, 64])
@pytest.mark.parametrize("device", DEVICES)
def test_edge_magnitude(measure, by, n, device):
    """Sobel's two filters on grey images of 64 × 64 pixels."""
    images = np.random.default_rng(0).standard_normal((n, 64, 64))
    ways = {
        "ours": lambda: convolution.edge_magnitude(images),
        "torch": lambda: np.hypot(*conv2d(images[:, None], SOBEL, device).swapaxes(0, 1)),
    }
    measured(measure, ways, by, device, piece="edge magnitude in double precision", n=n, items=n, unit="images")
