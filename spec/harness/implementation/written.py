"""Calls of an implementation as Python: lines that can be pasted where its modules are imported.

Arrays are written out, with their dtype where NumPy would not choose it. One that is too large is written as
`np.resize` of its first entries: of the same shape and type, and said to be no more than that.
"""

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from ..counts import counted
from ..sandbox.calls import ReturnKind
from ..sandbox.inside.sanitise import Foreign, clean
from .journal import Asked, Beginning, Excerpt

MOST_CALLS = 6
"""Calls that are written, of those that an exception is about: the last ones, and what these were asked of."""
LONGEST_ANSWER = 400
MOST_ITEMS = 8
"""Items of a dict that an answer is shown with."""


class CallRecord(msgspec.Struct, kw_only=True):
    """One call of the implementation: a line of Python, and what came back."""

    call: str
    """Such as `metrics.precision(y_true=np.array([1, 1, 0]), y_pred=np.array([1, 0, 0]))`."""
    answer: str = ""
    """What came back, in the same notation; empty where that is an object, which has a name in `call`, or nothing."""
    fault: str = ""
    """Why no answer came that can be used."""
    abbreviated: list[str] = []
    """What of the call is not whole: a sentence for each argument."""

    @property
    def line(self) -> str:
        """The call with its answer as a comment: still a line of Python."""
        comments = [*([f"→ {self.answer}"] if self.answer else []), *self.abbreviated]
        return f"{self.call}  # {'; '.join(comments)}" if comments else self.call


def written(calls: Sequence[Asked]) -> list[CallRecord]:
    """The last of these calls, each after those that made and changed the object it is asked of."""
    needed: dict[int, Asked] = {}
    for asked in calls[-MOST_CALLS:]:
        _need(asked, needed)
    in_order = [needed[number] for number in sorted(needed)]
    names = _names(in_order)
    records = {asked.number: _record(asked, names) for asked in in_order}
    for made in in_order:
        # As many as the first call of those asked for had before it: later ones had these among theirs.
        forgotten = next((asked.forgotten for asked in in_order if asked.target is made and asked in calls), 0)
        if forgotten:
            records[made.number].abbreviated.append(
                f"omitted here: {counted(forgotten, 'call')} that changed {names[made.number]}"
            )
    return list(records.values())


def _need(asked: Asked, needed: dict[int, Asked]) -> None:
    if asked.number in needed:
        return
    needed[asked.number] = asked
    if asked.target is not None:
        _need(asked.target, needed)
        needed.update({change.number: change for change in asked.before})


def _names(calls: Sequence[Asked]) -> dict[int, str]:
    """A variable for every object that the calls return, by the number of the call."""
    names: dict[int, str] = {}
    for asked in calls:
        if asked.returned:
            name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", asked.returned).lower()
            taken = sum(other.rstrip("_0123456789") == name for other in names.values())
            names[asked.number] = f"{name}_{taken + 1}" if taken else name
    return names


def _record(asked: Asked, names: dict[int, str]) -> CallRecord:
    function = asked.where
    if asked.target is not None:
        function = f"{names[asked.target.number]}.{asked.where.rpartition('.')[2]}"
    abbreviated: list[str] = []
    written_out = []
    for name, value in asked.arguments.items():
        abbreviations: list[str] = []
        written_out.append(f"{name}={as_python(value, abbreviations.append)}")
        abbreviated += [f"{name}: {says}" for says in abbreviations]
    arguments = ", ".join(written_out)
    call = f"{function}({arguments})"
    if asked.number in names:
        call = f"{names[asked.number]} = {call}"
    answer = shown(asked.answer) if asked.answered and asked.returns is ReturnKind.VALUE else ""
    return CallRecord(
        call=clean(call, sys.maxsize), answer=answer, fault=" ".join(asked.fault.split()), abbreviated=abbreviated
    )


def shown(value: Any) -> str:
    """A kept value in Python's notation if it is short, else what it is."""
    if isinstance(value, Excerpt):
        return _in_words(value.first.dtype, value.shape, value.low, value.high)
    if isinstance(value, dict):
        items = [f"{key!r}: {shown(item)}" for key, item in list(value.items())[:MOST_ITEMS]]
        return clean(f"{{{', '.join([*items, *(['…'] if len(value) > MOST_ITEMS else [])])}}}", LONGEST_ANSWER)
    text = clean(as_python(value, lambda _: None), LONGEST_ANSWER)
    if isinstance(value, np.ndarray) and len(text) == LONGEST_ANSWER:
        return _in_words(value.dtype, value.shape, value.min(), value.max())
    return text


def as_python(value: Any, abbreviate: Callable[[str], object]) -> str:
    """A kept value in Python's notation; `abbreviate` is told what is not whole."""
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Excerpt):
        return _excerpt(value, abbreviate)
    if isinstance(value, Beginning):
        abbreviate(f"the first {len(value.first)} of {value.length:,} items")
        return f"[{', '.join([*(as_python(item, abbreviate) for item in value.first), '...'])}]"
    if isinstance(value, list):
        return f"[{', '.join(as_python(item, abbreviate) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key!r}: {as_python(item, abbreviate)}' for key, item in value.items())}}}"
    if isinstance(value, Foreign):
        return value.description
    if isinstance(value, np.generic):
        return f"np.{value.dtype.name}({_entry(value)})"
    return _number(repr(value)) if type(value) is float else repr(value)


def _array(array: np.ndarray) -> str:
    dtype = array.dtype
    if array.size == 0:
        return f"np.zeros({array.shape}{_dtype(dtype, 'float64')})"
    if array.size > MOST_ITEMS and (array == array.flat[0]).all():
        return f"np.full({array.shape}, {_entry(array.flat[0])}{_dtype(dtype, 'int64', 'float64', 'bool')})"
    return f"np.array({_nested(array)}{_dtype(dtype, 'int64', 'float64', 'bool')})"


def _excerpt(excerpt: Excerpt, abbreviate: Callable[[str], object]) -> str:
    first, shape, low, high = excerpt
    dtype = _dtype(first.dtype, "int64", "float64", "bool")
    if low == high:
        return f"np.full({shape}, {_entry(low)}{dtype})"
    size = int(np.prod(shape))
    abbreviate(f"the first {first.size} of {size:,} entries, repeated; all entries lie in {_range(low, high)}")
    return f"np.resize(np.array({_nested(first)}{dtype}), {shape})"


def _in_words(dtype: np.dtype, shape: tuple[int, ...], low: Any, high: Any) -> str:
    return f"{dtype.name} array of shape {shape}, entries in {_range(low, high)}"


def _range(low: Any, high: Any) -> str:
    low, high = low.item(), high.item()
    return f"{low:.6g} … {high:.6g}" if isinstance(low, float) else f"{low} … {high}"


def _dtype(dtype: np.dtype, *usual: str) -> str:
    return "" if dtype.name in usual else f", dtype=np.{'bool_' if dtype.name == 'bool' else dtype.name}"


def _nested(array: np.ndarray) -> str:
    return f"[{', '.join(map(_nested, array))}]" if array.ndim else _entry(array[()])


def _entry(number: Any) -> str:
    """An entry of an array, with as many digits as its type needs."""
    return _number(str(number)) if number.dtype.kind == "f" else str(number.item())


def _number(text: str) -> str:
    return re.sub(r"^(-?)(inf|nan)$", r"\1np.\2", text)
