"""The widest networks that fit into a number of parameters, and use nearly all of them."""

from collections.abc import Callable
from typing import TypeVar

from .networks import AttentionNetwork, ConvolutionalNetwork, HasInitials, ImageShape, Network, count

Wide = TypeVar("Wide", bound=HasInitials)


def widest_convolutional(image_shape: ImageShape, classes: int, budget: int) -> Network:
    """The convolutional network whose hidden layer is the widest within the budget."""
    return widest(lambda hidden: ConvolutionalNetwork(image_shape, classes, hidden), budget)


def widest_attention(image_shape: ImageShape, classes: int, patch_size: int, positions: bool, budget: int) -> Network:
    """The encoder with the widest tokens whose hidden layers, at least twice as wide, fit in the budget."""
    heads = AttentionNetwork.HEADS

    def encoder(d: int, hidden: int) -> Network:
        return AttentionNetwork(image_shape, classes, patch_size, positions, d, hidden)

    d = max((d for d in range(heads, 129, heads) if count(encoder(d, 2 * d)) <= budget), default=heads)
    return widest(lambda hidden: encoder(d, hidden), budget)


def widest(network: Callable[[int], Wide], budget: int, share: float = 0.95) -> Wide:
    """The widest network within the budget, or an error if it uses less than this share of it."""
    smallest, step = count(network(1)), count(network(2)) - count(network(1))  # each unit of width costs the same
    width = 1 + (budget - smallest) // step
    size = smallest + (width - 1) * step
    if width < 1 or size < share * budget:
        raise ValueError(
            f"parameter_budget is {budget}; expected one that a network uses to {100 * share:.0f} % or more "
            f"(the nearest have {max(size, smallest)} and {max(size, smallest) + step} parameters)"
        )
    return network(width)
