"""Lets `--impl PATH`, in two words, name a place that is not ours.

Before pytest has read any conftest.py it knows none of our options, and takes the PATH of `--impl PATH` for a place
with tests: it looks there for its settings, and for a conftest.py (pytest's documentation of rootdir warns of this).
Written `--impl=PATH` it cannot go wrong; so begin again with the options written that way. Loaded through an entry
point, before any conftest.py.

What this cannot do: pytest obeys the settings that it found before it loads anything of ours, so settings made to
(`addopts = -p anything`) have run by then, or keep this from being loaded. No plugin comes before them. So code that is
not trusted takes one word, as `claims grade` writes it; and where other settings than ours were read, the run ends.
"""

import os
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from ..paths import PROJECT

WITH_PATH = ("--impl", "--claims-json", "--claims-report", "--claims-save", "--claims-baseline", "--claims-cache")


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Start pytest again where an option is two words; end with one line where it read settings that are not ours."""
    if not _apart(pluginmanager):
        return
    settings = _config(pluginmanager).inipath
    if settings not in (None, PROJECT / "pyproject.toml") and _says_something(settings):
        raise _refusal(f"and has applied the settings in {settings}, which can run code outside any sandbox")
    command = [sys.executable, "-m", "pytest", *joined(sys.argv[1:])]
    if os.name == "nt":  # where the terminal would not wait for a process that takes another's place
        sys.exit(subprocess.call(command))
    os.execv(sys.executable, command)


def refuse_two_words(pluginmanager: pytest.PytestPluginManager) -> None:
    """End with one line where it was too late to start again, since nothing was loaded through the entry point."""
    if _apart(pluginmanager):
        raise _refusal("and may load a conftest.py there")


def joined(arguments: list[str]) -> list[str]:
    """The same arguments, with each of our options that takes a path written as one word."""
    result: list[str] = []
    for argument in arguments:
        if result and result[-1] in WITH_PATH:
            result[-1] += f"={argument}"
        else:
            result.append(argument)
    return result


def _apart(pluginmanager: pytest.PytestPluginManager) -> bool:
    """Whether the command that started this process has a path apart from its option, where pytest would look."""
    # A program that calls pytest has arguments of its own, which are not pytest's.
    if _config(pluginmanager).invocation_params.args != tuple(sys.argv[1:]):
        return False
    paths = [Path(second) for first, second in pairwise(sys.argv[1:]) if first in WITH_PATH]
    folders = [path if path.is_dir() else path.parent for path in paths if path.exists()]
    return Path.cwd().is_relative_to(PROJECT) and any(folder.resolve() != PROJECT for folder in folders)


def _config(pluginmanager: pytest.PytestPluginManager) -> pytest.Config:
    config = pluginmanager.get_plugin("pytestconfig")
    assert isinstance(config, pytest.Config)
    return config


def _says_something(settings: Path) -> bool:
    """Whether a file that pytest chose holds settings for it: it falls back to a pyproject.toml without any."""
    return settings.name != "pyproject.toml" or "pytest" in tomllib.loads(settings.read_text("utf-8")).get("tool", {})


def _refusal(consequence: str) -> pytest.UsageError:
    words = " ".join(word for word in joined(sys.argv[1:]) if word not in sys.argv[1:])
    return pytest.UsageError(
        f"written as two words, the path is taken by pytest for a folder of tests, {consequence}; write {words}"
    )
