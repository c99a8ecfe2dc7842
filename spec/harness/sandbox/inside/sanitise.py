"""Text about what an implementation made: cut to length, and free of anything that a terminal would obey."""

import re
from typing import Any

import numpy as np

MAX_CHARACTERS = 1000
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_PRIVATE = re.compile(r"\b_implementation_[0-9a-f]{12}\b(\.?)")
"""The name that an implementation's package has while it runs, which nobody gave it."""


class Foreign:
    """Stands for a value that is not plain data and stayed in the process that made it."""

    def __init__(self, description: str) -> None:
        self.description = description


def clean(value: Any, longest: int = MAX_CHARACTERS) -> str:
    """`str(value)` of an untrusted value: control characters replaced, cut to `longest` characters. Never raises."""
    try:
        text = str.__str__(str(value))
    except BaseException:
        return "(its text cannot be read)"
    # A subclass of `str` may override slicing; `join` makes a plain one.
    text = "".join(text[: longest + 1])
    text = _PRIVATE.sub(lambda match: "" if match[1] else "submission", text)
    return _CONTROL.sub("�", text if len(text) <= longest else text[: longest - 1] + "…")


def describe(value: Any) -> str:
    """What a value is, in a few words for an error message."""
    if type(value) is Foreign:
        return value.description
    if type(value) is np.ndarray:
        return f"an array of {clean(value.dtype, 80)} with shape {value.shape}"
    if type(value) is int and abs(value) >= 10**80:
        return "an int of more than 80 digits"
    if value is None or type(value) in (bool, int, float, str) or isinstance(value, np.generic):
        text = clean(repr(value), 1000)
        return text if len(text) <= 80 else text[:77] + "…"
    if type(value) is dict:
        return f"a dict with the keys {', '.join(clean(repr(key), 80) for key in list(value)[:8]) or '(none)'}"
    if type(value) in (list, tuple):
        return f"a {type(value).__name__} of length {len(value)}"
    return clean(f"a {type(value).__module__}.{type(value).__qualname__}", 200)
