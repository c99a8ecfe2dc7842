"""Implementations that know nothing: answers of the right shape, made from the contract's types alone.

They use what the contract says of every function, so they keep to it however it grows.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from spec.contract import TOPICS
from spec.harness.plain import Dimensions, checked

Draw = Callable[[tuple[int, ...]], np.ndarray]
"""Numbers between 0 and 1, of a shape."""


def offering(name: str, draw: Draw) -> Callable[..., Any]:
    """The function of this name, of whichever topic declares it, answering with what `draw` returns."""
    methods = [vars(protocol)[name] for protocol in TOPICS.values() if name in vars(protocol)]
    if not methods:
        raise AttributeError(name)
    return _answering(methods[0], draw, {})


def _answering(method: Callable[..., Any], draw: Draw, known: Dimensions) -> Callable[..., Any]:
    hints = get_type_hints(method, include_extras=True)
    returns = hints.pop("return")
    signature = inspect.signature(method)

    def answer(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(None, *args, **kwargs).arguments
        own: Dimensions = {}
        for name, hint in hints.items():
            if name in given:
                checked(given[name], hint, own, name)
        integers = {name: value for name, value in given.items() if type(value) is int}
        return _made(returns, draw, {**known, **integers, **own})

    return answer


def _made(expected: Any, draw: Draw, dimensions: Dimensions) -> Any:
    """Something of the type `expected`."""
    if getattr(expected, "_is_protocol", False):
        return _Handle(expected, draw, dimensions)
    if hasattr(expected, "dim_str"):
        numbers = draw(_shape(expected.dim_str, dimensions))
        kind = "float64" if "float64" in expected.dtypes else "int64" if "int64" in expected.dtypes else "bool"
        return (numbers * 2).astype(kind) if kind == "int64" else numbers.astype(kind)
    if get_origin(expected) is Annotated:
        inner, length = get_args(expected)
        return [_made(get_args(inner)[0], draw, dimensions) for _ in range(dimensions.get(length, 1))]
    if is_typeddict(expected):
        return {
            key: _made(hint, draw, dimensions) for key, hint in get_type_hints(expected, include_extras=True).items()
        }
    if get_origin(expected) is list:
        return [_made(get_args(expected)[0], draw, dimensions)]
    if get_origin(expected) is dict:
        return {"x": _made(get_args(expected)[1], draw, dimensions)}
    if get_origin(expected) is Literal:
        return get_args(expected)[0]
    if get_origin(expected) is Union:
        return None
    number = float(draw(()))
    return {float: number, int: int(2 * number), bool: number > 0.5, str: f"{number}"}.get(expected)


def _shape(names: str, dimensions: Dimensions) -> tuple[int, ...]:
    shape: list[int] = []
    for name in names.split():
        if name.startswith("*"):
            shape += [dimensions[f"{name}[{i}]"] for i in range(dimensions.get(f"{name} axes", 0))]
        elif name != "...":
            shape.append(int(name) if name.isdigit() else dimensions.get(name, 1))
    return tuple(shape)


class _Handle:
    """A handle that knows nothing either."""

    def __init__(self, protocol: type, draw: Draw, known: Dimensions) -> None:
        self._protocol, self._draw, self._known = protocol, draw, known

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return _answering(vars(self._protocol)[name], self._draw, self._known)
