"""The tiers of these tests keep what they promise."""

import subprocess
from types import SimpleNamespace

import pytest

from spec.selfcheck.conftest import pytest_itemcollected


def test_a_unit_test_starts_no_process():
    """It fails where it tries, and is told which test to mark."""
    with pytest.raises(pytest.fail.Exception, match="test_a_unit_test_starts_no_process: a unit test started a"):
        subprocess.run(["true"], check=True)


def test_a_test_of_two_tiers_is_refused():
    """It is named, with both."""
    item = SimpleNamespace(nodeid="test_both", iter_markers=lambda: [pytest.mark.unit.mark, pytest.mark.process.mark])
    with pytest.raises(pytest.UsageError, match="test_both: marked process, unit; expected one tier"):
        pytest_itemcollected(item)
