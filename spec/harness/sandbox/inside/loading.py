"""Loads an implementation under a private name, and finds in it what the contract asks for, topic by topic."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

Find = Callable[[str], Any]
"""The module of a topic."""


class NotOffered(Exception):
    """There is no such thing: `what` is "no module" or "no function"."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Unimportable(Exception):
    """A module is there, but importing it failed."""

    def __init__(self, reason: BaseException) -> None:
        super().__init__(reason)
        self.reason = reason


def at_path(path: Path, private: str) -> Find:
    """What a folder or a `.py` file offers, imported under a private name: it shadows nothing."""
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

    return by_topic(load)


def by_topic(load: Callable[[], ModuleType]) -> Find:
    """Find the module of a topic in a package; a module that is no package holds all topics itself."""

    def find(topic: str) -> Any:
        try:
            package = load()
            if not hasattr(package, "__path__"):
                return package
            name = f"{package.__name__}.{topic}"
            # To look for what is there already takes longer than many a call.
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


def function_of(offered: Any, name: str) -> Callable[..., Any]:
    """What is offered under a name and can be called."""
    function: Callable[..., Any] | None = getattr(offered, name, None)
    if not callable(function):
        raise NotOffered("no function")
    return function
