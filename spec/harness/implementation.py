"""The implementation under test: loaded under a private name, and called only through the contract.

A test holds an `Implementation`; `impl.metrics.f1(…)` checks and copies the arguments, calls, then checks and copies
the result. The same rules hold here, in one process, as across a sandbox: what passes here passes there.
"""

import hashlib
import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from spec.contract import TOPICS

from .errors import ContractViolation, Failed, ImplementationFault, Missing, OutOfMemory, SpecificationError
from .plain import Dimensions, NotPlain, checked
from .registry import SPEC

OWN = SPEC.parent / "impl"
REFUSALS = (ValueError, TypeError)
"""What bad input raises, or a subclass of it."""


class Implementation:
    """What tests call: the contract's topics as attributes, whoever implements them."""

    def __init__(self, where: str | None = None) -> None:
        """Find the implementation at a path or module name; the project's own `impl` where that is None.

        Raises `SpecificationError` where there is nothing of that name. What is there but cannot be imported fails,
        with its reason, each claim that needs it.
        """
        self.name = where or "impl"
        self._offered = _offered(Path(where) if where else OWN) if where is None or _is_path(where) else _module(where)
        self._topics = {
            topic: Offered(topic, protocol, partial(self._offered, topic), {}) for topic, protocol in TOPICS.items()
        }

    def __getattr__(self, topic: str) -> "Offered":
        if topic.startswith("_") or topic not in self._topics:
            raise AttributeError(f"the contract has no topic {topic!r}; it has {', '.join(TOPICS)}")
        return self._topics[topic]

    @contextmanager
    def memory_limit(self, gibibytes: float) -> Iterator[None]:
        """Calls made in this block may take so much more memory than is in use; beyond it they are out of memory.

        Kept by the operating system (RLIMIT_AS), so it is no limit where that is not to be had.
        """
        try:
            import resource

            in_use = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        except (ImportError, OSError):
            yield
            return
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = in_use + int(gibibytes * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


class Offered:
    """What one protocol of the contract declares, answered by whatever the implementation offers under those names."""

    def __init__(self, where: str, protocol: type, find: Callable[[], Any], dimensions: Dimensions) -> None:
        for name, method in _methods(protocol).items():
            setattr(self, name, _call(f"{where}.{name}", method, partial(_function, where, name, find), dimensions))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"the contract has no {name!r} here; it has {', '.join(vars(self))}")


def _function(where: str, name: str, find: Callable[[], Any]) -> Callable[..., Any]:
    function: Callable[..., Any] | None = getattr(find(), name, None)
    if not callable(function):
        raise Missing(f"{where}.{name} is missing: the implementation defines nothing of that name that can be called")
    return function


def _methods(protocol: type) -> dict[str, Callable[..., Any]]:
    return {name: method for name, method in vars(protocol).items() if inspect.isfunction(method) and name[0] != "_"}


def _call(where: str, method: Callable[..., Any], find: Callable[[], Callable[..., Any]], known: Dimensions) -> Any:
    """A function with the contract's signature that checks what goes in, calls, and checks what comes out."""
    signature = inspect.signature(method)
    hints = get_type_hints(method, include_extras=True)
    returns = hints.pop("return")

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
        keywords = {
            name for name, parameter in signature.parameters.items() if parameter.kind is parameter.KEYWORD_ONLY
        }
        positional = [value for name, value in bound.arguments.items() if name not in keywords]
        result = _attempt(
            where, find, positional, {name: bound.arguments[name] for name in keywords & set(bound.arguments)}
        )
        dimensions = {**known, **_integers(bound.arguments), **dimensions}
        if returns is type(None):
            return None
        if getattr(returns, "_is_protocol", False):
            return Offered(f"{where}()", returns, lambda: result, dimensions)
        try:
            return checked(result, returns, dimensions, f"{where}: the result")
        except NotPlain as error:
            raise ContractViolation(str(error)) from None

    call.__doc__ = method.__doc__
    return call


def _attempt(
    where: str, find: Callable[[], Callable[..., Any]], positional: list[Any], keywords: dict[str, Any]
) -> Any:
    """Call into the implementation; whatever it raises, also while looked up, becomes the fault it stands for."""
    __tracebackhide__ = True
    try:
        return find()(*positional, **keywords)
    except NotImplementedError as error:
        raise Missing(f"{where} is not implemented yet{f': {error}' if str(error) else ''}") from error
    except (KeyboardInterrupt, ImplementationFault):
        raise
    # SystemExit and pytest's own skip, fail and exit are BaseExceptions: raising them gains an implementation nothing.
    except BaseException as error:
        # torch says it in an error of its own on a GPU, and in a RuntimeError on a CPU.
        of_torch = type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in str(error)
        if isinstance(error, MemoryError) or of_torch:
            raise OutOfMemory(f"{where} ran out of memory: {error}") from error
        kind = next((base.__name__ for base in REFUSALS if isinstance(error, base)), type(error).__name__)
        raise Failed(f"{where} raised {type(error).__name__}: {error}", kind, str(error)) from error


def _integers(arguments: dict[str, Any]) -> Dimensions:
    """Integer arguments name dimensions too: `classes` of a classifier is the length of its logits."""
    return {name: value for name, value in arguments.items() if type(value) is int}


def _is_path(where: str) -> bool:
    return os.sep in where or where.endswith(".py") or Path(where).exists()


def _offered(path: Path) -> Callable[[str], Any]:
    """What a folder or a `.py` file offers, topic by topic, imported under a private name: it shadows nothing."""
    if not path.exists():
        raise SpecificationError(f"--impl {path}: there is no such file or folder")
    if not path.is_dir() and path.suffix != ".py":
        raise SpecificationError(f"--impl {path}: expected a folder with one module per topic, or a .py file")
    private = f"_implementation_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    initial = path / "__init__.py" if path.is_dir() else path

    def load() -> ModuleType:
        if private in sys.modules:
            return sys.modules[private]
        places = [str(path)] if path.is_dir() else None
        spec = importlib.util.spec_from_file_location(private, initial, submodule_search_locations=places)
        if spec is None or spec.loader is None:
            raise ImportError(f"{initial} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[private] = module
        # A folder without __init__.py is a package with nothing in it but its modules.
        if initial.exists():
            try:
                spec.loader.exec_module(module)
            except BaseException:
                del sys.modules[private]
                raise
        return module

    return _by_topic(load, str(path))


def _module(name: str) -> Callable[[str], Any]:
    """What an importable module or package offers, topic by topic."""
    offered = _by_topic(lambda: importlib.import_module(name), name)
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


def _by_topic(load: Callable[[], ModuleType], source: str) -> Callable[[str], Any]:
    """Find the module of a topic in a package; a module that is no package holds all topics itself."""

    def offered(topic: str) -> Any:
        try:
            package = load()
            if not hasattr(package, "__path__"):
                return package
            if importlib.util.find_spec(f"{package.__name__}.{topic}") is None:
                raise Missing(f"{topic} is missing: {source} has no module {topic}.py")
            return importlib.import_module(f"{package.__name__}.{topic}")
        except (KeyboardInterrupt, ImplementationFault):
            raise
        except BaseException as error:
            raise Failed(f"{source} cannot be imported for {topic}: {type(error).__name__}: {error}") from error

    return offered
