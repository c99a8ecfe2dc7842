"""Tiers: every test of the selfcheck has exactly one, by what it takes to run it.

A test's own mark names its tier, else a fixture that it uses, else its module; what is left is `unit`. A unit test that
starts a process fails, so that none runs in that tier for want of a mark.
"""

import os
import subprocess
from collections.abc import Generator
from typing import Any, NoReturn

import pytest

TIERS = {"unit", "process", "sandbox", "browser", "cluster", "trains"}
OF_FIXTURES = {"backend": "sandbox", "browser": "browser", "scheduler": "cluster", "slurm": "cluster"}
OF_MODULES = {
    "test_caching": "process",
    "test_ci": "process",
    "test_determinism": "process",
    "test_grading_class": "process",
    "test_guards": "process",
    "test_nothing": "trains",
    "test_nulls": "trains",
    "test_readme": "process",
    "test_rootdir": "process",
    "test_run": "process",
    "test_unpacking_apart": "process",
}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each test its tier, and refuse one that names several."""
    marks = {mark.name for mark in item.iter_markers()} & TIERS
    if len(marks) > 1:
        raise pytest.UsageError(f"{item.nodeid}: marked {', '.join(sorted(marks))}; expected one tier")
    if not marks:
        fixtures = [OF_FIXTURES[name] for name in getattr(item, "fixturenames", ()) if name in OF_FIXTURES]
        item.add_marker(fixtures[0] if fixtures else OF_MODULES.get(item.path.stem, "unit"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Keep unit tests, and the fixtures they ask for, from starting processes."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        pytest.fail(f"{item.nodeid}: a unit test started a process; expected a mark of another tier")

    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("unit"):
            patch.setattr(subprocess.Popen, "__init__", refuse)
            patch.setattr(os, "fork", refuse)
        return (yield)
