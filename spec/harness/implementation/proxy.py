"""The implementation under test as a test sees it: called only through the contract, wherever it runs.

A test holds an `Implementation`; `impl.metrics.f1(…)` checks and copies the arguments, calls, then checks and copies
the result. The same rules hold in one process as across a sandbox: what passes in one passes in the other.
"""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, NamedTuple, get_type_hints

from spec.contract import TOPICS

from ..errors import ContractViolation, ImplementationFault, SpecificationError
from ..sandbox.calls import Call, ReturnKind
from .journal import Asked, journal
from .loading import topics_of
from .transport import InProcess, Transport
from .types import Dimensions, NotPlain, bad_input, checked, widened

_to_be_refused = ContextVar("to be refused", default=False)
"""Whether arguments are to be refused, so that they need not be what the contract says."""


@contextmanager
def to_be_refused() -> Iterator[None]:
    """Calls in this block may hand over what the contract's types exclude: NaN, other lengths, another kind of data."""
    token = _to_be_refused.set(True)
    try:
        yield
    finally:
        _to_be_refused.reset(token)


class Implementation:
    """What tests call: the contract's topics as attributes, whoever implements them."""

    def __init__(self, where: str | None = None, transport: Transport | None = None) -> None:
        """Find the implementation at a path or module name; the project's own `impl` where that is None.

        It is imported into this process, unless there is a `transport`. Raises `SpecificationError` where there is
        nothing of that name. What is there but cannot be imported fails, with its reason, each claim that needs it.
        """
        self.name = where or "impl"
        self._transport = transport or InProcess(topics_of(where), self.name)
        self._topics = {
            topic: TopicProxy(topic, protocol, topic, self._transport, {}) for topic, protocol in TOPICS.items()
        }

    def __getattr__(self, topic: str) -> "TopicProxy":
        if topic.startswith("_") or topic not in self._topics:
            raise AttributeError(f"the contract has no topic {topic!r}; it has {', '.join(TOPICS)}")
        return self._topics[topic]

    def isolated(self, purpose: str, restarts: bool = False, question: str = "") -> "Implementation":
        """The same implementation for the claim or experiment `purpose`: behind a sandbox, in a worker for it alone.

        Its time is charged to the `question`. Once that worker has died, every call fails; with `restarts`, a new one
        takes its place.
        """
        transport = self._transport.isolated(purpose, restarts, question)
        return self if transport is self._transport else Implementation(self.name, transport)

    def renew(self) -> None:
        """Put away the worker if it has died: a new one answers the next call."""
        self._transport.renew()

    def close(self) -> None:
        """End the worker, if there is one."""
        self._transport.close()

    @contextmanager
    def memory_limit(self, gibibytes: float) -> Iterator[None]:
        """Calls in this block run out of memory once they take so much more address space than is in use.

        Enforced by the operating system (RLIMIT_AS), and not at all on systems without it. Behind a sandbox, they go to
        a fresh worker, which cannot lift the limit.
        """
        with self._transport.memory_limit(gibibytes):
            yield


class TopicProxy:
    """What one protocol of the contract declares, answered by whatever the implementation offers under those names."""

    def __init__(
        self,
        where: str,
        protocol: type,
        target: Any,
        transport: Transport,
        known: Dimensions,
        made_by: Asked | None = None,
    ) -> None:
        """`target` is a topic's name, or an object as the transport returned it from the call `made_by`.

        `known` are the lengths that this call fixed.
        """
        for name, method in vars(protocol).items():
            if inspect.isfunction(method) and name[0] != "_":
                setattr(self, name, _function(f"{where}.{name}", method, target, transport, known, made_by))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"the contract has no {name!r} here; it has {', '.join(vars(self))}")


class _Declaration(NamedTuple):
    """What the contract says of a function."""

    signature: inspect.Signature
    hints: dict[str, Any]
    """The types of the arguments."""
    returns: Any
    return_kind: ReturnKind

    def bound(
        self, where: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[inspect.BoundArguments, list[str], Dimensions]:
        """The arguments, checked, copied and with defaults applied; the names of those given; the lengths they fix."""
        __tracebackhide__ = True
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise SpecificationError(f"the specification called {where}: {error}") from None
        given = list(bound.arguments)
        # Arguments go in by position: one that was left out must not let the next take its place.
        bound.apply_defaults()
        dimensions: Dimensions = {}
        try:
            for name, value in bound.arguments.items():
                argument = f"{where}: argument {name}"
                bound.arguments[name] = (
                    bad_input(value, argument)
                    if _to_be_refused.get()
                    else checked(value, self.hints[name], dimensions, argument)
                )
        except NotPlain as error:
            raise SpecificationError(f"the specification called {error}") from None
        return bound, given, dimensions


@cache
def _declaration(method: Callable[..., Any]) -> _Declaration:
    hints = get_type_hints(method, include_extras=True)
    returns = hints.pop("return")
    kind = ReturnKind.NOTHING if returns is type(None) else ReturnKind.VALUE
    if getattr(returns, "_is_protocol", False):
        kind = ReturnKind.HANDLE
    _self, *parameters = inspect.signature(method).parameters.values()
    return _Declaration(inspect.Signature(parameters), hints, returns, kind)


def _function(
    where: str,
    method: Callable[..., Any],
    target: Any,
    transport: Transport,
    known: Dimensions,
    made_by: Asked | None,
) -> Callable[..., Any]:
    """A function with the contract's signature that checks what goes in, calls, and checks what comes out."""
    declaration = _declaration(method)
    returns, kind = declaration.returns, declaration.return_kind

    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        bound, given, dimensions = declaration.bound(where, args, kwargs)
        asked = journal.ask(where, made_by, {name: bound.arguments[name] for name in given}, kind)
        try:
            result = transport.call(Call(where, target, method.__name__, list(bound.args), bound.kwargs, kind))
            # Integer arguments name lengths too: `classes` of a classifier is the length of its logits.
            integers = {name: value for name, value in bound.arguments.items() if type(value) is int}
            dimensions = {**known, **integers, **dimensions}
            if kind is ReturnKind.VALUE:
                answer = _checked_result(result, returns, dimensions, where)
                result = widened(answer)
                journal.answer(asked, answer, result)
        except ImplementationFault as fault:
            journal.fault(asked, fault)
            raise
        if kind is ReturnKind.HANDLE:
            asked.returned = returns.__name__
            return TopicProxy(f"{where}()", returns, result, transport, dimensions, asked)
        return None if kind is ReturnKind.NOTHING else result

    call.__doc__ = method.__doc__
    return call


def _checked_result(result: Any, returns: Any, dimensions: Dimensions, where: str) -> Any:
    """What came back, as the contract's type; anything else is a `ContractViolation`."""
    __tracebackhide__ = True
    try:
        return checked(result, returns, dimensions, f"{where}: the result")
    except NotPlain as error:
        raise ContractViolation(str(error)) from None
    except RecursionError:
        raise ContractViolation(f"{where}: the result is nested too deeply") from None
