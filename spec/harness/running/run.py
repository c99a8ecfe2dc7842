"""One run, where the terminal is: gathers the records of all workers, and ends with `claims.json` and the terminal.

Workers and the process that owns the terminal share a directory for the run: what was collected, what is being done,
figure data, and the processor time of each.
"""

import gc
import hashlib
import importlib.metadata
import inspect
import os
import platform
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import msgspec
import pytest

from .. import files
from ..claims.binding import experiments_of
from ..claims.inventory import Inventory, SpecifiedTest
from ..claims.registry import Registry
from ..errors import ImplementationFault, Outcome
from ..evidence import figures, progress, results
from ..evidence.experiments import EXPERIMENTS, Experiment, NotComputed, replicate_seeds
from ..evidence.figures import FIGURE_FUNCTIONS, FigureFunction
from ..evidence.results import ClaimRecord, FigureRecord, Results, Selection, TestRecord
from ..evidence.verdicts import decide
from ..implementation.access import ImplementationAccess
from ..regression import baseline
from ..report import terminal
from ..sandbox import UNSANDBOXED, is_unsandboxed

RECORD = "claim_record"
"""The name under which a test's record travels in a report's `user_properties`."""

VERSIONS = ("torch", "numpy", "scipy", "scikit-learn", "scikit-image", "hypothesis", "pytest")


GROUP = pytest.StashKey[str]()
"""The experiment that a test reads; its own id where it reads none."""


class CollectedTest(msgspec.Struct, array_like=True):
    """What is known of a test before it runs."""

    claim: str
    group: str
    selected: bool


class Run:
    """A pytest plugin object: one per process, of which one owns the terminal and sums up."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.registry = Registry(second_look=config.option.claims_second_look)
        self.seed: int = config.option.claims_seed
        self.device: str = config.option.device
        self.only: list[str] = self.registry.matching(config.option.claims_only)
        self.all_items: list[pytest.Item] = []
        self.experiments: dict[tuple[str, int], Experiment] = {}
        self.records: dict[str, TestRecord] = {}
        self.crashed: set[str] = set()
        self.unimportable: set[str] = set()
        self.results: Results | None = None
        self.verdict: baseline.Verdict | None = None
        self.began = time.time()
        worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.worker = worker_input["workerid"] if worker_input else "main"
        self.owns_terminal = worker_input is None
        # Read before anything runs: a file that is no baseline is refused at once.
        option = config.option
        self.gate = baseline.Gate(option.claims_baseline, option.claims_save) if self.owns_terminal else None
        self.directory = Path(worker_input["claims_directory"] if worker_input else tempfile.mkdtemp(prefix="claims-"))
        self.figures = self.directory / "figures"
        self.figures.mkdir(exist_ok=True)
        self.sandboxed = ImplementationAccess(config.option, self.directory, self.worker, worker_input)
        self.implementation = self.sandboxed.implementation
        self.heartbeat: progress.Heartbeat | None = None
        # Tests are run with standard output captured; this copy of it is not.
        self.terminal = _copy_of_stdout() if self.owns_terminal else None

    def read_tests(self) -> None:
        """Read the inventory now, so that what is wrong with it is said before anything runs."""
        _ = self.inventory

    @cached_property
    def inventory(self) -> Inventory:
        """The tests that stand in the code; a worker has no need to read them."""
        return Inventory(self.registry)

    def experiment(self, name: str, look: int = 1) -> Experiment:
        """The one instance of an experiment in this process, for the first look or for a second one."""
        if (name, look) not in self.experiments:
            seeds = replicate_seeds(self.seed, self.registry.replicates_of(_snake(name), look))
            what = name if look == 1 else f"{name}, second look"
            theirs = self.implementation.isolated(what, restarts=True)
            self.experiments[name, look] = EXPERIMENTS[name](theirs, seeds, self.device)
        return self.experiments[name, look]

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where this run's directory is."""
        node.workerinput["claims_directory"] = str(self.directory)
        node.workerinput["claims_sandbox"] = self.sandboxed.told()

    def pytest_report_header(self) -> list[str]:
        """One line on what is about to be decided, and another where the implementation could do as it likes."""
        line = (
            f"claims: {len(self.registry.claims)} registered; "
            f"implementation {self.implementation.name}, {self.sandboxed.label}, seed {self.seed}, device {self.device}"
        )
        return [line, f"claims: {UNSANDBOXED}"] if is_unsandboxed(self.sandboxed.label) else [line]

    def pytest_sessionstart(self) -> None:
        """Begin to report progress."""
        progress.report_to(self.directory, self.worker)
        quiet = self.config.option.usepdb or self.config.option.collectonly
        if self.owns_terminal and self.terminal and not quiet:
            self.heartbeat = progress.Heartbeat(self.directory, self.terminal, self.config.option.markexpr != "")
            self.heartbeat.start()
        if self.owns_terminal and threading.current_thread() is threading.main_thread():
            # Whoever stops a run politely gets the table of what was decided, as after Ctrl-C.
            signal.signal(signal.SIGTERM, signal.default_int_handler)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember the test files that cannot be imported: their claims still count."""
        if report.failed:
            self.unimportable.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write down what was collected and what of it is to run, before the process that owns the terminal asks."""
        kept = {id(item) for item in session.items}
        collected = {
            item.nodeid: CollectedTest(marker.args[0], item.stash[GROUP], id(item) in kept)
            for item in self.all_items
            if (marker := item.get_closest_marker("claim"))
        }
        if collected:
            files.write(self.directory / progress.COLLECTED, msgspec.json.encode(collected))
        # What is there before the first test stays to the end: the garbage collector need not look at it again.
        gc.freeze()

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> object:
        """Keep the tests of an experiment together, unless the user chose another distribution."""
        if config.option.dist != "load":
            return None
        from .scheduling import ExperimentScheduling

        return ExperimentScheduling(config, log, self._group_of)

    def _group_of(self, nodeid: str) -> str:
        test = self._collected.get(nodeid)
        # What is no claim's test stays with its file: modules share what is dear to set up.
        return test.group if test else nodeid.partition("::")[0]

    @cached_property
    def _collected(self) -> dict[str, "CollectedTest"]:
        file = self.directory / progress.COLLECTED
        return msgspec.json.decode(file.read_bytes(), type=dict[str, CollectedTest]) if file.exists() else {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather a test's record; a worker that died while running a test leaves none but its id."""
        for name, value in report.user_properties:
            if name == RECORD:
                record = msgspec.json.decode(str(value), type=TestRecord)
                self.records[record.nodeid] = record
        if str(report.when) == "???":
            self.crashed.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Sum up: in a worker the processor time, where the terminal is the whole run."""
        if session.exitstatus != pytest.ExitCode.INTERRUPTED:
            self._draw_figures()
        for experiment in self.experiments.values():
            experiment.impl.close()
        self.sandboxed.close()
        (self.directory / f"cpu-{self.worker}").write_text(str(sum(os.times()[:4])))
        if not self.owns_terminal:
            return
        if self.heartbeat:
            self.heartbeat.stop()
        if (self._collected or self.unimportable) and not self.config.option.collectonly:
            self.results = self._sum_up()
            if file := self.config.option.claims_json:
                self._write(self.results, file)
            self.verdict = self.gate.judge(self.results) if self.gate else None
            if self.verdict and self.verdict.failed and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
            if report_file := self.config.option.claims_report:
                # Jinja and matplotlib take a second to import, and only a report has a use for them.
                from ..report import page

                page.write(self.results, file.parent if file else self.directory, report_file)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """End with the table of verdicts."""
        if self.results:
            terminalreporter.ensure_newline()
            colour = self.config.get_terminal_writer().hasmarkup
            terminalreporter.write(terminal.render(self.results, self.registry, colour))
            if self.verdict:
                terminalreporter.write(terminal.baseline(self.verdict, colour))

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind."""
        self.sandboxed.close()
        if self.owns_terminal:
            shutil.rmtree(self.directory, ignore_errors=True)
            if self.terminal:
                self.terminal.close()
        # What is not garbage by now is left to the system: pytest and Python would go over all of it, again and again.
        gc.collect()
        gc.freeze()

    def _draw_figures(self) -> None:
        """Draw the figures of the claims whose tests ran in this process, from what these have computed.

        Nothing that goes wrong here concerns a claim. Where the implementation did not answer, or a narrower selection
        left an arm out, there is no figure; anything else is written down, and said below the table.
        """
        for experiment in self.experiments.values():
            experiment.complete = True
        ran = {record.claim for record in self.records.values()}
        for claim_id, function in FIGURE_FUNCTIONS:
            if claim_id in ran:
                try:
                    for drawn in function(**self._arguments_of(function)):
                        figures.write(self.figures / f"{claim_id}.{drawn.name}.npz", drawn)
                except (NotComputed, ImplementationFault):
                    continue
                except Exception as error:
                    reason = f"{claim_id}: {function.__module__}.{function.__name__}: {type(error).__name__}: {error}"
                    with (self.directory / f"undrawn-{self.worker}").open("a", encoding="utf-8") as file:
                        file.write(" ".join(reason.split()) + "\n")

    def _arguments_of(self, function: FigureFunction) -> dict[str, Any]:
        """The experiments that a figure reads, as far as they were begun here; and the implementation."""
        arguments: dict[str, Any] = {}
        for name, experiment in experiments_of(function).items():
            instances = [self.experiments[key] for key in ((experiment, 2), (experiment, 1)) if key in self.experiments]
            if not instances:
                raise NotComputed(experiment)
            arguments[name] = instances[0]
        if "impl" in inspect.signature(function).parameters:
            arguments["impl"] = self.implementation
        return arguments

    def _sum_up(self) -> Results:
        claims = [self._claim(claim_id) for claim_id in self._shown()]
        summary = Results(
            schema=results.SCHEMA,
            implementation=self.implementation.name,
            environment=self._environment(),
            registry=self.registry.hash,
            seed=self.seed,
            selection=Selection(
                only=self.config.option.claims_only,
                marks=self.config.option.markexpr,
                keywords=self.config.option.keyword,
                arguments=self._arguments(),
                second_look=self.config.option.claims_second_look,
            ),
            seconds=time.time() - self.began,
            cpu_seconds=sum(float(file.read_text()) for file in self.directory.glob("cpu-*")),
            reference_seconds=_reference_seconds(),
            as_registered=None,
            pass_rate=None,
            figures=[self._figure(name) for claim in claims for name in claim.figures],
            claims=claims,
            undrawn=[
                line
                for file in sorted(self.directory.glob("undrawn-*"))
                for line in file.read_text(encoding="utf-8").splitlines()
            ],
            questions={folder: question.title for folder, question in self.registry.questions.items()},
        )
        counted, graded = summary.counted(), summary.graded()
        summary.as_registered = _share([claim.as_registered for claim in counted])
        summary.pass_rate = _share([claim.outcome is Outcome.HOLDS for claim in graded])
        return summary

    def _arguments(self) -> list[str]:
        by_user = self.config.args_source is pytest.Config.ArgsSource.ARGS
        return list(self.config.invocation_params.args) and self.config.args if by_user else []

    def _shown(self) -> list[str]:
        """The claims that the selection names: all of `--claims-only`, unless marks, words or paths narrow it down."""
        option = self.config.option
        if option.markexpr in ("", "claims") and not option.keyword and not self._arguments():
            return self.only
        named = {test.claim for test in self._collected.values() if test.selected}
        named |= {test.claim for test in self.inventory.tests if self._path(test) in self.unimportable}
        return [claim_id for claim_id in self.only if claim_id in named]

    def _claim(self, claim_id: str) -> ClaimRecord:
        tests = [record for test in self.inventory.by_claim[claim_id] for record in self._test_records(test)]
        record = decide(self.registry[claim_id], self.registry.question_of[claim_id], tests)
        record.figures = sorted(file.name for file in self.figures.glob(f"{claim_id}.*.npz"))
        return record

    def _test_records(self, test: SpecifiedTest) -> list[TestRecord]:
        """One record per parametrisation of a test; one that says why where there is none."""
        nodeid = f"{self._path(test)}::{test.name}"
        items = sorted(item for item in self._collected if item.partition("[")[0] == nodeid)
        if not items and self._path(test) in self.unimportable:
            return [_without_evidence(test, nodeid, Outcome.GRADER_ERROR, f"{test.file.name} cannot be imported")]
        if not items:
            return [_without_evidence(test, nodeid, Outcome.NOT_RUN, "not selected", selected=False)]
        return [self._record(test, item) for item in items]

    def _path(self, test: SpecifiedTest) -> str:
        """A test's file as pytest names it."""
        return test.file.relative_to(self.registry.root.parent).as_posix()

    def _record(self, test: SpecifiedTest, nodeid: str) -> TestRecord:
        if nodeid in self.records:
            return msgspec.structs.replace(self.records[nodeid], says=test.summary)
        if nodeid in self.crashed:
            return _without_evidence(test, nodeid, Outcome.CRASH, "the process that ran it died")
        selected = self._collected[nodeid].selected
        why = "the run ended before it" if selected else "not selected"
        return _without_evidence(test, nodeid, Outcome.NOT_RUN, why, selected=selected)

    def _figure(self, name: str) -> FigureRecord:
        digest = hashlib.sha256((self.figures / name).read_bytes()).hexdigest()
        return FigureRecord(name=name.removesuffix(".npz"), file=f"{self._figure_folder()}/{name}", sha256=digest)

    def _figure_folder(self) -> str:
        file = self.config.option.claims_json
        return f"{file.stem}-figures" if file else "figures"

    def _write(self, summary: Results, file: Path) -> None:
        """Write the figures first, then the file that names them."""
        if summary.figures:
            folder = file.parent / self._figure_folder()
            folder.mkdir(exist_ok=True)
            for figure in summary.figures:
                shutil.copyfile(self.figures / Path(figure.file).name, file.parent / figure.file)
        self.sandboxed.write_output(file.with_name(f"{file.stem}-output.txt"))
        results.write(summary, file)

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
            "device": self.device,
            **self.sandboxed.environment(),
        }


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


def _snake(name: str) -> str:
    """TRANSITIONAL: an experiment's name in the registry."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _copy_of_stdout() -> IO[str] | None:
    try:
        return os.fdopen(os.dup(sys.__stdout__.fileno()), "w") if sys.__stdout__ else None
    except (OSError, ValueError):
        return None


def _share(truths: list[bool]) -> float | None:
    return sum(truths) / len(truths) if truths else None


def _reference_seconds() -> float:
    """Processor time of a fixed piece of work: what the durations of two machines can be compared by.

    As in the experiments, it goes into small matrix products, elementwise functions and the interpreter between them.
    The smallest of five times is taken: what else the machine does only ever adds to one.
    """
    import numpy as np

    weights = np.random.default_rng(0).standard_normal((64, 64)) / 8

    def once() -> float:
        began = time.process_time()
        matrix = weights
        for _ in range(3000):
            matrix = np.tanh(matrix @ weights)
        return time.process_time() - began

    return min(once() for _ in range(5))
