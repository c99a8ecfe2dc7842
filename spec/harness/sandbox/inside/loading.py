"""Imports an implementation under a private name, and finds in it what the contract asks for, topic by topic."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

FindTopic = Callable[[str], Any]
"""Returns the module that holds a topic's functions. Raises `NotOffered` or `Unimportable`."""


class NotOffered(Exception):
    """The implementation has no such thing: `kind` is "no module" or "no function"."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Unimportable(Exception):
    """A module is there, but importing it raised `reason`."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(reason)
        self.reason = reason


def at_path(path: Path, private_name: str) -> FindTopic:
    """The topics of a folder or a `.py` file, imported as `private_name`, which shadows no other module."""
    initial = path / "__init__.py" if path.is_dir() else path

    def load() -> ModuleType:
        if private_name in sys.modules:
            return sys.modules[private_name]
        search = [str(path)] if path.is_dir() else None
        spec = importlib.util.spec_from_file_location(private_name, initial, submodule_search_locations=search)
        if spec is None or spec.loader is None:
            raise ImportError(f"{initial} is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[private_name] = module
        # A folder without __init__.py is a package that holds nothing but its modules.
        if initial.exists():
            try:
                spec.loader.exec_module(module)
            except BaseException:
                del sys.modules[private_name]
                raise
        return module

    return by_topic(load)


def by_topic(load: Callable[[], ModuleType]) -> FindTopic:
    """The topics of the module that `load` returns: one module each in a package; any other module is all of them."""

    def find(topic: str) -> Any:
        try:
            package = load()
            if not hasattr(package, "__path__"):
                return package
            name = f"{package.__name__}.{topic}"
            # Searching for a module that is loaded already takes longer than many a call.
            if name in sys.modules:
                return sys.modules[name]
            if importlib.util.find_spec(name) is None:
                raise NotOffered("no module")
            return importlib.import_module(name)
        except (KeyboardInterrupt, NotOffered):
            raise
        except BaseException as error:
            raise Unimportable(error) from error

    return find


def function_of(holder: Any, name: str) -> Callable[..., Any]:
    """The attribute of a module or an object. Raises `NotOffered` where there is none that can be called."""
    function: Callable[..., Any] | None = getattr(holder, name, None)
    if not callable(function):
        raise NotOffered("no function")
    return function
