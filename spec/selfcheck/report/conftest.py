"""Runs that the tests of the report share."""

from pathlib import Path

import pytest

from spec.harness.evidence.results import Results
from spec.selfcheck import toy
from spec.selfcheck.report.example_results import everything


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    """A run with everything in it, and where its figures lie."""
    folder = tmp_path_factory.mktemp("everything")
    return everything(folder), folder


@pytest.fixture(scope="package")
def toy_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real run of a small specification, which wrote both its `claims.json` and its report."""
    root = toy.build(tmp_path_factory.mktemp("toy"))
    files = "--claims-json", "claims.json", "--claims-report", "report.html"
    completed = toy.run(root, "-m", "claims", "-n", "0", *files)
    assert (root / "report.html").exists(), completed.stdout + completed.stderr
    return root
