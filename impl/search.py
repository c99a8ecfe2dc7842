"""Neural architecture search: the space of architectures, and what is offered to search it.

Source: Zoph & Le, *Neural Architecture Search with Reinforcement Learning*, 2017. A space is a dict from the name of
each hyper-parameter to the list of its options. An action is a list of tokens, one per hyper-parameter in the order of
the dict: token t is the place of the option chosen. The trainer is in `perceptrons.py`, the two controllers are in
`reinforce.py` and `q_learning.py`.
"""

from math import isfinite
from typing import Any

import numpy as np

from . import checks
from .perceptrons import train_architectures
from .q_learning import meta_qnn, q_update
from .reinforce import reinforce

__all__ = ["choices", "decode", "meta_qnn", "q_update", "reinforce", "train_architectures"]


def choices(hyperparameters: dict[str, Any]) -> np.ndarray:
    """How many options each token has, (tokens,)."""
    return np.array([len(options) for options in _checked(hyperparameters).values()], dtype=np.int64)


def decode(hyperparameters: dict[str, Any], actions: np.ndarray) -> list[dict[str, Any]]:
    """The options that each action (n, tokens) stands for, by name."""
    checks.actions("actions", actions, ("n",), choices(hyperparameters).tolist())
    return [
        {name: options[token] for (name, options), token in zip(hyperparameters.items(), action, strict=True)}
        for action in actions.tolist()
    ]


def _checked(hyperparameters: dict[str, Any]) -> dict[str, list[Any]]:
    """`hyperparameters`, once it is known to be a space: what can be chosen, fixed before any data is seen."""
    checks.require("hyperparameters", len(hyperparameters) > 0, hyperparameters, "at least one hyper-parameter")
    for name, options in hyperparameters.items():
        if isinstance(options, np.ndarray):
            raise ValueError(f"hyperparameters[{name!r}] is an array of shape {options.shape}{_NO_DATA}")
        argument = f"hyperparameters[{name!r}]"
        checks.require(argument, isinstance(options, list), f"{options!r:.80}", "a list of options")
        for position, option in enumerate(options):
            if isinstance(option, np.ndarray | list | dict):
                raise ValueError(f"{argument}[{position}] is a {type(option).__name__}{_NO_DATA}")
            plain = isinstance(option, int | str) or (isinstance(option, float) and isfinite(option))
            checks.require(f"{argument}[{position}]", plain, f"{option!r:.80}", "a finite number or a word")
            checks.require(f"{argument}[{position}]", option not in options[:position], repr(option), "no option twice")
        checks.require(argument, len(options) > 0, options, "at least one option")
    return hyperparameters


_NO_DATA = "; expected a list of numbers or words: data, such as an image, is given, not chosen, and no hyper-parameter"
