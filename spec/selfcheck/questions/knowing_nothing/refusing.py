"""An implementation that refuses every question, naming all of its arguments and what they hold."""

from collections.abc import Callable
from typing import Any


def __getattr__(name: str) -> Callable[..., Any]:
    if name.startswith("__"):
        raise AttributeError(name)

    def refuse(*args: Any, **kwargs: Any) -> Any:
        arguments = "queries keys values images filters tokens vocabulary hyperparameters actions parameters data"
        raise ValueError(f"{name}: {arguments}: {args} {kwargs}")

    return refuse
