"""An implementation that answers every question with zeros."""

from collections.abc import Callable
from typing import Any

import numpy as np

from spec.selfcheck.nothing import offering


def __getattr__(name: str) -> Callable[..., Any]:
    return offering(name, np.zeros)
