"""Words about what an implementation made: capped, and free of anything that a terminal would obey."""

import re
from typing import Any

import numpy as np

LONGEST = 1000
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


class Foreign:
    """Stands for something that is no plain data and was left where it is, in another process."""

    def __init__(self, description: str) -> None:
        self.description = description


def clean(said: Any, longest: int = LONGEST) -> str:
    """What `str` makes of something that is not to be trusted: control characters replaced, cut after `longest`."""
    try:
        text = str.__str__(str(said))
    except BaseException:
        return "(what it says cannot be told)"
    text = "".join(text[: longest + 1])
    return _CONTROL.sub("�", text if len(text) <= longest else text[: longest - 1] + "…")


def describe(value: Any) -> str:
    """What a value is, for an error message."""
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
