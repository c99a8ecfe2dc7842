"""Sums up a run in the process that owns the terminal: from test records to claims, the table and `claims.json`."""

import hashlib
import importlib.metadata
import platform
import shutil
import signal
import threading
import time
from functools import cached_property
from pathlib import Path

import msgspec
import pytest

from .. import files, processor
from ..claims.inventory import SpecifiedTest
from ..errors import Outcome
from ..evidence import results
from ..evidence.results import ClaimRecord, FigureRecord, Results, Selection, TestRecord, VariationRecord
from ..evidence.verdicts import decide
from ..paths import to_path
from ..report import terminal
from ..run_directory import CollectedTest
from ..validation import multiverse
from .collection import ONLY
from .recording import RECORD
from .run import RUN, Run

SUMMARY = pytest.StashKey["Summary"]()
VERSIONS = ("torch", "numpy", "scipy", "scikit-learn", "scikit-image", "hypothesis", "pytest")


class Summary:
    """Gathers the records of tests, and sums them up."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.run: Run = config.stash[RUN]
        self.began = time.time()
        self.records: dict[str, TestRecord] = {}
        self.crashed: set[str] = set()
        """The tests that a worker ran when it died."""
        self.unimportable: set[str] = set()
        """The test files that cannot be imported: their claims still count."""
        self.results: Results | None = None

    @cached_property
    def collected(self) -> dict[str, CollectedTest]:
        """What was collected, by node id; read once the workers are done."""
        return self.run.directory.collected()

    def sum_up(self) -> Results:
        """Decide every claim that the selection names."""
        run, option = self.run, self.config.option
        claims = [self._claim(claim_id) for claim_id in self._shown()]
        cpu_seconds, of_implementation = run.directory.cpu_seconds()
        summary = Results(
            schema=results.SCHEMA,
            implementation=run.implementation.name,
            environment=self._environment(),
            registry=run.registry.hash,
            seed=run.seed,
            selection=Selection(
                only=option.claims_only, marks=option.markexpr, keywords=option.keyword, arguments=self._arguments()
            ),
            seconds=time.time() - self.began,
            cpu_seconds=cpu_seconds,
            implementation_cpu_seconds=of_implementation if run.access.is_sandboxed else None,
            reference_seconds=_reference_seconds(),
            as_registered=None,
            pass_rate=None,
            figures=[self._figure(name) for claim in claims for name in claim.figures],
            undrawn=run.directory.undrawn(),
            variation=option.claims_variation or "",
            claims=claims,
            questions={folder: question.title for folder, question in run.registry.questions.items()},
        )
        summary.as_registered = _share([claim.as_registered for claim in summary.counted()])
        summary.pass_rate = _share([claim.outcome is Outcome.HOLDS for claim in summary.graded()])
        return summary

    def write(self, file: Path) -> None:
        """Write `claims.json`: the figures first, then the file that names them."""
        assert self.results is not None
        if self.results.figures:
            (file.parent / self._figure_folder()).mkdir(exist_ok=True)
            for figure in self.results.figures:
                shutil.copyfile(self.run.directory.figures / Path(figure.file).name, file.parent / figure.file)
        if output := self.run.directory.output():
            files.write(file.with_name(f"{file.stem}-output.txt"), output)
        results.write(self.results, file)

    def _arguments(self) -> list[str]:
        """The paths on the command line."""
        by_user = self.config.args_source is pytest.Config.ArgsSource.ARGS
        return list(self.config.invocation_params.args) and self.config.args if by_user else []

    def _shown(self) -> list[str]:
        """The claims that the selection names: all of `--claims-only`, unless marks, words or paths narrow it down."""
        option, only = self.config.option, self.config.stash[ONLY]
        whole = option.markexpr in ("", "claims") and not option.keyword and not option.claims_variation
        if whole and not self._arguments():
            return only
        named = {test.claim for test in self.collected.values() if test.selected}
        named |= {test.claim for test in self.run.inventory.tests if self._path(test) in self.unimportable}
        return [claim_id for claim_id in only if claim_id in named]

    def _claim(self, claim_id: str) -> ClaimRecord:
        specified, registry = self.run.inventory.by_claim[claim_id], self.run.registry
        records = [record for test in specified for record in self._test_records(test)]
        records += self._unspecified(claim_id)
        claim = decide(registry[claim_id], registry.question_of[claim_id], records, specified)
        claim.multiverse = self._multiverse.get(claim_id, [])
        for comparison in registry[claim_id].comparison.values():
            if given := registry.experiment(comparison.experiment).given:
                claim.budgets[comparison.experiment] = given
        claim.figures = sorted(
            file.name for file in self.run.directory.figures.glob("*.npz") if file.stem.rpartition(".")[0] == claim_id
        )
        return claim

    @cached_property
    def _multiverse(self) -> dict[str, list[VariationRecord]]:
        # It was run with the project's own implementation, and says nothing of another.
        about_this = self.run.checks_its_own and not self.run.variation
        return multiverse.registered(self.run.registry) if about_this else {}

    def _unspecified(self, claim_id: str) -> list[TestRecord]:
        """Tests of a claim that pytest collected and the inventory does not know: they are not counted by anybody."""
        known = {f"{self._path(test)}::{test.name}" for test in self.run.inventory.by_claim[claim_id]}
        message = "expected a function at the top level of a test_*.py of the question, decorated with @claim"
        return [
            TestRecord(nodeid=nodeid, claim=claim_id, role="claim", outcome=Outcome.GRADER_ERROR, message=message)
            for nodeid, test in sorted(self.collected.items())
            if test.claim == claim_id and test.selected and nodeid.partition("[")[0] not in known
        ]

    def _test_records(self, test: SpecifiedTest) -> list[TestRecord]:
        """One record per parametrisation of a test; one that says why where there is none."""
        nodeid = f"{self._path(test)}::{test.name}"
        items = sorted(item for item in self.collected if item.partition("[")[0] == nodeid)
        if not items and self._path(test) in self.unimportable:
            return [_without_evidence(test, nodeid, Outcome.GRADER_ERROR, f"{test.file.name} cannot be imported")]
        if not items:
            return [_without_evidence(test, nodeid, Outcome.NOT_RUN, "not selected", selected=False)]
        return [self._record(test, item) for item in items]

    def _path(self, test: SpecifiedTest) -> str:
        """A test's file as pytest names it."""
        return test.file.relative_to(self.run.registry.root.parent).as_posix()

    def _record(self, test: SpecifiedTest, nodeid: str) -> TestRecord:
        if nodeid in self.records:
            return msgspec.structs.replace(self.records[nodeid], says=test.summary)
        if nodeid in self.crashed:
            return _without_evidence(test, nodeid, Outcome.CRASH, "the process that ran it died")
        selected = self.collected[nodeid].selected
        why = "the run ended before it" if selected else "not selected"
        return _without_evidence(test, nodeid, Outcome.NOT_RUN, why, selected=selected)

    def _figure(self, name: str) -> FigureRecord:
        digest = hashlib.sha256((self.run.directory.figures / name).read_bytes()).hexdigest()
        return FigureRecord(name=name.removesuffix(".npz"), file=f"{self._figure_folder()}/{name}", sha256=digest)

    def _figure_folder(self) -> str:
        file = self.config.option.claims_json
        return f"{file.stem}-figures" if file else "figures"

    def _environment(self) -> dict[str, str]:
        versions = {}
        for package in VERSIONS:
            try:
                versions[package] = importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:
                versions[package] = "not installed"
        return {
            "python": platform.python_version(),
            **versions,
            "machine": f"{platform.system()} {platform.machine()}",
            "processor": processor.kind(),
            "device": self.run.device,
            **self.run.access.environment(),
        }


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare where all evidence is written to."""
    parser.getgroup("claims").addoption(
        "--claims-json",
        type=to_path,
        metavar="FILE",
        help="write all evidence to FILE, and the data of figures next to it",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start gathering in the process that owns the terminal."""
    check_file("--claims-json", config.option.claims_json)
    if config.stash[RUN].owns_terminal:
        config.stash[SUMMARY] = Summary(config)
        config.pluginmanager.register(_Gathering(config.stash[SUMMARY]), "claims-gathering")


def check_file(option: str, file: Path | None) -> None:
    """Refuse a file that cannot be written, with one line that names the option and the reason."""
    if file is not None and not file.resolve().parent.is_dir():
        raise pytest.UsageError(f"{option} {file}: there is no folder {file.resolve().parent}")
    if file is not None and file.is_dir():
        raise pytest.UsageError(f"{option} {file}: this is a folder; expected a file to write")


class _Gathering:
    """The hooks of the process that owns the terminal."""

    def __init__(self, summary: Summary) -> None:
        self.summary = summary

    def pytest_sessionstart(self) -> None:
        """SIGTERM ends a run with the table of what was decided, as Ctrl-C does."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.default_int_handler)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember the test files that cannot be imported."""
        if report.failed:
            self.summary.unimportable.add(report.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather a test's record; a worker that died while running a test leaves none but its id."""
        for name, value in report.user_properties:
            if name == RECORD:
                record = msgspec.json.decode(str(value), type=TestRecord)
                self.summary.records[record.nodeid] = record
        if str(report.when) == "???":
            self.summary.crashed.add(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Sum up, once every process has written down what it took, and hand over to what reads the results."""
        summary, option = self.summary, session.config.option
        if (summary.collected or summary.unimportable) and not option.collectonly:
            summary.results = summary.sum_up()
            if option.claims_json:
                summary.write(option.claims_json)
            broken = any(claim.outcome is Outcome.GRADER_ERROR for claim in summary.results.claims)
            if broken and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
            session.config.hook.pytest_claims_decided(run=summary.run, session=session, results=summary.results)

    @pytest.hookimpl(tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """End with the table of verdicts."""
        if self.summary.results and self.summary.results.claims:
            terminalreporter.ensure_newline()
            colour = self.summary.config.get_terminal_writer().hasmarkup
            terminalreporter.write(terminal.render(self.summary.results, self.summary.run.registry, colour))


def _without_evidence(
    test: SpecifiedTest, nodeid: str, outcome: Outcome, message: str, selected: bool = True
) -> TestRecord:
    return TestRecord(
        nodeid=nodeid,
        claim=test.claim,
        role=test.role,
        outcome=outcome,
        message=message,
        says=test.summary,
        selected=selected,
    )


def _share(truths: list[bool]) -> float | None:
    return sum(truths) / len(truths) if truths else None


def _reference_seconds() -> float:
    """Processor time of a fixed piece of work: what the durations of two machines can be compared by.

    As in the experiments, it goes into small matrix products, elementwise functions and the interpreter between them.
    The smallest of five times is taken: what else the machine does only ever adds to one. A fifth of the work is done
    each time, as a slow machine takes .3 s for all of it.
    """
    import numpy as np

    weights = np.random.default_rng(0).standard_normal((64, 64)) / 8

    def once() -> float:
        began = time.process_time()
        matrix = weights
        for _ in range(600):
            matrix = np.tanh(matrix @ weights)
        return 5 * (time.process_time() - began)

    return min(once() for _ in range(5))
