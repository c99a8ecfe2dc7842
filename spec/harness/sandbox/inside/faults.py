"""An implementation's exceptions as data, which can cross to another process."""

from collections.abc import Callable
from typing import Any, NamedTuple

from .loading import NotOffered, Unimportable
from .sanitise import clean

REFUSALS = (ValueError, TypeError)
"""What an implementation raises on bad input, or a subclass of it."""


class Fault(NamedTuple):
    """Why a call has no result. All fields are text, cleaned and cut."""

    kind: str
    """"no module", "no function", "unimportable", "unwritten", "memory", "unfit" or "raised"."""
    raised: str = ""
    """The name of the exception's type."""
    refusal: str = ""
    """"ValueError" or "TypeError", where the exception is one of them."""
    message: str = ""


class Faulted(Exception):
    """A call ended with a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def attempt(find: Callable[[], Callable[..., Any]], positional: list[Any], keywords: dict[str, Any]) -> Any:
    """Call the function that `find` returns; whatever looking it up or calling it raises is raised as `Faulted`."""
    __tracebackhide__ = True
    try:
        return find()(*positional, **keywords)
    # SystemExit and pytest's skip, fail and exit are BaseExceptions: an implementation gains nothing by raising them.
    except BaseException as error:
        raise Faulted(_fault_of(error)) from error


def _fault_of(error: BaseException) -> Fault:
    if isinstance(error, NotOffered):
        return Fault(error.kind)
    if isinstance(error, Unimportable):
        return Fault("unimportable", _type_name(error.reason), "", clean(error.reason))
    message = clean(error)
    if isinstance(error, NotImplementedError):
        return Fault("unwritten", message=message)
    # torch has an error of its own for a GPU's memory, and raises RuntimeError for a CPU's.
    if isinstance(error, MemoryError) or _type_name(error) == "OutOfMemoryError" or "can't allocate memory" in message:
        return Fault("memory", message=message)
    refusal = next((base.__name__ for base in REFUSALS if isinstance(error, base)), "")
    return Fault("raised", _type_name(error), refusal, message)


def _type_name(error: BaseException) -> str:
    return clean(type(error).__name__, 100)
