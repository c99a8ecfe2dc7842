"""One process of a run: the registry, the implementation, and the experiments that its tests share."""

import os
import re
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from .. import determinism, device
from ..claims.inventory import Inventory
from ..claims.registry import registered
from ..errors import SpecificationError
from ..evidence import clock
from ..evidence.experiments import EXPERIMENTS, Experiment, replicate_seeds
from ..implementation.access import ImplementationAccess
from ..implementation.journal import ENTRIES, journal
from ..implementation.loading import source_path
from ..implementation.proxy import Implementation
from ..paths import IMPL
from ..run_directory import RunDirectory
from ..sandbox import UNSANDBOXED, is_unsandboxed, limits
from ..sandbox.backends import NAMES as BACKENDS

RUN = pytest.StashKey["Run"]()
GPU_WORKERS = 2
"""Each has a context of its own on the GPU, of half a GB; while one prepares on the CPU, the other keeps it busy."""


class Run:
    """What the hooks of this process share; one process of a run owns the terminal."""

    def __init__(self, config: pytest.Config) -> None:
        """Read the registry and find the implementation; raises `SpecificationError` where either is at fault."""
        option = config.option
        worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)
        self.registry = registered()
        self.seed: int = option.claims_seed
        self.device: str = option.device
        self.variation = self.registry.variation(option.claims_variation) if option.claims_variation else None
        """What of one experiment is another than registered."""
        self.owns_terminal = worker_input is None
        if self.owns_terminal:
            # A test of no registered claim, or a claim without tests, is refused before anything runs.
            _ = self.inventory
        self.worker: str = worker_input["workerid"] if worker_input else "main"
        self.directory = RunDirectory(Path(worker_input["claims_directory"]) if worker_input else None)
        try:
            self.access = ImplementationAccess(
                option, self.directory, self.worker, worker_input, len(self.registry.questions)
            )
        except SpecificationError:
            self.directory.remove()
            raise
        self.implementation = self.access.implementation
        clock.also_count(self.access.cpu_seconds)
        self.checks_its_own = option.impl is None or source_path(option.impl).resolve() == IMPL
        """Whether it is the project's own implementation that is checked."""
        self.experiments: dict[tuple[str, int], Experiment] = {}
        """Those that a test of this process has taken, by name and look."""
        self._on_known_right: dict[str, Experiment] = {}
        self._for_claim: tuple[str, Implementation] | None = None

    @cached_property
    def inventory(self) -> Inventory:
        """The tests found in the source; workers do not read them."""
        return Inventory(self.registry)

    def experiment(self, name: str, look: int = 1) -> Experiment:
        """The one instance of an experiment in this process: the replicates of the first look, or those of a second."""
        if (name, look) not in self.experiments:
            what = name if look == 1 else f"{name}, second look"
            implementation = self.implementation.isolated(
                what, restarts=True, question=self.registry.question_of_experiment[name]
            )
            self.experiments[name, look] = self._new_experiment(name, look, implementation)
        return self.experiments[name, look]

    def implementation_for(self, claim: str) -> Implementation:
        """The implementation for a test of a claim; behind a sandbox, in the worker of that claim's test before it.

        To start a worker takes longer than most tests. A claim that comes after another has a worker of its own.
        """
        if self._for_claim is None or self._for_claim[0] != claim:
            self._end_claim()
            question = self.registry.question_of.get(claim, "")
            self._for_claim = claim, self.implementation.isolated(claim or "a test", question=question)
        return self._for_claim[1]

    def _end_claim(self) -> None:
        """End the worker of the claim whose tests were run last."""
        if self._for_claim:
            self._for_claim[1].close()

    @cached_property
    def known_right(self) -> Implementation:
        """The project's own implementation."""
        return Implementation()

    def experiment_on_known_right(self, name: str) -> Experiment:
        """The same replicates of an experiment on the project's own implementation."""
        if name not in self._on_known_right:
            self._on_known_right[name] = self._new_experiment(name, 1, self.known_right)
        return self._on_known_right[name]

    def _new_experiment(self, name: str, look: int, implementation: Implementation) -> Experiment:
        first, last = (0, *self.registry.experiment(name).looks)[look - 1 : look + 1]
        seeds = replicate_seeds(self.seed, last)[first:]
        changes = self.variation.changes if self.variation and self.variation.experiment == name else {}
        experiment = EXPERIMENTS[name](implementation, seeds, self.device, changes)
        experiment.shared_seed = replicate_seeds(self.seed, 1)[0]
        return experiment

    def close(self) -> None:
        """End the workers of the sandbox, and write down what this process took."""
        self._end_claim()
        for experiment in self.experiments.values():
            experiment.impl.close()
        self.access.close()
        of_sandbox = self.access.cpu_seconds_in_all()
        # Of a sandbox's processes the system counts some, as children of ours, and not all.
        own = sum(os.times()[: 2 if self.access.is_sandboxed else 4])
        self.directory.write_cpu_seconds(self.worker, own + of_sandbox, of_sandbox)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare what is run, and where."""
    group = parser.getgroup("claims", "executable specification")
    group.addoption(
        "--impl",
        metavar="PATH|MODULE",
        help="implementation to check: a folder or package with one module per topic, or a .py file (default: impl); "
        "--impl=PATH, as one word, for code you do not trust",
    )
    group.addoption(
        "--sandbox",
        default="auto",
        choices=("auto", *BACKENDS, "none"),
        help="the sandbox of the implementation; auto: for a path outside the project the strongest that works here, "
        "else none (default: auto)",
    )
    limits.add_options(group)
    group.addoption("--device", default="cpu", choices=("cpu", "cuda"), help="where learners train (default: cpu)")
    group.addoption(
        "--claims-entries",
        type=int,
        default=ENTRIES,
        metavar="N",
        help="print arrays and lists of a failing call in full up to N entries, and abbreviate larger ones; "
        f"0: all in full (default: {ENTRIES})",
    )
    group.addoption(
        "--claims-variation",
        metavar="EXPERIMENT.NAME",
        help="only the tests of that experiment, in this variation of its multiverse, without boundary tests",
    )
    group.addoption(
        "--claims-seed",
        type=int,
        default=0,
        metavar="N",
        help="the seed of all experiments and of all random inputs (default: 0)",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Use all cores for `-m claims` and for all tests, unless told otherwise; pytest-xdist reads these right after."""
    option = config.option
    by_user = config.args_source is pytest.Config.ArgsSource.ARGS
    everything = not (option.markexpr or option.keyword or by_user)
    is_worker = hasattr(config, "workerinput")
    if is_worker or not (everything or asks_for_claims(config)) or option.usepdb or option.collectonly:
        return
    # A test file that cannot be imported costs its own claims, not the table.
    option.continue_on_collection_errors = True
    if config.pluginmanager.has_plugin("xdist") and option.numprocesses is None and option.dist == "no":
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        option.numprocesses = min(cores, GPU_WORKERS) if option.device == "cuda" else cores


def asks_for_claims(config: pytest.Config) -> bool:
    """Whether the marks on the command line ask for claims, as `-m claims` does."""
    marks = config.option.markexpr
    return bool(re.search(r"\bclaims\b", marks)) and not re.search(r"\bnot\s+claims\b", marks)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Begin the run; an error in the specification or in an option is one line, before any test runs."""
    option = config.option
    if option.claims_seed < 0:
        raise pytest.UsageError(f"--claims-seed {option.claims_seed}: expected a number from 0 up")
    if option.claims_entries < 0:
        raise pytest.UsageError(f"--claims-entries {option.claims_entries}: expected a number from 0 up")
    journal.entries = option.claims_entries
    try:
        limits.of_options(option)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    try:
        device.use(option.device)
        config.stash[RUN] = Run(config)
    except SpecificationError as error:
        raise pytest.UsageError(str(error)) from error
    determinism.collect_garbage_rarely()
    if not getattr(option, "numprocesses", None):
        # Whoever only hands work to others has no use for it, and it takes a second to import.
        determinism.set_up_hypothesis()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Pass the run's directory and sandbox on to a worker of pytest-xdist."""
    run = node.config.stash[RUN]
    node.workerinput["claims_directory"] = str(run.directory.path)
    node.workerinput["claims_sandbox"] = run.access.encoded_choice()


def pytest_report_header(config: pytest.Config) -> list[str]:
    """One line on the run, and a warning if the implementation is not sandboxed."""
    run = config.stash[RUN]
    line = (
        f"claims: {len(run.registry.claims)} registered; "
        f"implementation {run.implementation.name}, {run.access.label}, seed {run.seed}, device {run.device}"
    )
    lines = [line, f"claims: variation {run.variation}"] if run.variation else [line]
    return [*lines, f"claims: {UNSANDBOXED}"] if is_unsandboxed(run.access.label) else lines


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove temporary files."""
    if run := config.stash.get(RUN, None):
        run.access.close()
        if run.owns_terminal:
            run.directory.remove()
    determinism.end()
