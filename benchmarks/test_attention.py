"""Attention: a layer with as many heads as our networks have, forward and backward; and equation 1, in NumPy."""

from functools import cache, cached_property

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.measuring import DEVICES
from impl import attention
from impl.networks import AttentionNetwork, linear
from impl.training import deterministic, initialise

D, HEADS = 64, AttentionNetwork.HEADS
PEAKS = {"H100 80GB HBM3": 989e12, "H100 PCIe": 756e12, "H200": 989e12, "A100": 312e12}
"""Dense bfloat16 operations per second, from NVIDIA's data sheets, by what the card's name has in it."""


class Layer:
    """One attention layer over n tokens, in five ways, from the same parameters."""

    def __init__(self, n, device, d=D, dtype=torch.float32):
        self.network = AttentionNetwork((1, 1, n), 2, patch_size=1, positions=False, d=d, hidden=1)
        block = {name: initial for name, initial in self.network.initial.items() if name.startswith("block0")}
        generator = torch.Generator().manual_seed(0)
        parameters = initialise(block, [generator], torch.device(device))
        self.parameters = {name: value.to(dtype).requires_grad_() for name, value in parameters.items()}
        self.x = torch.randn((1, 1, n, d), generator=generator).to(device, dtype).requires_grad_()
        names = ("query", "key", "value", "mixed")
        weights = [self.parameters[f"block0.{name}.weight"] for name in names]
        biases = [self.parameters[f"block0.{name}.bias"] for name in names]
        self.inputs = [self.x, *weights, *biases]
        self.module = nn.MultiheadAttention(d, HEADS, batch_first=True, device=device, dtype=dtype)
        with torch.no_grad():
            self.module.in_proj_weight.copy_(torch.cat([weight[0].T for weight in weights[:3]]))
            self.module.in_proj_bias.copy_(torch.cat([bias[0] for bias in biases[:3]]))
            self.module.out_proj.weight.copy_(weights[3][0].T)
            self.module.out_proj.bias.copy_(biases[3][0])
        self.ways = {
            "ours": self.ours,
            "ours with weights": self.ours_with_weights,
            "SDPA": self.sdpa,
            "nn.MultiheadAttention": self.multihead,
            "nn.MultiheadAttention without weights": self.multihead_without_weights,
        }

    def ours(self):
        """As in `networks.AttentionNetwork` where nobody asks for the weights."""
        mixed = self.network.attended(self.parameters, 0, self.x, None).transpose(2, 3).flatten(-2)
        return linear(mixed, self.parameters, "block0.mixed")[0]

    def ours_with_weights(self):
        """The same where somebody does."""
        mixed = self.network.attention(self.parameters, 0, self.x, None).output.transpose(2, 3).flatten(-2)
        return linear(mixed, self.parameters, "block0.mixed")[0]

    def sdpa(self):
        """The same with torch's fused attention."""
        q, k, v = (
            linear(self.x, self.parameters, f"block0.{name}").unflatten(-1, (HEADS, -1)).transpose(2, 3)[0]
            for name in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(-2)
        return linear(mixed[None], self.parameters, "block0.mixed")[0]

    def multihead(self):
        """`nn.MultiheadAttention` as it comes, which returns the weights, averaged over heads."""
        return self.module(self.x[0], self.x[0], self.x[0])[0]

    def multihead_without_weights(self):
        """`nn.MultiheadAttention` told to return none."""
        return self.module(self.x[0], self.x[0], self.x[0], need_weights=False)[0]

    def gradients(self, forward):
        """By the tokens, and by all that is trained, of the sum of squares."""
        leaves = [self.x, *self.module.parameters()] if "multihead" in forward.__name__ else self.inputs
        return torch.autograd.grad(forward().float().square().sum(), leaves)

    @cached_property
    def expected(self):
        """The output of ours, and its gradients."""
        with torch.no_grad():
            output = self.ours()
        return output, self.gradients(self.ours)


@cache
def layer(n, device):
    """The same for all who are compared."""
    return Layer(n, device)


def agree(layer, by, tolerance):
    """The same output, and the same gradients: by the tokens, and where parameters are shared by them, too."""
    output, expected = layer.expected
    with torch.no_grad():
        torch.testing.assert_close(layer.ways[by](), output, atol=tolerance, rtol=tolerance)
    gradients = layer.gradients(layer.ways[by])
    largest = max(float(gradient.abs().max()) for gradient in expected)
    for one, other in (
        zip(gradients, expected, strict=True)
        if "multihead" not in layer.ways[by].__name__
        else [(gradients[0], expected[0])]
    ):
        torch.testing.assert_close(one, other, atol=tolerance * largest, rtol=tolerance)


@pytest.mark.parametrize(
    "by",
    ["ours", "ours with weights", "SDPA", "nn.MultiheadAttention", "nn.MultiheadAttention without weights"],
)
@pytest.mark.parametrize("n", [64, 256, 1024, 4096])
@pytest.mark.parametrize("device", DEVICES)
def test_layer(measure, by, n, device):
    """Forward and backward, in single precision."""
    block = layer(n, device)
    if by != "ours":
        with deterministic():
            agree(block, by, 1e-4 if device == "cpu" else 1e-3)
    # Said here, as torch does not count those of its fused kernel: products with weights n × n, and projections, of
    # which the gradients take twice as many.
    forward = 4 * n**2 * D + 4 * 2 * n * D**2
    measure(
        lambda: block.gradients(block.ways[by]),
        operations=3 * forward,
        piece="attention layer forward and backward",
        by=by,
        n=n,
        of="tokens",
        items=n,
        unit="tokens",
        device=device,
        **({"target": 0.95} if by == "SDPA" and device == "cpu" else {}),
    )


@pytest.mark.parametrize("by", ["ours", "SDPA"])
@pytest.mark.parametrize("n", [64, 512])
def test_equation(measure, by, n):
    """Softmax(Q Kᵀ / √d) V in double precision, from NumPy to NumPy."""
    arrays = np.random.default_rng(0).standard_normal((3, n, D))
    ways = {
        "ours": lambda: attention.attention(*arrays)["output"],
        "SDPA": lambda: F.scaled_dot_product_attention(*torch.from_numpy(arrays)[:, None])[0].numpy(),
    }
    np.testing.assert_allclose(ways["ours"](), ways["SDPA"](), atol=1e-12)
    products = {"operations": 4 * n**2 * D, "precision": "double"}  # Q Kᵀ, and the weights times V
    measure(
        ways[by], piece="equation 1 in double precision", by=by, n=n, of="tokens", items=n, unit="tokens", **products
    )


@pytest.mark.gpu
@pytest.mark.parametrize("by", ["ours", "SDPA"])
@pytest.mark.parametrize("n", [1024, 2048, 4096, 8192, 16384])
def test_long_sequences(measure, by, n):
    """In bfloat16, heads of 128: which share of the card's peak, by its data sheet, is reached."""
    d = 512
    block = Layer(n, "cuda", d, torch.bfloat16)
    if by != "ours":
        agree(block, by, 3e-2)
    forward = 4 * n**2 * d + 4 * 2 * n * d**2  # two products with weights n × n; four projections
    peak = next((value for name, value in PEAKS.items() if name in torch.cuda.get_device_name()), None)
    measure(
        lambda: block.gradients(block.ways[by]),
        piece="attention layer in bfloat16, forward and backward",
        by=by,
        n=n,
        of="tokens",
        items=3 * forward,  # backward takes twice as many
        unit="operations",
        device="cuda",
        **({"peak_rate": peak} if peak else {}),
    )


@pytest.mark.gpu
def test_large_product(measure):
    """What the card does in one large product of matrices in bfloat16: as near to its peak as one comes."""
    n = 8192
    a, b = (torch.randn(n, n, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    measure(
        lambda: a @ b,
        piece="matrix product in bfloat16, 8192 × 8192",
        by="torch",
        items=2 * n**3,
        unit="operations",
        device="cuda",
    )
