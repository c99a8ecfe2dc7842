"""What an implementation was asked, call by call, as far as it takes to write a failing example down.

A test's calls are kept while it runs; under Hypothesis those of the present example, so that when the test fails they
are those of the smallest one, whatever Hypothesis says of it. Arguments and answers are kept as they were at the time:
small ones are copied, of large ones the beginning and the range.
"""

import functools
import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..errors import ImplementationFault
from ..sandbox.calls import ReturnKind
from ..sandbox.inside.sanitise import Foreign, describe

MOST_CALLS = 4096
"""Calls of one example that are kept; the last ones."""
ENTRIES = 100
"""Up to how many entries an array is kept whole, or items a list, unless told otherwise."""
MOST_AGAIN = 16
"""Calls that are kept of the arm of an experiment: the last ones."""
BEGINNING = 8
"""Entries that are kept of what is too large to be kept whole."""
MOST_CHANGES = 3
"""Calls that changed an object, such as `train`, that are kept for what it is asked later; the last ones."""
MOST_PARTS = 64
"""Items of an answer by which it is known again."""
ATTRIBUTE = "claims_calls"
"""Under which an exception has the calls that it is about."""


class Excerpt(NamedTuple):
    """Of an array that is too large to be kept: its first entries, and between which numbers all lie."""

    first: np.ndarray
    shape: tuple[int, ...]
    low: Any
    high: Any


class Beginning(NamedTuple):
    """Of a list that is too long to be kept: its first items."""

    first: list[Any]
    length: int


@dataclass(eq=False, slots=True)
class Asked:
    """One call: what was asked, and what came back."""

    number: int
    """Rises from call to call."""
    where: str
    """Such as "metrics.f1", or "gan.gans().train" of an object."""
    target: "Asked | None"
    """The call that returned the object that this one is asked of."""
    arguments: dict[str, Any]
    returns: ReturnKind
    returned: str = ""
    """The contract's name of the object that it returns, if it does."""
    answer: Any = None
    answered: bool = False
    fault: str = ""
    """Why there is no answer that can be used."""
    changes: tuple["Asked", ...] = ()
    """Calls that changed the object that it returned: the last ones so far."""
    changed: int = 0
    """How many there were so far."""
    before: tuple["Asked", ...] = ()
    """Those that had changed the object that it is asked of, as far as they are kept."""
    forgotten: int = 0
    """How many more there had been."""
    parts: list[Any] = field(default_factory=list)
    """The answer and its items, arrays by weak references: what a test may go on with."""

    def gave(self, value: Any) -> bool:
        """Whether a value is the answer, an item of it, or a view of one of its arrays."""
        known = [part() if isinstance(part, weakref.ref) else part for part in self.parts]
        while value is not None:
            if any(value is part for part in known):
                return True
            value = value.base if type(value) is np.ndarray else None
        return False


class Journal:
    """The calls of the example under way."""

    def __init__(self) -> None:
        self.calls: deque[Asked] = deque(maxlen=MOST_CALLS)
        self.number = 0
        self.noted = 0
        """How many calls were noted, those that were noted again included."""
        self.entries = ENTRIES
        """0 for any number."""

    def begin(self) -> None:
        """Forget the calls of the example before."""
        self.calls.clear()

    def ask(self, where: str, target: Asked | None, arguments: dict[str, Any], returns: ReturnKind) -> Asked:
        """Note a call that is about to be made."""
        self.number += 1
        asked = Asked(
            self.number, where, target, {name: self.kept(value) for name, value in arguments.items()}, returns
        )
        self.again([asked])
        if target is not None:
            asked.before, asked.forgotten = target.changes, target.changed - len(target.changes)
            if returns is ReturnKind.NOTHING:
                target.changes = (*target.changes, asked)[-MOST_CHANGES:]
                target.changed += 1
        return asked

    def answer(self, asked: Asked, answer: Any, value: Any) -> None:
        """Note what came back, and as what value it is handed on."""
        asked.answer, asked.answered = self.kept(answer), True
        asked.parts = [
            weakref.ref(part) if type(part) is np.ndarray else part
            for part in _parts(value)
            # There is one None, one True and one 0 only.
            if part is not None and type(part) not in (bool, int, str)
        ]

    def fault(self, asked: Asked, fault: ImplementationFault) -> None:
        """Note that no answer came that can be used; the exception is about this call, if about none yet."""
        asked.fault = str(fault).removeprefix(asked.where).lstrip(": ")
        attach(fault, [asked])

    def since(self, noted: int) -> list[Asked]:
        """The last calls since so many were noted, for `again`; one that was answered is among them, if one was."""
        calls = list(self.calls)[-(self.noted - noted) :] if self.noted > noted else []
        last = calls[-MOST_AGAIN:]
        if not any(asked.answered for asked in last):
            last = [asked for asked in calls if asked.answered][-1:] + last
        return last

    def again(self, calls: Iterable[Asked]) -> None:
        """Note calls of which a test reads the answers that an earlier test has waited for."""
        calls = list(calls)
        self.noted += len(calls)
        self.calls.extend(calls)

    def that_gave(self, value: Any) -> list[Asked]:
        """The call that this is the answer of, or a part of it; none where that is not known."""
        return [asked for asked in self.calls if asked.gave(value)]

    def kept(self, value: Any) -> Any:
        """A value as it is now, without what is too large; of what is no plain data, its description."""
        entries = self.entries or sys.maxsize
        kind = type(value)
        if value is None or kind in (bool, int, float, str):
            return value
        if kind is np.ndarray and value.dtype.kind in "biuf":
            if value.size <= entries:
                return value.copy()
            return Excerpt(value.reshape(-1)[:BEGINNING].copy(), value.shape, value.min(), value.max())
        if kind is list and len(value) > entries:
            return Beginning([self.kept(item) for item in value[:BEGINNING]], len(value))
        if kind is list:
            return [self.kept(item) for item in value]
        if kind is dict and len(value) <= entries:
            return {key: self.kept(item) for key, item in value.items()}
        if isinstance(value, np.generic) and value.dtype.kind in "biuf":
            return value
        return Foreign(describe(value))

    @contextmanager
    def example(self) -> Iterator[None]:
        """One example, or a test without any: what it raises is about its calls, if about no certain one."""
        self.begin()
        try:
            yield
        except Exception as error:
            attach(error, self.calls)
            raise

    def by_example(self, test: Callable[..., Any]) -> Callable[..., Any]:
        """A test as Hypothesis calls it, once for each example."""

        @functools.wraps(test)
        def once(*arguments: Any, **keywords: Any) -> Any:
            __tracebackhide__ = True
            with self.example():
                return test(*arguments, **keywords)

        return once


journal = Journal()
"""Of this process."""


def attach(error: BaseException, calls: Iterable[Asked]) -> None:
    """Say which calls an exception is about, unless that was said."""
    if not hasattr(error, ATTRIBUTE):
        with suppress(AttributeError):
            setattr(error, ATTRIBUTE, tuple(calls))


def calls_of(error: BaseException) -> tuple[Asked, ...]:
    """The calls that an exception is about."""
    return getattr(error, ATTRIBUTE, ())


def _parts(answer: Any) -> list[Any]:
    """An answer, or its items where it has any."""
    if type(answer) is dict:
        return list(answer.values())[:MOST_PARTS]
    return answer[:MOST_PARTS] if type(answer) is list else [answer]
