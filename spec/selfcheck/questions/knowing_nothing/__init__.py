"""Implementations that know nothing: answers of the right type, made from the contract alone.

Each module is what `--impl` takes. They use what the contract says of every function, so they keep to it however it
grows.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from spec.contract import TOPICS
from spec.harness.implementation.types import Dimensions, NotPlain, checked

LARGEST_INTEGER = 2**62


@dataclass(frozen=True)
class Answers:
    """How to answer a question without knowing what it means."""

    draw: Callable[[tuple[int, ...]], np.ndarray]
    """Floating-point numbers of a shape. Of integers, the same times two."""
    unknown_length: int = 1
    """Of an axis, or of a list, whose length the question does not tell."""
    echoes: bool = False
    """Whether an argument is handed back where its type fits, and numbers are drawn only where none does."""

    def offer(self, name: str) -> Callable[..., Any]:
        """The function of this name, of whichever topic declares it."""
        methods = [vars(protocol)[name] for protocol in TOPICS.values() if name in vars(protocol)]
        if not methods:
            raise AttributeError(name)
        return _answering(methods[0], self, {}, [])


def _answering(method: Callable[..., Any], how: Answers, known: Dimensions, arguments: list[Any]) -> Callable[..., Any]:
    hints = get_type_hints(method, include_extras=True)
    returns = hints.pop("return")
    signature = inspect.signature(method)

    def answer(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(None, *args, **kwargs).arguments
        axes: Dimensions = {}
        for name, hint in hints.items():
            if name in bound:
                checked(bound[name], hint, axes, name)
        integers = {name: value for name, value in bound.items() if type(value) is int}
        values = [value for name, value in bound.items() if name != "self"]
        return _made(returns, how, {**known, **integers, **axes}, values + arguments)

    return answer


def _made(expected: Any, how: Answers, dimensions: Dimensions, arguments: list[Any]) -> Any:
    """Something of the type `expected`."""
    if getattr(expected, "_is_protocol", False):
        return _Handle(expected, how, dimensions, arguments)
    if how.echoes:
        for value in arguments:
            try:
                return checked(value, expected, dict(dimensions), "")
            except NotPlain:
                continue
    if hasattr(expected, "dim_str"):
        numbers = how.draw(_shape(expected.dim_str, dimensions, how.unknown_length))
        kind = "float64" if "float64" in expected.dtypes else "int64" if "int64" in expected.dtypes else "bool"
        return _integers(numbers) if kind == "int64" else numbers.astype(kind)
    if get_origin(expected) is Annotated:
        inner, length = get_args(expected)
        items = range(dimensions.get(length, how.unknown_length))
        return [_made(get_args(inner)[0], how, dimensions, arguments) for _ in items]
    if is_typeddict(expected):
        hints = get_type_hints(expected, include_extras=True)
        return {key: _made(hint, how, dimensions, arguments) for key, hint in hints.items()}
    if get_origin(expected) is list:
        return [_made(get_args(expected)[0], how, dimensions, arguments) for _ in range(how.unknown_length)]
    if get_origin(expected) is dict:
        return {"x": _made(get_args(expected)[1], how, dimensions, arguments)}
    if get_origin(expected) is Literal:
        return get_args(expected)[0]
    if get_origin(expected) is Union:
        return None
    number = how.draw(())
    scalars = {float: float(number), int: int(_integers(number)), bool: bool(number > 0.5), str: f"{float(number)}"}
    return scalars.get(expected)


def _integers(numbers: np.ndarray) -> np.ndarray:
    whole = np.clip(np.nan_to_num(2 * numbers, nan=LARGEST_INTEGER), -LARGEST_INTEGER, LARGEST_INTEGER)
    return whole.astype(np.int64)


def _shape(names: str, dimensions: Dimensions, unknown_length: int) -> tuple[int, ...]:
    shape: list[int] = []
    for name in names.split():
        if name.startswith("*"):
            shape += [dimensions[f"{name}[{i}]"] for i in range(dimensions.get(f"{name} axes", 0))]
        elif name != "...":
            shape.append(int(name) if name.isdigit() else dimensions.get(name, unknown_length))
    return tuple(shape)


class _Handle:
    """A handle that knows nothing either."""

    def __init__(self, protocol: type, how: Answers, known: Dimensions, arguments: list[Any]) -> None:
        self._protocol, self._how, self._known, self._arguments = protocol, how, known, arguments

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return _answering(vars(self._protocol)[name], self._how, self._known, self._arguments)
