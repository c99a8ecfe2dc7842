"""The widest networks of `networks.py` that fit into a number of parameters, of which they use at least 95 %."""

from collections.abc import Callable

from .networks import AttentionNetwork, ConvolutionalNetwork, ImageShape, Network, count


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


def widest(network: Callable[[int], Network], budget: int) -> Network:
    """The largest network within the budget, or an error if it leaves more than 5 % of it unused."""
    smallest, step = count(network(1)), count(network(2)) - count(network(1))  # each hidden unit costs the same
    hidden = 1 + (budget - smallest) // step
    size = smallest + (hidden - 1) * step
    if hidden < 1 or size < 0.95 * budget:
        raise ValueError(
            f"parameter_budget is {budget}; expected one that a network uses to 95 % or more "
            f"(the nearest have {max(size, smallest)} and {max(size, smallest) + step} parameters)"
        )
    return network(hidden)
