"""Plain data, all that may cross between the specification and an implementation, checked against the contract's types.

The types are those of `spec.contract`: `bool`, `int`, `float`, `str`, `list`, `dict`, `Literal`, `TypedDict`, optional
ones, and jaxtyping's arrays. The names in array types ("n d") are bound to lengths as arguments are checked, and the
result is held to them. `Annotated[list[str], "n"]` is a list of length n.
"""

import math
import types
from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from ..sandbox.inside.sanitise import describe
from ..sandbox.inside.wire import DTYPES, is_scalar

Dimensions = dict[str, int]
"""Lengths by name."""
Check = Callable[[Any, Dimensions, str], Any]
"""`checked` for one type: takes a value, the lengths known so far, and the value's name."""


class NotPlain(ValueError):
    """A value is not of the expected type; the message says what it is, and what was expected."""


def checked(value: Any, expected: Any, dimensions: Dimensions, where: str) -> Any:
    """A copy of `value` as the type `expected`, with finite numbers only; new names are bound in `dimensions`.

    NumPy's scalars become Python's. Raises `NotPlain`, which calls the value `where`.
    """
    return _check(expected)(value, dimensions, where)


def widened(value: Any) -> Any:
    """A result as it is handed on to a test: half precision as float64, and whole numbers of any width as int64.

    Neither changes a number, and equal bits stay equal. NumPy's linear algebra takes no half precision, and small
    integers overflow. Single precision stays what it is, as does what is too large for int64.
    """
    if type(value) is np.ndarray:
        if value.dtype.name == "float16":
            return value.astype(np.float64)
        fits = value.dtype.name != "uint64" or value.max(initial=0) <= np.iinfo(np.int64).max
        return value.astype(np.int64) if value.dtype.kind in "iu" and fits else value
    if type(value) is dict:
        return {key: widened(item) for key, item in value.items()}
    if type(value) is list and value and type(value[0]) in (dict, list, np.ndarray):
        return [widened(item) for item in value]
    return value


def bad_input(value: Any, where: str) -> Any:
    """A copy of `value`, which an implementation is to refuse: plain data of any kind and size, finite or not."""
    if type(value) is dict:
        return {key: bad_input(item, f"{where}[{key!r}]") for key, item in value.items()}
    if type(value) is list:
        return [bad_input(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if type(value) is np.ndarray and value.dtype.kind in "biuf":
        return value.copy()
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise _mismatch(value, "plain data", where)


@cache
def _check(expected: Any) -> Check:
    """`checked` for one type: types are read once, since values are checked by the ten thousand."""
    origin, inner = get_origin(expected), get_args(expected)
    if hasattr(expected, "dim_str"):
        return partial(_array, expected)
    if origin is Annotated:
        return partial(_sized, expected, *inner)
    if origin in (types.UnionType, Union):
        (some,) = (choice for choice in inner if choice is not type(None))
        return partial(_optional, _check(some)) if type(None) in inner else _check(some)
    if origin is Literal:
        return partial(_literal, inner)
    if is_typeddict(expected):
        hints = get_type_hints(expected, include_extras=True)
        return partial(_typed_dict, {key: _check(hint) for key, hint in hints.items()})
    if origin is dict:
        return partial(_dict, _check(inner[1]), inner[1])
    if origin is list:
        return partial(_list, _check(inner[0]))
    return _any if expected is Any else partial(_scalar, expected)


def _sized(expected: Any, inner: Any, name: str, value: Any, dimensions: Dimensions, where: str) -> Any:
    items = checked(value, inner, dimensions, where)
    _bind(name, len(items), dimensions, value, expected, where)
    return items


def _optional(check: Check, value: Any, dimensions: Dimensions, where: str) -> Any:
    return None if value is None else check(value, dimensions, where)


def _literal(choices: tuple[str, ...], value: Any, dimensions: Dimensions, where: str) -> str:
    del dimensions
    if not isinstance(value, str) or value not in choices:
        raise _mismatch(value, " or ".join(map(repr, choices)), where)
    return value


def _typed_dict(checks: dict[str, Check], value: Any, dimensions: Dimensions, where: str) -> dict[str, Any]:
    if type(value) is not dict or value.keys() != checks.keys():
        raise _mismatch(value, f"a dict with the keys {', '.join(checks)}", where)
    return {key: check(value[key], dimensions, f"{where}[{key!r}]") for key, check in checks.items()}


def _dict(check: Check, inner: Any, value: Any, dimensions: Dimensions, where: str) -> dict[str, Any]:
    if type(value) is not dict or not all(type(key) is str for key in value):
        raise _mismatch(value, "a dict whose keys are strings", where)
    if not value and hasattr(inner, "dim_str"):
        raise _mismatch(value, "a dict with at least one array", where)
    return {key: check(item, dimensions, f"{where}[{key!r}]") for key, item in value.items()}


def _list(check: Check, value: Any, dimensions: Dimensions, where: str) -> list[Any]:
    if type(value) is not list:
        raise _mismatch(value, "a list", where)
    return [check(item, dimensions, f"{where}[{i}]") for i, item in enumerate(value)]


def _any(value: Any, dimensions: Dimensions, where: str) -> Any:
    """Plain data of any kind, where the contract leaves open which."""
    del dimensions
    if type(value) is dict:
        return checked(value, dict[str, Any], {}, where)
    if type(value) is list:
        return checked(value, list[Any], {}, where)
    if type(value) is np.ndarray and value.dtype.name in DTYPES:
        return _finite(value, where).copy()
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return checked(value, float, {}, where)
    raise _mismatch(value, "plain data", where)


ACCEPTED: dict[type, tuple[type, ...]] = {float: (float, int), int: (int,), bool: (bool,), str: (str,)}


def _scalar(expected: type, value: Any, dimensions: Dimensions, where: str) -> Any:
    del dimensions
    # Whatever else NumPy has, such as dates, is nothing that crosses from a sandbox, whichever number is in it.
    if is_scalar(value):
        value = value.item()
    if type(value) not in ACCEPTED[expected]:
        raise _mismatch(value, f"a {expected.__name__}", where)
    try:
        converted = expected(value)
    except OverflowError:  # an int beyond every float
        converted = math.inf
    if expected is float and not math.isfinite(converted):
        raise _mismatch(value, "a finite float", where)
    return converted


def _array(expected: Any, value: Any, dimensions: Dimensions, where: str) -> np.ndarray:
    if type(value) is not np.ndarray or not _has_dtype(value.dtype, expected):
        raise _mismatch(value, _type_name(expected, dimensions), where)
    _match_shape(value, expected, dimensions, where)
    return _finite(value, where).copy()


@lru_cache
def _has_dtype(dtype: np.dtype, expected: Any) -> bool:
    """Whether a type admits these numbers; those that cannot cross from a sandbox are admitted nowhere."""
    return dtype.name in expected.dtypes and dtype.name in DTYPES


def _finite(value: np.ndarray, where: str) -> np.ndarray:
    if value.dtype.kind == "f" and not np.isfinite(value).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
        raise NotPlain(f"{where} is {value[index]} at {index}; expected finite numbers")
    return value


def _match_shape(value: np.ndarray, expected: Any, dimensions: Dimensions, where: str) -> None:
    """Bind the names of the axes to the lengths of the array, or find that they are bound to others."""
    names, free = _axes(expected.dim_str)
    lengths = value.shape
    surplus = len(lengths) - len(names)
    if surplus != 0 if free is None else surplus < -1:
        raise _mismatch(value, _type_name(expected, dimensions), where)
    if free is not None:
        after = free + surplus + 1
        if names[free].startswith("*"):
            _bind(f"{names[free]} axes", after - free, dimensions, value, expected, where)
            for i, length in enumerate(lengths[free:after]):
                _bind(f"{names[free]}[{i}]", length, dimensions, value, expected, where)
        names, lengths = names[:free] + names[free + 1 :], lengths[:free] + lengths[after:]
    for name, length in zip(names, lengths, strict=True):
        _bind(name, length, dimensions, value, expected, where)


@cache
def _axes(dimensions: str) -> tuple[tuple[str, ...], int | None]:
    """The names of an array type's axes, and the index of the one that stands for any number of axes, or None."""
    names = tuple(dimensions.split())
    return names, next((i for i, name in enumerate(names) if name == "..." or name.startswith("*")), None)


def _bind(name: str, length: int, dimensions: Dimensions, value: Any, expected: Any, where: str) -> None:
    if dimensions.setdefault(name, int(name) if name.isdigit() else length) != length:
        raise _mismatch(value, _type_name(expected, dimensions), where)


def _type_name(expected: Any, dimensions: Dimensions) -> str:
    """A type that names lengths, for an error message, with the lengths that are known."""
    if not hasattr(expected, "dim_str"):
        return f"length {dimensions[get_args(expected)[1]]}"
    kind = expected.__name__.partition("[")[0]
    names = [name for name in expected.dim_str.split() if name in dimensions and not name.isdigit()]
    known = [f"{name} = {dimensions[name]}" for name in names]
    return f'a NumPy array {kind}["{expected.dim_str.strip()}"]' + (f" with {', '.join(known)}" if known else "")


def _mismatch(value: Any, expected: str, where: str) -> NotPlain:
    return NotPlain(f"{where} is {describe(value)}; expected {expected}")
