"""torch's convolution."""

import numpy as np
import torch
import torch.nn.functional as F


def convolution(images: np.ndarray, filters: np.ndarray, stride: int) -> np.ndarray:
    """`conv2d`."""
    return F.conv2d(torch.from_numpy(images), torch.from_numpy(filters), stride=stride).numpy()


def edge_magnitude(images: np.ndarray) -> np.ndarray:
    """`conv2d` with Sobel's two filters, and `hypot`."""
    sobel = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]], dtype=torch.float64)
    gradients = F.conv2d(torch.from_numpy(images)[:, None], torch.stack([sobel, sobel.T])[:, None])
    return torch.hypot(gradients[:, 0], gradients[:, 1]).numpy()
