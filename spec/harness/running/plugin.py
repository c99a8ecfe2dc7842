"""The pytest plugin, one feature a file, each with its options and its hooks.

The way of the data: a test is bound to its claim when collected (`collection`); its record is made where it ran, in a
worker or right here (`recording`), travels in the test report's `user_properties`, and is gathered where the terminal
is (`summary`), which ends with the hook `pytest_claims_decided`: the comparison with a baseline and the report start
from there.
"""

from typing import TYPE_CHECKING

import pytest

from . import rootdir

if TYPE_CHECKING:
    from .run import Run

pytest_plugins = tuple(
    f"spec.harness.running.{feature}"
    for feature in (
        "run",
        "collection",
        "recording",
        "drawing",
        "heartbeat",
        "summary",
        "caching",
        "regression",
        "page",
        "ending",
    )
)


class Hooks:
    """The hooks that this plugin adds."""

    @pytest.hookspec
    def pytest_claims_decided(self, run: "Run", session: pytest.Session, results: object) -> None:
        """All claims of a run are decided; called once, where the terminal is."""


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Refuse a command line that lets pytest read the implementation's settings."""
    rootdir.refuse_two_words(pluginmanager)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare them."""
    pluginmanager.add_hookspecs(Hooks)
