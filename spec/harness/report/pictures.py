"""Arrays as PNG pictures inside the page."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

ORANGE, BLUE = np.array([1.0, 0.45, 0.0]), np.array([0.0, 0.3, 0.9])


@dataclass(frozen=True)
class Picture:
    """A PNG as a `data:` address, and its size in pixels."""

    address: str
    width: int
    height: int


def picture(pixels: np.ndarray) -> Picture:
    """Encode pixels (height, width) or (height, width, 3), 0 … 1; values outside are clipped."""
    eight_bit = (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(eight_bit).save(file, "PNG", optimize=True)
    address = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    return Picture(address, eight_bit.shape[1], eight_bit.shape[0])


def overlay(pixels: np.ndarray, values: np.ndarray, framed: list[int] | None = None) -> Picture:
    """The same picture, paler, under a heat map of values (rows, columns): the larger a value, the more orange.

    Values of 0 or less are transparent. `framed` is the [row, column] of a cell to frame in blue, if any.
    """
    colour = pixels if pixels.ndim == 3 else np.repeat(pixels[..., np.newaxis], 3, axis=2)
    height, width = colour.shape[:2]
    rows, columns = (np.arange(n) * m // n for n, m in zip((height, width), values.shape, strict=True))
    strength = np.maximum(values, 0)[rows][:, columns, np.newaxis]
    strength = 0.75 * strength / max(float(strength.max()), 1e-12)
    paler = 0.35 + 0.65 * np.clip(colour, 0, 1)
    mixed = (1 - strength) * paler + strength * ORANGE
    if framed is not None:
        inside = (rows[:, np.newaxis] == framed[0]) & (columns == framed[1])
        within = np.pad(inside, 1)
        whole = within[:-2, 1:-1] & within[2:, 1:-1] & within[1:-1, :-2] & within[1:-1, 2:]
        mixed[inside & ~whole] = BLUE
    return picture(mixed)
