"""The project's own implementation with its numbers in other types: whichever the contract admits where they stand."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import numpy as np

from spec.contract import TOPICS

GIVEN_BACK = {"rotate", "rotation_task"}
"""Functions that hand on the very numbers they were given: the contract admits no narrower type of those."""


@dataclass(frozen=True)
class In:
    """Answers in these types, where the contract admits them and they can hold the numbers; else as they are."""

    floats: str
    integers: str

    def offer(self, name: str) -> Callable[..., Any]:
        """The function of this name, of whichever topic declares it."""
        for topic, protocol in TOPICS.items():
            if name in vars(protocol):
                function = getattr(importlib.import_module(f"impl.{topic}"), name)
                return function if name in GIVEN_BACK else self._converting(function, vars(protocol)[name])
        raise AttributeError(name)

    def _converting(self, function: Callable[..., Any], declared: Callable[..., Any]) -> Callable[..., Any]:
        returns = get_type_hints(declared, include_extras=True)["return"]
        return lambda *arguments, **keywords: self._converted(function(*arguments, **keywords), returns)

    def _converted(self, value: Any, expected: Any) -> Any:
        """A value in other types; an object as one whose methods answer so."""
        if getattr(expected, "_is_protocol", False):
            return _Handle(self, value, expected)
        if hasattr(expected, "dim_str"):
            return self._array(value, expected)
        if get_origin(expected) in (Annotated, Union) and value is not None:
            return self._converted(value, get_args(expected)[0])
        if is_typeddict(expected):
            hints = get_type_hints(expected, include_extras=True)
            return {key: self._converted(item, hints[key]) for key, item in value.items()}
        if get_origin(expected) is dict:
            return {key: self._converted(item, get_args(expected)[1]) for key, item in value.items()}
        if get_origin(expected) is list:
            return [self._converted(item, get_args(expected)[0]) for item in value]
        return self._number(value, expected)

    def _array(self, array: np.ndarray, expected: Any) -> np.ndarray:
        name = {"f": self.floats, "i": self.integers}.get(array.dtype.kind, "")
        # What a type admits is named without regard to the platform: longdouble is float128, or float96.
        if not name or np.dtype(name).name not in {*expected.dtypes, np.dtype(np.longdouble).name}:
            return array
        with np.errstate(over="ignore"):
            converted = array.astype(name)
        fits = np.isfinite(converted).all() if name == self.floats else (converted == array).all()
        return converted if fits else array

    def _number(self, value: Any, expected: Any) -> Any:
        """A number as NumPy's scalar of the type."""
        if expected is float:
            with np.errstate(over="ignore"):
                scalar = np.dtype(self.floats).type(value)
            return scalar if float(scalar) == value else value
        return np.dtype(self.integers).type(value) if expected is int and 0 <= value < 100 else value


class _Handle:
    def __init__(self, into: In, handle: Any, protocol: type) -> None:
        self._into, self._handle, self._protocol = into, handle, protocol

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return self._into._converting(getattr(self._handle, name), vars(self._protocol)[name])
