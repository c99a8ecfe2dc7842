"""What every topic checks: each message names an argument, its value and what was expected."""

import math
from collections.abc import Mapping

import numpy as np
import torch


def require(holds: bool, name: str, value: object, expected: str) -> None:
    """Refuse `value` unless the condition holds."""
    if not holds:
        raise ValueError(f"{name} is {value}; expected {expected}")


def finite(name: str, array: np.ndarray) -> None:
    """Refuse NaN and infinity."""
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(f"{name} holds {array[bad][0]}; expected finite numbers")


def whole(name: str, array: np.ndarray, low: int, high: int) -> None:
    """Refuse what is not a whole number from `low` up to, and without, `high`."""
    require(array.dtype.kind in "iu", name, f"an array of {array.dtype}", "whole numbers")
    bad = (array < low) | (array >= high)
    if bad.any():
        raise ValueError(f"{name} holds {array[bad][0]}; expected whole numbers from {low} to {high - 1}")


def shape(name: str, array: np.ndarray, *expected: int | None) -> None:
    """Refuse an array of another shape, where None is any length."""
    fits = len(expected) == array.ndim and all(e in (None, n) for e, n in zip(expected, array.shape, strict=True))
    wanted = ", ".join("any" if e is None else str(e) for e in expected)
    require(fits, name, f"an array of shape {array.shape}", f"one of shape ({wanted})")


def rate(learning_rate: float) -> None:
    """Refuse a learning rate that is not a finite number above 0."""
    require(
        math.isfinite(learning_rate) and learning_rate > 0, "learning_rate", learning_rate, "a finite number above 0"
    )


def seeds_of(seeds: list[int], replicates: int) -> None:
    """Refuse seeds that are not one per replicate, negative ones, and none."""
    require(len(seeds) == replicates > 0, "seeds", seeds, f"one per replicate, {replicates}, and at least one")
    require(min(seeds) >= 0, "seeds", seeds, "whole numbers from 0")


def device_of(device: str) -> torch.device:
    """The device of that name, if there is one."""
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError) as error:
        raise ValueError(f"device is {device!r}; expected one that there is, such as 'cpu'") from error


def parameters_like(parameters: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray], name: str) -> None:
    """Refuse other names, other shapes, and numbers that are not finite."""
    require(parameters.keys() == expected.keys(), name, f"of {sorted(parameters)}", f"the names {sorted(expected)}")
    for key, array in parameters.items():
        shape(f"{name}[{key!r}]", array, *expected[key].shape)
        finite(f"{name}[{key!r}]", array)
