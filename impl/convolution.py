"""The convolution of convolutional networks, and Sobel's edge filter made of it.

Source: I. Goodfellow et al., *Deep Learning* (2016), equation 9.6 (a cross-correlation: the filter is not flipped);
I. Sobel and G. Feldman, "A 3×3 isotropic gradient operator for image processing" (1968). Shapes: images (b, c, h, w)
and filters (o, c, kh, kw) give (b, o, out_h, out_w), out_h = ⌊(h − kh) / stride⌋ + 1.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from . import checks

SOBEL = np.array([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
"""Responds to vertical edges; its transpose to horizontal ones."""


def convolution(images: np.ndarray, filters: np.ndarray, stride: int) -> np.ndarray:
    """output[b, o, i, j] = Σ_{c,u,v} images[b, c, i·stride + u, j·stride + v] · filters[o, c, u, v]."""
    images, filters = checks.floats("images", images, "b c h w"), checks.floats("filters", filters, "o c kh kw")
    if isinstance(stride, bool) or not isinstance(stride, (int, np.integer)):
        raise TypeError(f"stride is {stride!r}; expected an integer")
    if stride < 1:
        raise ValueError(f"stride is {stride}; expected 1 or more")
    (_, channels, *size), (_, filter_channels, *filter_size) = images.shape, filters.shape
    if filter_channels != channels:
        raise ValueError(f"filters have {filter_channels} input channels; expected the images' {channels}")
    if any(not 1 <= small <= large for small, large in zip(filter_size, size, strict=True)):
        raise ValueError(f"filters have size {tuple(filter_size)}; expected 1 to {tuple(size)}, the images' size")
    windows = sliding_window_view(images, filter_size, axis=(2, 3))  # (b, c, h − kh + 1, w − kw + 1, kh, kw)
    windows = windows[:, :, ::stride, ::stride]  # (b, c, out_h, out_w, kh, kw)
    # Every window against every filter is one matrix product, (b out_h out_w, c kh kw) by (c kh kw, o).
    return np.moveaxis(np.tensordot(windows, filters, axes=((1, 4, 5), (1, 2, 3))), -1, 1)


def edge_magnitude(images: np.ndarray) -> np.ndarray:
    """√(g_x² + g_y²) of the two Sobel filters: (b, h, w) → (b, h − 2, w − 2)."""
    images = checks.floats("images", images, "b h w")
    checks.require("images", min(images.shape[1:]) >= len(SOBEL), f"shape {images.shape}", "3 pixels or more a side")
    gradients = convolution(images[:, np.newaxis], np.stack([SOBEL, SOBEL.T])[:, np.newaxis], stride=1)
    return np.hypot(gradients[:, 0], gradients[:, 1])
