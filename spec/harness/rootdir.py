"""Lets `--impl PATH` name a place outside the project.

Before pytest has read any conftest.py it knows none of our options, takes the value of `--impl PATH` for a place with
tests, and looks for its configuration there (pytest's documentation of rootdir warns of this). Written `--impl=PATH` it
cannot go wrong; so, where it went wrong, begin again with the options written that way. Loaded through an entry point,
which pytest reads early enough.
"""

import os
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
WITH_PATH = ("--impl", "--claims-json", "--claims-report", "--claims-save", "--claims-baseline")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Start pytest again where it looked for its configuration in the wrong place."""
    given = sys.argv[1:]
    inside = Path.cwd().is_relative_to(PROJECT)
    if inside and Path(str(parser.extra_info.get("rootdir"))) != PROJECT and joined(given) != given:
        os.execv(sys.executable, [sys.executable, "-m", "pytest", *joined(given)])


def joined(arguments: list[str]) -> list[str]:
    """The same arguments, with each of our options that takes a path written as one word."""
    result: list[str] = []
    for argument in arguments:
        if result and result[-1] in WITH_PATH:
            result[-1] += f"={argument}"
        else:
            result.append(argument)
    return result
