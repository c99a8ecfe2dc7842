"""A face detector trained at real scale: MTCNN's refinement network, with the weights that the wheel `mtcnn` brings.

Zhang et al., *Joint Face Detection and Alignment Using Multitask Cascaded Convolutional Networks*, 2016: trained on
WIDER FACE and CelebA, to tell faces from windows that lie beside or partly on faces. The wheel runs it in TensorFlow;
here its weights are read as arrays, and run in torch.
"""

from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import joblib
import lz4.frame
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 24
CONVOLUTIONS = 3
AT_ONCE = 4096


def weights() -> list[Tensor]:
    """Kernel, bias and slope of each layer; last, of the two outputs of the box and of the class, kernel and bias."""
    package = find_spec("mtcnn")
    assert package is not None
    assert package.origin is not None
    # joblib would leave the file to the garbage collector, in which Python 3.13 warns of it.
    with lz4.frame.open(Path(package.origin).parent / "assets/weights/rnet.lz4") as file:
        return [torch.from_numpy(array) for array in joblib.load(file)]


class Detector:
    """The refinement network, which says of pictures whether each is a face. All replicates share its weights."""

    def __init__(self) -> None:
        self._weights = weights()

    @torch.inference_mode()
    def lead(self, pixels: np.ndarray) -> np.ndarray:
        """By how much the score of a face exceeds that of none, of grey pictures (r, n, 1, h, w) with pixels 0 … 1."""
        parts = torch.as_tensor(pixels, dtype=torch.float32).flatten(0, 1).split(AT_ONCE)
        return torch.cat([self._lead(part) for part in parts]).numpy().reshape(pixels.shape[:2])

    def _lead(self, x: Tensor) -> Tensor:
        x = F.interpolate(x, size=(SIDE, SIDE), mode="bilinear").expand(-1, 3, -1, -1)
        x = (x * 255 - 127.5) / 128
        layers = iter(self._weights)
        for layer in range(CONVOLUTIONS):
            kernel, bias, slope = islice(layers, 3)
            x = F.prelu(F.conv2d(x, kernel.permute(3, 2, 0, 1), bias), slope.flatten())
            if layer < CONVOLUTIONS - 1:
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        kernel, bias, slope = islice(layers, 3)
        x = F.prelu(x.permute(0, 3, 2, 1).flatten(1) @ kernel + bias, slope)
        none, face = (x @ self._weights[-2] + self._weights[-1]).unbind(-1)
        return face - none
