"""Plain data: what may cross the line between the specification and an implementation, checked against the contract.

`checked` compares a value with a type of `spec.contract`, copies it, and says in one sentence what is wrong with it.
The names in array types ("n d") are bound to lengths as arguments are checked, and hold the result to them.
"""

import math
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from .sandbox.inside.telling import describe

Dimensions = dict[str, int]


class NotPlain(ValueError):
    """A value is not what the contract says; the message says what it is and what was expected."""


def checked(value: Any, expected: Any, dimensions: Dimensions, where: str) -> Any:
    """A copy of `value` as the type `expected`; `where` names it in the error. Binds new names in `dimensions`."""
    origin = get_origin(expected)
    if hasattr(expected, "dim_str"):
        return _array(value, expected, dimensions, where)
    if origin is Annotated:
        inner, name = get_args(expected)
        items = checked(value, inner, dimensions, where)
        _bind(name, len(items), dimensions, value, expected, where)
        return items
    if origin in (types.UnionType, Union):
        if value is None and type(None) in get_args(expected):
            return None
        (inner,) = (choice for choice in get_args(expected) if choice is not type(None))
        return checked(value, inner, dimensions, where)
    if origin is Literal:
        if not isinstance(value, str) or value not in get_args(expected):
            raise _mismatch(value, " or ".join(map(repr, get_args(expected))), where)
        return value
    if is_typeddict(expected):
        hints = get_type_hints(expected, include_extras=True)
        if type(value) is not dict or set(value) != set(hints):
            raise _mismatch(value, f"a dict with the keys {', '.join(hints)}", where)
        return {key: checked(value[key], hint, dimensions, f"{where}[{key!r}]") for key, hint in hints.items()}
    if origin is dict:
        _, inner = get_args(expected)
        if type(value) is not dict or not all(type(key) is str for key in value):
            raise _mismatch(value, "a dict whose keys are text", where)
        return {key: checked(item, inner, dimensions, f"{where}[{key!r}]") for key, item in value.items()}
    if origin is list:
        (inner,) = get_args(expected)
        if type(value) is not list:
            raise _mismatch(value, "a list", where)
        return [checked(item, inner, dimensions, f"{where}[{i}]") for i, item in enumerate(value)]
    if expected is Any:
        return _anything(value, where)
    return _scalar(value, expected, where)


def _anything(value: Any, where: str) -> Any:
    """A copy of plain data of whatever kind, where the contract leaves open which."""
    if type(value) is dict:
        return checked(value, dict[str, Any], {}, where)
    if type(value) is list:
        return checked(value, list[Any], {}, where)
    if type(value) is np.ndarray and value.dtype.kind in "biuf":
        return _finite(value, where).copy()
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return _scalar(value, float, where)
    raise _mismatch(value, "plain data", where)


def _scalar(value: Any, expected: type, where: str) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    accepted: dict[type, tuple[type, ...]] = {float: (float, int), int: (int,), bool: (bool,), str: (str,)}
    if type(value) not in accepted[expected]:
        raise _mismatch(value, f"a {expected.__name__}", where)
    try:
        converted = expected(value)
    except OverflowError:  # an int beyond every float
        converted = math.inf
    if expected is float and not math.isfinite(converted):
        raise _mismatch(value, "a finite float", where)
    return converted


def _array(value: Any, expected: Any, dimensions: Dimensions, where: str) -> np.ndarray:
    if type(value) is not np.ndarray or value.dtype.name not in expected.dtypes:
        raise _mismatch(value, _named(expected, dimensions), where)
    _match_shape(value, expected, dimensions, where)
    return _finite(value, where).copy()


def _finite(value: np.ndarray, where: str) -> np.ndarray:
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
        raise NotPlain(f"{where} is {value[place]} at {place}; expected finite numbers")
    return value


def _match_shape(value: np.ndarray, expected: Any, dimensions: Dimensions, where: str) -> None:
    names = expected.dim_str.split()
    free = next((i for i, name in enumerate(names) if name == "..." or name.startswith("*")), None)
    fixed = len(names) - (free is not None)
    if value.ndim < fixed or (free is None and value.ndim != fixed):
        raise _mismatch(value, _named(expected, dimensions), where)
    lengths = list(value.shape)
    if free is not None:
        many = lengths[free : value.ndim - (fixed - free)]
        if names[free].startswith("*"):
            _bind(f"{names[free]} axes", len(many), dimensions, value, expected, where)
            for i, length in enumerate(many):
                _bind(f"{names[free]}[{i}]", length, dimensions, value, expected, where)
        del lengths[free : free + len(many)]
        del names[free]
    for name, length in zip(names, lengths, strict=True):
        _bind(name, length, dimensions, value, expected, where)


def _bind(name: str, length: int, dimensions: Dimensions, value: Any, expected: Any, where: str) -> None:
    if dimensions.setdefault(name, int(name) if name.isdigit() else length) != length:
        raise _mismatch(value, _named(expected, dimensions), where)


def _named(expected: Any, dimensions: Dimensions) -> str:
    if not hasattr(expected, "dim_str"):
        return f"length {dimensions[get_args(expected)[1]]}"
    kind = expected.__name__.partition("[")[0]
    names = [name for name in expected.dim_str.split() if name in dimensions and not name.isdigit()]
    known = [f"{name} = {dimensions[name]}" for name in names]
    return f'a NumPy array {kind}["{expected.dim_str.strip()}"]' + (f" with {', '.join(known)}" if known else "")


def _mismatch(value: Any, expected: str, where: str) -> NotPlain:
    return NotPlain(f"{where} is {describe(value)}; expected {expected}")
