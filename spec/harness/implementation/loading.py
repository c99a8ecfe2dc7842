"""What `--impl` names: a folder with one module per topic, a `.py` file, or an importable module."""

import hashlib
import importlib
import importlib.util
import os
from importlib.machinery import ModuleSpec
from pathlib import Path

from ..errors import SpecificationError
from ..paths import IMPL, PROJECT
from ..sandbox.inside.loading import FindTopic, at_path, by_topic


def is_path(where: str) -> bool:
    """Whether `--impl` names a path rather than a module."""
    return os.sep in where or where.endswith(".py") or Path(where).exists()


def is_outside(where: str | None) -> bool:
    """Whether `--impl` names a path outside this project."""
    return where is not None and is_path(where) and not Path(where).resolve().is_relative_to(PROJECT)


def topics_of(where: str | None) -> FindTopic:
    """The topics of an implementation, to be imported into this process; the project's own where `where` is None.

    Raises `SpecificationError` where there is none. What is there but cannot be imported raises `Unimportable` when a
    topic is looked up.
    """
    if where is None or is_path(where):
        path = source_path(where)
        return at_path(path, private_name(path))
    try:
        _spec_of(where)
    except (KeyboardInterrupt, SpecificationError):
        raise
    except BaseException:
        pass  # a package above it cannot be imported: looking up a topic will say why
    return by_topic(lambda: importlib.import_module(where))


def source_path(where: str | None) -> Path:
    """The folder or file that holds an implementation. Raises `SpecificationError` where there is none."""
    if where is None:
        return IMPL
    path = Path(where)
    if not is_path(where):
        spec = _spec_of(where)
        path = Path(next(iter(spec.submodule_search_locations or []), spec.origin or where))
    if not path.exists():
        raise SpecificationError(f"--impl {path}: there is no such file or folder")
    if not path.is_dir() and path.suffix != ".py":
        raise SpecificationError(f"--impl {path}: expected a folder with one module per topic, or a .py file")
    return path


def sources_of(where: str | None) -> list[Path]:
    """What holds an implementation's code: its folder or file, or those of the package that its module is part of.

    Raises `SpecificationError` where there is none.
    """
    path = source_path(where)
    if where is None or is_path(where):
        return [path]
    package = _spec_of(where.partition(".")[0])
    return [Path(folder) for folder in package.submodule_search_locations or [str(path)]]


def private_name(path: Path) -> str:
    """The name under which the modules at a path are imported, which shadows no other module."""
    return f"_implementation_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"


def _spec_of(name: str) -> ModuleSpec:
    """Look for a module, which imports the packages above it. Raises `SpecificationError`, or whatever these raise."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError) as error:
        raise SpecificationError(f"--impl {name}: cannot be found: {error}") from error
    if spec is None:
        raise SpecificationError(f"--impl {name}: there is no file, folder or importable module of that name")
    return spec
