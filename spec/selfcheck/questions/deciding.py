"""A pytest plugin for runs that ask what does not hold: a claim's first failing test decides it, and spares the rest.

Exact tests come before trained ones and claims before controls, and what fails is not made smaller: of an
implementation that knows nothing, this leaves a test or two per claim. Named with `-p`, in one process (`-n 0`).
"""

from collections.abc import Generator

import pytest

FAILED = pytest.StashKey[set[str]]()
"""The claims of which a test failed that decides or controls them."""


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no claim decided."""
    config.stash[FAILED] = set()


@pytest.hookimpl(trylast=True)
def pytest_sessionstart() -> None:
    """Take over the settings that the claims' own plugin has made."""
    from hypothesis import Phase, settings

    settings.register_profile("deciding", settings.get_profile("claims"), phases=[Phase.explicit, Phase.generate])
    settings.load_profile("deciding")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by what decides most cheaply."""
    items.sort(key=lambda item: (_binding(item)[1] != "claim", item.get_closest_marker("trained") is not None))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what could change nothing."""
    if _binding(item)[0] in item.config.stash[FAILED]:
        pytest.skip("its claim has failed already")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember what failed."""
    report = yield
    claim, role = _binding(item)
    if report.failed and role in ("claim", "control"):
        item.config.stash[FAILED].add(claim)
    return report


def _binding(item: pytest.Item) -> tuple[str, str]:
    binding = item.get_closest_marker("claim")
    assert binding is not None, f"{item.nodeid} serves no claim; run the claims alone"
    return binding.args
