"""Bad input, said plainly: every message names the argument, what it holds and what was expected."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

import numpy as np


def labels(name: str, array: np.ndarray) -> np.ndarray:
    """`array` as booleans, once it is known to hold integers 0 and 1, one per sample."""
    array = np.asarray(array)
    if not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name} has dtype {array.dtype}; expected integers, 0 or 1")
    _expect_samples(name, array)
    # Two reductions are cheaper than comparing every entry; the culprit is looked for only if there is one.
    if array.min() < 0 or array.max() > 1:
        position = int(np.argmax((array != 0) & (array != 1)))
        raise ValueError(f"{name}[{position}] is {array[position]}; expected 0 or 1")
    return array.astype(bool)


def scores(name: str, array: np.ndarray) -> np.ndarray:
    """`array` as float64, once it is known to hold finite numbers, one per sample."""
    array = floats(name, array)
    _expect_samples(name, array)
    return array


def number(name: str, value: float) -> float:
    """`value`, once it is known to be a number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} is {value!r:.80}; expected a number")
    return value


def rate(value: float, most: float = inf) -> None:
    """Refuse any `learning_rate` but a number above 0, finite and at most `most`."""
    expected = "a finite number above 0" + (f", at most {most}" if most < inf else "")
    require("learning_rate", 0 < number("learning_rate", value) <= most and value < inf, value, expected)


def floats(name: str, array: np.ndarray, axes: str | None = None) -> np.ndarray:
    """`array` as float64, once it is known to hold finite floats and, if `axes` names them ("b h w"), so many axes."""
    array = np.asarray(array)
    if not np.issubdtype(array.dtype, np.floating):
        raise TypeError(f"{name} has dtype {array.dtype}; expected floating-point numbers")
    if axes is not None and array.ndim != len(axes.split()):
        raise ValueError(f"{name} has shape {array.shape}; expected the axes ({axes.replace(' ', ', ')})")
    if not np.isfinite(array).all():
        position = tuple(int(index) for index in np.argwhere(~np.isfinite(array))[0])
        where = ", ".join(map(str, position))
        raise ValueError(f"{name}[{where}] is {array[position]}; expected finite numbers")
    return array.astype(np.float64, copy=False)


def same_length(first_name: str, first: np.ndarray, second_name: str, second: np.ndarray) -> None:
    """Refuse two arrays that should hold one entry per sample and do not agree how many samples there are."""
    if len(first) != len(second):
        raise ValueError(
            f"{first_name} has {len(first)} entries and {second_name} {len(second)}; expected equally many"
        )


def strings(name: str, tokens: Sequence[str]) -> None:
    """Refuse anything but a list of strings; a single string is not read as a list of its letters."""
    if not isinstance(tokens, list):
        raise TypeError(f"{name} is {tokens!r:.80}; expected a list of strings")
    for position, token in enumerate(tokens):
        if not isinstance(token, str):
            raise TypeError(f"{name}[{position}] is {token!r:.80}; expected a string")


def require(argument: str, satisfied: bool | np.bool_, value: object, expected: object) -> None:
    """Refuse an argument, naming it, its value and what was expected."""
    if not satisfied:
        raise ValueError(f"{argument} is {value}; expected {expected}")


def whole(name: str, value: int, least: int) -> None:
    """Refuse anything but a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is {value!r:.80}; expected a whole number")
    require(name, value >= least, value, f"{least} or more")


def seeds(values: Sequence[int]) -> None:
    """Refuse anything but a list of whole numbers, one per replicate."""
    if not isinstance(values, list):
        raise TypeError(f"seeds is {values!r:.80}; expected a list of whole numbers")
    require("seeds", len(values) >= 1, values, "one per replicate")
    for position, seed in enumerate(values):
        whole(f"seeds[{position}]", seed, 0)
        require(f"seeds[{position}]", seed < 2**32, seed, "0 … 2³² − 1")


def images(name: str, array: np.ndarray, replicates: int) -> None:
    """Refuse anything but finite floats of shape (replicates, n, channels, height, width), at least one of each."""
    if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.floating):
        what = f"dtype {array.dtype}" if isinstance(array, np.ndarray) else repr(array)[:80]
        raise TypeError(f"{name} is {what}; expected an array of floating-point numbers")
    fits = array.ndim == 5 and len(array) == replicates and array.size > 0
    expected = f"shape (replicates, n, channels, height, width), {replicates} replicates for as many seeds"
    require(name, fits, f"shape {array.shape}", expected)
    # One sum is cheaper than a look at every pixel, and is finite only if all of them are.
    require(name, np.isfinite(array.sum(dtype=np.float64)), "not finite everywhere", "finite numbers")


def classes(name: str, array: np.ndarray, shape: tuple[int, ...], count: int) -> None:
    """Refuse anything but integers 0 … count − 1 of this shape."""
    if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.integer):
        what = f"dtype {array.dtype}" if isinstance(array, np.ndarray) else repr(array)[:80]
        raise TypeError(f"{name} is {what}; expected an array of integers")
    require(name, array.shape == shape, f"shape {array.shape}", f"shape {shape}")
    require(name, array.min() >= 0 and array.max() < count, f"{array.min()} … {array.max()}", f"0 … {count - 1}")


def choices(name: str, array: np.ndarray) -> None:
    """Refuse anything but whole numbers of options, one per token."""
    if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name} is {array!r:.80}; expected an array of integers")
    require(name, array.ndim == 1 and len(array) > 0, f"shape {array.shape}", "one axis with at least one token")
    require(name, array.min() >= 1, array, "at least one option per token")


def actions(name: str, array: np.ndarray, axes: tuple[int | str, ...], choices: list[int]) -> None:
    """Refuse anything but tokens on the last axis, token t of 0 … choices[t] − 1; axes with a name have any length."""
    if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.integer):
        raise TypeError(f"{name} is {array!r:.80}; expected an array of integers")
    expected = *axes, len(choices)
    fits = array.ndim == len(expected) and array.size > 0
    fits = fits and all(isinstance(n, str) or n == m for n, m in zip(expected, array.shape, strict=True))
    require(name, fits, f"shape {array.shape}", f"shape ({', '.join(map(str, expected))}), the last axis the tokens")
    outside = (array < 0) | (array >= np.array(choices))
    if outside.any():
        *_, token = place = tuple(int(i) for i in np.argwhere(outside)[0])
        raise ValueError(f"{name} holds {array[place]} for token {token}; expected 0 … {choices[token] - 1}")


def rewards(name: str, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """`array` as float64, once it is known to hold finite numbers of this shape."""
    require(name, np.shape(array) == shape, f"shape {np.shape(array)}", f"shape {shape}")
    return floats(name, array)


def accuracies(name: str, array: np.ndarray) -> None:
    """Refuse rewards outside 0 … 1."""
    require(name, array.min() >= 0 and array.max() <= 1, f"{array.min()} … {array.max()}", "0 … 1")


def parameters(name: str, parameters: Mapping[str, np.ndarray], expected: Mapping[str, Any]) -> None:
    """Refuse anything but finite floats under the same names, and of the same shapes, as `expected`."""
    require(name, parameters.keys() == expected.keys(), list(parameters), list(expected))
    for key, value in expected.items():
        argument = f"{name}[{key!r}]"
        shape = floats(argument, parameters[key]).shape
        require(argument, shape == tuple(value.shape), f"shape {shape}", f"shape {tuple(value.shape)}")


def _expect_samples(name: str, array: np.ndarray) -> None:
    if array.ndim != 1 or not len(array):
        raise ValueError(f"{name} has shape {array.shape}; expected one axis with at least one sample")
