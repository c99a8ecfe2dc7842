"""One attention layer over 512 tokens."""

import numpy as np
import pytest
import torch

from impl import attention


@pytest.fixture(scope="module")
def tokens():
    """Queries, keys and values of 512 tokens in 64 dimensions, in double precision."""
    return np.random.default_rng(0).standard_normal((3, 512, 64))


def ours(queries, keys, values):
    """This project's, which returns the weights as well."""
    return attention.attention(queries, keys, values)["output"]


def torch_sdpa(queries, keys, values):
    """PyTorch's fused attention."""
    arrays = (torch.from_numpy(array)[None] for array in (queries, keys, values))
    return torch.nn.functional.scaled_dot_product_attention(*arrays)[0].numpy()


@pytest.mark.benchmark(group="attention over 512 tokens")
@pytest.mark.parametrize("attend", [ours, torch_sdpa])
def test_attention(benchmark, tokens, attend):
    """The same output, from the same queries, keys and values."""
    np.testing.assert_allclose(attend(*tokens), torch_sdpa(*tokens), atol=1e-12)
    benchmark(attend, *tokens)
