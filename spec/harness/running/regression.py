"""`--claims-baseline` and `--claims-save`: compare a run with a baseline, and save it as one."""

import os

import pytest

from ..errors import SpecificationError
from ..evidence.results import Results
from ..paths import to_path
from ..regression.baseline import Gate, Verdict
from ..report import terminal
from .run import RUN
from .summary import check_file

GATE = pytest.StashKey[Gate]()
VERDICT = pytest.StashKey[Verdict | None]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare both."""
    group = parser.getgroup("claims")
    group.addoption(
        "--claims-baseline",
        type=to_path,
        metavar="FILE",
        help="compare with the baseline FILE, and fail on a regression; a missing file passes, but fails if CI is true",
    )
    group.addoption("--claims-save", type=to_path, metavar="FILE", help="save this run to FILE, as a baseline")


def pytest_configure(config: pytest.Config) -> None:
    """Read the files before any test runs, so that an invalid baseline is refused at once."""
    option = config.option
    check_file("--claims-save", option.claims_save)
    for name, file in (("--claims-save", option.claims_save), ("--claims-baseline", option.claims_baseline)):
        if file is not None and option.claims_json and file.resolve() == option.claims_json.resolve():
            raise pytest.UsageError(f"{name} {file}: --claims-json writes this file; expected another one")
        if file is not None and option.claims_variation:
            raise pytest.UsageError(
                f"{name} {file}: cannot be combined with --claims-variation: baselines keep registered experiments"
            )
        if file is not None and option.claims_cache:
            raise pytest.UsageError(
                f"--claims-cache {option.claims_cache}: cannot be combined with {name}, which has to run everything"
            )
    if config.stash[RUN].owns_terminal:
        try:
            in_ci = os.environ.get("CI") == "true"
            config.stash[GATE] = Gate(option.claims_baseline, option.claims_save, required=in_ci)
        except SpecificationError as error:
            raise pytest.UsageError(str(error)) from error


def pytest_claims_decided(session: pytest.Session, results: Results) -> None:
    """Compare and save; a regression fails the run."""
    verdict = session.config.stash[VERDICT] = session.config.stash[GATE].judge(results)
    if verdict and verdict.failed and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the comparison below the table."""
    if verdict := config.stash.get(VERDICT, None):
        terminalreporter.write(terminal.baseline(verdict, config.get_terminal_writer().hasmarkup))
