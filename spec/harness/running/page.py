"""`--claims-report`: the run as one web page."""

import pytest

from ..evidence.results import Results
from ..paths import to_path
from .run import Run
from .summary import check_file


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare it."""
    parser.getgroup("claims").addoption(
        "--claims-report",
        type=to_path,
        metavar="FILE",
        help="write all evidence and figures to FILE as one web page",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse a file that could not be written."""
    check_file("--claims-report", config.option.claims_report)


def pytest_claims_decided(run: Run, session: pytest.Session, results: Results) -> None:
    """Write the page; the data of its figures lie beside `claims.json`, or in the run's directory."""
    option = session.config.option
    if option.claims_report:
        # Jinja and matplotlib take a second to import, and only a report has a use for them.
        from ..report import page

        folder = option.claims_json.parent if option.claims_json else run.directory.path
        page.write(results, folder, option.claims_report)
