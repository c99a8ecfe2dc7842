"""One call of an implementation, wherever that runs."""

from enum import Enum
from typing import Any, NamedTuple


class ReturnKind(Enum):
    """What the contract says a function returns."""

    VALUE = "plain data"
    HANDLE = "an object that stays where it is"
    NOTHING = "nothing"


class Call(NamedTuple):
    """A function of the contract, and the arguments to call it with."""

    where: str
    """What errors call it: "metrics.f1", "gan.gans().train"."""
    target: Any
    """The topic that has the function, or the object, as an earlier call returned it."""
    name: str
    positional: list[Any]
    keywords: dict[str, Any]
    returns: ReturnKind
