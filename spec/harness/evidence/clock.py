"""Processor time, charged to what spent it: an arm of an experiment, or a test without the arms it was first to read.

Which test pays for an arm depends on order, workers and selection; what the arm itself takes does not. Processor time
is used because workers share cores: waiting costs none of it. That of an implementation in processes of its own counts.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_elsewhere: Callable[[], float] = float
"""Processor seconds that count beside this process's own; `float()` is 0."""
_within: list[float] = []
"""For every block under way, outermost first: the seconds that blocks inside it have taken."""


def also_count(elsewhere: Callable[[], float]) -> None:
    """From now on, count with this process's time what `elsewhere` returns: that of the implementation's processes."""
    global _elsewhere
    _elsewhere = elsewhere


def _now() -> float:
    return time.process_time() + _elsewhere()


@dataclass
class Charge:
    """What one block took, in seconds, without the blocks inside it; known once it has ended."""

    seconds: float = 0.0


@contextmanager
def charged() -> Iterator[Charge]:
    """Measure a block; a block inside it is charged apart."""
    charge = Charge()
    _within.append(0.0)
    began = _now()
    try:
        yield charge
    finally:
        elapsed = _now() - began
        charge.seconds = elapsed - _within.pop()
        if _within:
            _within[-1] += elapsed
