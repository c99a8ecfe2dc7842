"""What the machine itself can do: the arithmetic and the memory bandwidth that all else is held against."""

import numpy as np
import pytest
import torch

from benchmarks.results import COPY, PRODUCT

N = 1024


@pytest.mark.parametrize("precision", ["single", "double"])
def test_product(measure, precision):
    """A large product of matrices: as near to the peak of one core as one comes."""
    a, b = torch.randn(2, N, N, dtype=torch.float32 if precision == "single" else torch.float64)
    measure(
        lambda: a @ b,
        piece=PRODUCT,
        by=f"torch, {precision} precision",
        items=2 * N**3,
        unit="operations",
        precision=precision,
    )


def test_copy(measure):
    """From memory to memory, far more than any cache holds; each byte is read and written."""
    source = np.ones(2**28, dtype=np.uint8)
    target = np.empty_like(source)
    measure(lambda: np.copyto(target, source), piece=COPY, by="NumPy", items=2 * source.nbytes, unit="bytes")
