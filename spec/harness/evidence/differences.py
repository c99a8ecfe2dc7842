"""How far one piece of plain data is from another, and where they first differ."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..errors import SpecificationError
from .results import DifferenceKind, DifferenceRecord


class Compared(NamedTuple):
    """Two pieces of plain data, compared."""

    error: float | None
    """The largest error of all numbers that could be compared."""
    first: DifferenceRecord | None = None
    """The first difference, if there is any."""
    item: Any = None
    """What the first difference is in, as it came: an item of a list or dict, or the whole."""
    differing: int = 0
    of: int = 0
    """How many entries differ, and out of how many."""

    def says(self, tolerance: float) -> str:
        """The first difference in words, and how large it is."""
        assert self.first is not None
        at = f" at {self.first.at}" if self.first.at else ""
        others = f"the first of {self.differing:,} in {self.of:,} that differ" if self.differing > 1 else ""
        size = "" if self.first.kind == "value" else f"different {self.first.kind}"
        if self.first.kind == "number":
            size = f"{'worst ' if others else ''}error {self.error:.3g}, tolerance {tolerance:.3g}"
        remarks = "; ".join(filter(None, (others, size)))
        return f"got {self.first.got}{at}, expected {self.first.expected}{f' ({remarks})' if remarks else ''}"


class _Leaf(NamedTuple):
    """One comparison of arrays, numbers or words: the errors of all entries, or why there are none."""

    errors: np.ndarray
    """(entries,); infinite where an entry differs and there is no error that could be measured."""
    at: str
    got: Any
    expected: Any
    """As arrays, where they are numbers."""
    item: Any
    kind: DifferenceKind = "number"


def compared(actual: Any, expected: Any, tolerance: float) -> Compared:
    """Compare `actual` with what is `expected`: to `tolerance` for floats, exactly for all else.

    Raises `SpecificationError` where what is expected is no plain data.
    """
    first: DifferenceRecord | None = None
    item: Any = None
    differing, of, largest = 0, 0, None
    for leaf in _leaves(actual, expected, ""):
        finite = leaf.errors[np.isfinite(leaf.errors)]
        if finite.size:
            largest = max(largest or 0.0, float(finite.max()))
        wrong = np.flatnonzero(~(leaf.errors <= tolerance))
        of += leaf.errors.size
        differing += wrong.size
        if wrong.size and first is None:
            first, item = _first(leaf, int(wrong[0])), leaf.item
    return Compared(0.0 if largest is None and first is None else largest, first, item, differing, of)


def _first(leaf: _Leaf, wrong: int) -> DifferenceRecord:
    """The difference at the entry of this number."""
    if leaf.kind != "number":
        return DifferenceRecord(kind=leaf.kind, got=leaf.got, expected=leaf.expected, at=leaf.at)
    index = np.unravel_index(wrong, leaf.got.shape)
    place = f"[{', '.join(map(str, index))}]" if index else ""
    return DifferenceRecord(
        kind="number" if math.isfinite(leaf.errors[wrong]) else "value",
        got=str(leaf.got[index].item()),
        expected=str(leaf.expected[index].item()),
        at=f"{leaf.at}{place}",
    )


def _leaves(actual: Any, expected: Any, at: str) -> Iterator[_Leaf]:
    """The comparisons that two pieces of plain data come down to, in the order of what is expected."""

    def differ(kind: DifferenceKind, got: str, instead: str) -> _Leaf:
        return _Leaf(np.array([math.inf]), at, got, instead, actual, kind)

    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            yield differ("type", brief(actual), f"a dict with the keys {sorted(expected)}")
        elif set(actual) != set(expected):
            yield differ("keys", f"the keys {sorted(actual)}", f"the keys {sorted(expected)}")
        else:
            for key in expected:
                yield from _leaves(actual[key], expected[key], f"{at}[{key!r}]")
        return
    if isinstance(expected, list | tuple) and not _numeric(expected):
        if not isinstance(actual, list | tuple):
            yield differ("type", brief(actual), brief(expected))
        elif len(actual) != len(expected):
            lengths = f" (length {len(actual)})", f" (length {len(expected)})"
            yield differ("length", brief(actual) + lengths[0], brief(expected) + lengths[1])
        else:
            for i, (one, other) in enumerate(zip(actual, expected, strict=True)):
                yield from _leaves(one, other, f"{at}[{i}]")
        return
    yield _leaf(actual, expected, at)


def _leaf(actual: Any, expected: Any, at: str) -> _Leaf:
    words = str | int | None
    if isinstance(expected, words) and isinstance(actual, words) and actual == expected:
        return _Leaf(np.zeros(1), at, actual, expected, actual)
    got, instead = _numbers(actual), _numbers(expected)
    if instead is None and not isinstance(expected, words):
        raise SpecificationError(
            f"evidence.equal: expected = {brief(expected)}{f' at {at}' if at else ''} is not plain data"
        )
    if got is None or instead is None:
        kind: DifferenceKind = "value" if type(actual) is type(expected) is str else "type"
        return _Leaf(np.array([math.inf]), at, brief(actual), brief(expected), actual, kind)
    if got.shape != instead.shape:
        shapes = f"the shape {got.shape}", f"the shape {instead.shape}"
        return _Leaf(np.array([math.inf]), at, *shapes, actual, "shape")
    exact = got.dtype.kind in "biu" and instead.dtype.kind in "biu"
    same = got == instead
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(got.astype(np.float64) - instead.astype(np.float64))
        errors = np.where(same, 0.0, distance / np.maximum(1.0, np.abs(instead.astype(np.float64))))
    errors = np.where(np.isnan(errors) | (exact & ~same), math.inf, errors)
    return _Leaf(errors.reshape(-1), at, got, instead, actual)


def _numbers(value: Any) -> np.ndarray | None:
    """`value` as an array, if it is nothing but bools, integers and floats."""
    try:
        array = np.asarray(value)
    except ValueError:  # a ragged list
        return None
    return array if array.dtype.kind in "biuf" else None


def _numeric(items: Sequence[Any]) -> bool:
    return bool(items) and all(isinstance(item, bool | int | float | np.generic) for item in items)


def brief(value: Any) -> str:
    """A value in Python's notation, cut to length."""
    text = np.array2string(value, threshold=8, precision=6) if isinstance(value, np.ndarray) else repr(value)
    return text if len(text) <= 200 else text[:197] + "…"
