"""The convolution of convolutional networks, and Sobel's edge filter."""

import numpy as np
import torch
import torch.nn.functional as F

from .checks import finite, require

SOBEL = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])


def convolution(images: np.ndarray, filters: np.ndarray, stride: int) -> np.ndarray:
    """Torch's conv2d, which does not flip its filters either."""
    channels, height, width = images.shape[1:]
    require(stride >= 1, "stride", stride, "1 or more")
    require(filters.shape[1] == channels, "filters", f"of {filters.shape[1]} channels", f"{channels}, as images")
    fits = filters.shape[2] <= height and filters.shape[3] <= width
    require(fits, "filters", f"of shape {filters.shape}", f"none higher or wider than images, {height} × {width}")
    finite("images", images)
    finite("filters", filters)
    return F.conv2d(torch.from_numpy(images), torch.from_numpy(filters), stride=stride).numpy()


def edge_magnitude(images: np.ndarray) -> np.ndarray:
    """The length of the gradient that Sobel's two filters estimate."""
    require(min(images.shape[1:]) >= 3, "images", f"of shape {images.shape}", "3 × 3 pixels or more")
    finite("images", images)
    filters = np.stack([SOBEL, SOBEL.T])[:, None]
    horizontal, vertical = convolution(images[:, None], filters, 1).swapaxes(0, 1)
    return np.hypot(horizontal, vertical)
