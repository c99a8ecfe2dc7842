"""The spaces that are searched: what their tokens stand for, and what an architecture earns where that is made up.

A space is a dict from each hyper-parameter's name to its options; an action is one token per hyper-parameter, the place
of the option chosen. Of the widths, an architecture of depth d uses the first d.
"""

from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from spec.contract import Architecture

Space = dict[str, list[Any]]

WIDTHS = (1, 4, 64)
DIGITS: Space = {
    "depth": [1, 2],
    "activation": ["relu", "tanh", "sigmoid"],
    "width 1": [*WIDTHS],
    "width 2": [*WIDTHS],
}
"""Perceptrons for digits: 54 lists of tokens, 36 architectures. What narrow layers cannot do, no training can."""

RESOLUTION: Space = {"width": [1, 4, 64], "resolution": [1, 2, 8]}
"""Perceptrons with one hidden layer, and how many pixels square the digits are that they read."""

EVALUATED_DIGIT: Space = {"evaluated digit": list(range(10))}
"""No hyper-parameter of an architecture at all: which images it is to be evaluated on."""

PLANTED: Space = {
    "depth": [1, 2, 3, 4, 5, 6],
    "activation": ["relu", "tanh", "sigmoid"],
    **{f"width {layer}": [4, 8, 16, 32, 64, 128] for layer in range(1, 7)},
}
"""A space of 839 808 lists of tokens, too large to be tried out; its optimum is made up."""


def choices(space: Space) -> np.ndarray:
    """How many options each token has, (tokens,)."""
    return np.array([len(options) for options in space.values()])


def every_action(counts: Sequence[int] | np.ndarray) -> np.ndarray:
    """All lists of tokens of a space whose tokens have so many options, (n, tokens)."""
    return np.array(list(product(*(range(count) for count in counts))))


def decoded(space: Space, actions: np.ndarray) -> list[dict[str, Any]]:
    """The option of each hyper-parameter that the actions (n, tokens) choose."""
    return [dict(zip(space, map(list.__getitem__, space.values(), action), strict=True)) for action in actions.tolist()]


def with_widths(widths: tuple[int, ...]) -> Space:
    """`DIGITS` with three other widths to choose from."""
    return {**DIGITS, "width 1": [*widths], "width 2": [*widths]}


def architectures(actions: np.ndarray, widths: tuple[int, ...] = WIDTHS) -> list[Architecture]:
    """The perceptrons that actions (n, tokens) of `DIGITS`, with these widths, ask for."""
    return [
        {"widths": chosen[:depth], "activation": activation}
        for depth, activation, *chosen in (options.values() for options in decoded(with_widths(widths), actions))
    ]


@cache
def distinct(widths: tuple[int, ...] = WIDTHS) -> tuple[list[Architecture], np.ndarray]:
    """The 36 architectures of `DIGITS`, and which of them each action asks for: an array to index by its tokens."""
    wanted = architectures(every_action(choices(DIGITS)), widths)
    different = [architecture for i, architecture in enumerate(wanted) if architecture not in wanted[:i]]
    return different, np.reshape([different.index(architecture) for architecture in wanted], choices(DIGITS))


def random_actions(space: Space, n: int, rng: np.random.Generator) -> np.ndarray:
    """Random search: n actions, all lists of tokens being equally probable, (n, tokens)."""
    return np.stack([rng.integers(count, size=n) for count in choices(space)], axis=-1)


def planted_depths(actions: np.ndarray) -> np.ndarray:
    """The depth that each action (…, tokens) of `PLANTED` asks for, (…)."""
    return np.array(PLANTED["depth"])[actions[..., list(PLANTED).index("depth")]]


def planted_rewards(actions: np.ndarray, depth: int, best: np.ndarray) -> np.ndarray:
    """What actions (r, n, tokens) of `PLANTED` earn: 1 at `depth` with the tokens `best` (r, tokens), else less.

    A depth costs .15 for each layer too few or too many, another activation .05, and widths up to .15: their mean
    distance from the best ones, over the layers in use. The least that can be earned is .05.
    """
    depths, activation, widths = planted_depths(actions), actions[..., 1], actions[..., 2:]
    off = np.abs(widths - best[:, None, 2:]) / (len(PLANTED["width 1"]) - 1)
    used = np.arange(widths.shape[-1]) < depths[..., None]
    widths_cost = (off * used).sum(-1) / depths
    return 1 - 0.15 * np.abs(depths - depth) - 0.05 * (activation != best[:, 1:2]) - 0.15 * widths_cost
