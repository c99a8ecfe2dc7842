"""What becomes of an implementation's exceptions: data that can cross to another process."""

from collections.abc import Callable
from typing import Any, NamedTuple

from .loading import NotOffered, Unimportable
from .sanitise import clean

REFUSALS = (ValueError, TypeError)
"""What bad input raises, or a subclass of it."""


class Fault(NamedTuple):
    """Why a call gave no answer."""

    kind: str
    """"no module", "no function", "unimportable", "unwritten", "memory" or "raised"."""
    raised: str = ""
    """The exception's type."""
    refusal: str = ""
    """"ValueError" or "TypeError", where it is one of them."""
    says: str = ""


class Faulted(Exception):
    """A call ended with a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def attempt(find: Callable[[], Callable[..., Any]], positional: list[Any], keywords: dict[str, Any]) -> Any:
    """Call into the implementation; whatever it raises, also while looked up, becomes a fault."""
    __tracebackhide__ = True
    try:
        return find()(*positional, **keywords)
    # SystemExit and pytest's own skip, fail and exit are BaseExceptions: raising them gains an implementation nothing.
    except BaseException as error:
        raise Faulted(fault_of(error)) from error


def fault_of(error: BaseException) -> Fault:
    """The fault that an exception is."""
    if isinstance(error, NotOffered):
        return Fault(error.what)
    if isinstance(error, Unimportable):
        return Fault("unimportable", _name(error.reason), "", clean(error.reason))
    says = clean(error)
    if isinstance(error, NotImplementedError):
        return Fault("unwritten", says=says)
    # torch says it in an error of its own on a GPU, and in a RuntimeError on a CPU.
    if isinstance(error, MemoryError) or _name(error) == "OutOfMemoryError" or "can't allocate memory" in says:
        return Fault("memory", says=says)
    refusal = next((base.__name__ for base in REFUSALS if isinstance(error, base)), "")
    return Fault("raised", _name(error), refusal, says)


def _name(error: BaseException) -> str:
    return clean(type(error).__name__, 100)
