"""A comparison as a picture: one dot per replicate on a line, with the margin or the interval that they are held to.

Positions along the line are percentages, so that the picture fills its container while its dots stay round.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..evidence.results import EvidenceRecord

LEFT, WIDTH = 3.0, 94.0
"""Where the line begins, and how long it is, in percent of the picture's width."""
TOUCHING = 2.4
"""Dots closer than this, in percent, are put one above the other."""
RADIUS, SMALLER, MANY = 3.6, 3.0, 8
"""Pixels: how large dots are, and how large where so many lie on one another."""
TOP, BELOW = 20.0, 34.0
"""Pixels above the dots and below them."""


@dataclass(frozen=True)
class Dot:
    """One replicate."""

    value: float
    counts: bool
    """Whether it lies on the right side of the margin, or in the interval."""
    x: float
    y: float


@dataclass(frozen=True)
class Mark:
    """A place on the line with something written at it."""

    text: str
    x: float
    anchor: str


@dataclass(frozen=True)
class DotPlot:
    """The positions of everything: x in percent, y in pixels."""

    height: float
    radius: float
    line: float
    """How far down the line is."""
    dots: list[Dot]
    counted: tuple[float, float]
    """From where to where a dot counts."""
    margins: list[Mark]
    ticks: list[Mark]
    zero: float | None
    mean: float
    low: float
    high: float


def picture(record: EvidenceRecord) -> DotPlot:
    """Lay out a decided comparison."""
    values, region = record.values or [], record.region
    bounds: list[float] = np.ravel(region.margin).tolist()
    shown = [*values, *bounds, record.low or 0.0, record.high or 0.0, *([0.0] if region.signed else [])]
    low, high = min(shown), max(shown)
    if low == high:
        low, high = low - 0.5, high + 0.5

    def place(value: float) -> float:
        return round(LEFT + WIDTH * (value - low) / (high - low), 2)

    levels = _levels([place(value) for value in values])
    highest = max(levels, default=0)
    radius = SMALLER if highest >= MANY else RADIUS
    step = 2 * radius + 0.6
    line = round(TOP + step * highest + 6, 1)
    ends = [place(bound) for bound in bounds]
    return DotPlot(
        height=line + BELOW,
        radius=radius,
        line=line,
        dots=[
            Dot(value, right, place(value), round(line - 7 - step * level, 1))
            for value, right, level in zip(values, region.right(np.array(values)).tolist(), levels, strict=True)
        ],
        counted=(ends[0], ends[1] if len(ends) > 1 else 100.0),
        margins=[
            Mark(with_minus_signs(region.short), ends[0], "start" if ends[0] < 70 else "end")
            if len(bounds) == 1
            else Mark(number(bound), end, anchor)
            for bound, end, anchor in zip(bounds, ends, ("start", "end"), strict=False)
        ],
        ticks=_ticks(low, high, region.signed, place),
        zero=place(0.0) if low <= 0 <= high else None,
        mean=place(record.mean or 0.0),
        low=place(record.low or 0.0),
        high=place(record.high or 0.0),
    )


def number(value: float | None, signed: bool = False) -> str:
    """A number to three digits, with a typographic minus sign; "" for None."""
    return "" if value is None else with_minus_signs(f"{value:{'+' if signed else ''}.3g}")


def with_minus_signs(text: str) -> str:
    """Replace hyphens by minus signs; for numbers and words without a hyphen."""
    return text.replace("-", "−")


def _levels(places: list[float]) -> list[int]:
    """How many dots each dot has under it: the lowest level on which it touches none that lies there already."""
    levels = [0] * len(places)
    rightmost: list[float] = []  # of the dots that lie on each level
    for i in sorted(range(len(places)), key=places.__getitem__):
        free = (level for level, last in enumerate(rightmost) if places[i] - last >= TOUCHING)
        levels[i] = next(free, len(rightmost))
        rightmost[levels[i] : levels[i] + 1] = [places[i]]
    return levels


def _ticks(low: float, high: float, signed: bool, place: Callable[[float], float]) -> list[Mark]:
    """The ends of the line and 0, but for ends that 0 stands too near to."""
    ends = [Mark(number(low, signed), place(low), "start"), Mark(number(high, signed), place(high), "end")]
    if not low <= 0 <= high:
        return ends
    zero = Mark("0", place(0.0), "middle")
    return [zero, *(end for end in ends if abs(end.x - zero.x) > 12)]
