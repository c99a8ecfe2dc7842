"""The implementation under test: called only through the contract, wherever it runs.

A test holds an `Implementation`; `impl.metrics.f1(…)` checks and copies the arguments, calls, then checks and copies
the result. The same rules hold here, in one process, as across a sandbox: what passes here passes there.
"""

import hashlib
import importlib
import importlib.util
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, get_type_hints

from spec.contract import TOPICS

from ..errors import ContractViolation, SpecificationError
from ..paths import IMPL, PROJECT
from ..sandbox import ReturnKind
from ..sandbox.inside.loading import Find, at_path, by_topic
from .transport import InProcess, Transport
from .types import Dimensions, NotPlain, checked


class Implementation:
    """What tests call: the contract's topics as attributes, whoever implements them."""

    def __init__(self, where: str | None = None, transport: Transport | None = None) -> None:
        """Find the implementation at a path or module name; the project's own `impl` where that is None.

        It is imported into this process, unless `transport` leads elsewhere. Raises `SpecificationError` where there is
        nothing of that name. What is there but cannot be imported fails, with its reason, each claim that needs it.
        """
        self.name = where or "impl"
        self._transport = transport or InProcess(_found(where), self.name)
        self._topics = {
            topic: TopicProxy(topic, protocol, topic, self._transport, {}) for topic, protocol in TOPICS.items()
        }

    def __getattr__(self, topic: str) -> "TopicProxy":
        if topic.startswith("_") or topic not in self._topics:
            raise AttributeError(f"the contract has no topic {topic!r}; it has {', '.join(TOPICS)}")
        return self._topics[topic]

    def isolated(self, what: str, restarts: bool = False) -> "Implementation":
        """The same implementation for one test or experiment, `what`: in a worker of its own where there is a sandbox.

        If that dies, a new one takes its place where `restarts` is true; else it is over.
        """
        if isinstance(self._transport, InProcess):
            return self
        return Implementation(self.name, self._transport.isolated(what, restarts))

    def close(self) -> None:
        """End the worker, if there is one."""
        self._transport.close()

    @contextmanager
    def memory_limit(self, gibibytes: float) -> Iterator[None]:
        """Calls made in this block may take so much more memory than is in use; beyond it they are out of memory.

        Kept by the operating system (RLIMIT_AS), so it is no limit where that is not to be had. In a sandbox they go to
        a fresh worker, which cannot lift it.
        """
        with self._transport.memory_limit(gibibytes):
            yield


class TopicProxy:
    """What one protocol of the contract declares, answered by whatever the implementation offers under those names."""

    def __init__(self, where: str, protocol: type, target: Any, transport: Transport, dimensions: Dimensions) -> None:
        """`target` is a topic's name, or an object as the transport handed it over."""
        for name, method in _methods(protocol).items():
            ask = partial(transport.call, f"{where}.{name}", target, name)
            setattr(self, name, _call(f"{where}.{name}", method, ask, transport, dimensions))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"the contract has no {name!r} here; it has {', '.join(vars(self))}")


def _methods(protocol: type) -> dict[str, Callable[..., Any]]:
    return {name: method for name, method in vars(protocol).items() if inspect.isfunction(method) and name[0] != "_"}


def _call(
    where: str, method: Callable[..., Any], ask: Callable[..., Any], transport: Transport, known: Dimensions
) -> Any:
    """A function with the contract's signature that checks what goes in, calls, and checks what comes out."""
    signature = inspect.signature(method)
    hints = get_type_hints(method, include_extras=True)
    returns = hints.pop("return")
    is_handle = getattr(returns, "_is_protocol", False)
    sort = ReturnKind.HANDLE if is_handle else ReturnKind.NOTHING if returns is type(None) else ReturnKind.VALUE
    keyword_only = {
        name for name, parameter in signature.parameters.items() if parameter.kind is parameter.KEYWORD_ONLY
    }

    def call(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            bound = signature.bind(None, *args, **kwargs)
        except TypeError as error:
            raise SpecificationError(f"the specification called {where}: {error}") from None
        # Arguments go in by position: one that was left out must not let the next take its place.
        bound.apply_defaults()
        del bound.arguments["self"]
        dimensions: Dimensions = {}
        try:
            for name, value in bound.arguments.items():
                bound.arguments[name] = checked(value, hints[name], dimensions, f"{where}: argument {name}")
        except NotPlain as error:
            raise SpecificationError(f"the specification called {error}") from None
        positional = [value for name, value in bound.arguments.items() if name not in keyword_only]
        keywords = {name: bound.arguments[name] for name in keyword_only & set(bound.arguments)}
        result = ask(positional, keywords, sort)
        dimensions = {**known, **_integers(bound.arguments), **dimensions}
        if sort is ReturnKind.NOTHING:
            return None
        if sort is ReturnKind.HANDLE:
            return TopicProxy(f"{where}()", returns, result, transport, dimensions)
        try:
            return checked(result, returns, dimensions, f"{where}: the result")
        except NotPlain as error:
            raise ContractViolation(str(error)) from None
        except RecursionError:
            raise ContractViolation(f"{where}: the result is nested too deeply") from None

    call.__doc__ = method.__doc__
    return call


def _integers(arguments: dict[str, Any]) -> Dimensions:
    """Integer arguments name dimensions too: `classes` of a classifier is the length of its logits."""
    return {name: value for name, value in arguments.items() if type(value) is int}


def is_path(where: str) -> bool:
    """Whether `--impl` names a place rather than a module."""
    return os.sep in where or where.endswith(".py") or Path(where).exists()


def is_outside(where: str | None) -> bool:
    """Whether `--impl` names a place outside this project."""
    return where is not None and is_path(where) and not Path(where).resolve().is_relative_to(PROJECT)


def checked_path(path: Path) -> Path:
    """The path of a folder or a `.py` file; anything else raises `SpecificationError`."""
    if not path.exists():
        raise SpecificationError(f"--impl {path}: there is no such file or folder")
    if not path.is_dir() and path.suffix != ".py":
        raise SpecificationError(f"--impl {path}: expected a folder with one module per topic, or a .py file")
    return path


def private_name(path: Path) -> str:
    """The name under which the modules at a path are imported: it shadows nothing."""
    return f"_implementation_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"


def _found(where: str | None) -> Find:
    if where is not None and not is_path(where):
        return _module(where)
    path = checked_path(Path(where) if where else IMPL)
    return at_path(path, private_name(path))


def _module(name: str) -> Find:
    """What an importable module or package offers, topic by topic."""
    offered = by_topic(lambda: importlib.import_module(name))
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise SpecificationError(f"--impl {name}: cannot be found: {error}") from error
    except KeyboardInterrupt:
        raise
    except BaseException:
        # A package above it cannot be imported, for which there is a reason: each claim will tell.
        return offered
    if found is None:
        raise SpecificationError(f"--impl {name}: there is no file, folder or importable module of that name")
    return offered
