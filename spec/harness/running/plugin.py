"""The pytest plugin: options, marks, fixtures, workers, and one result record per test.

The way of the data: a test is bound to its claim when collected; its record is made where it ran (in a worker, or right
here), travels in the test report's `user_properties`, and is gathered by `run.Run` where the terminal is.
"""

import argparse
import gc
import hashlib
import importlib
import inspect
import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest

from ..errors import Inconclusive, Outcome, Refuted, SecondLookDue, SpecificationError, outcome_of
from ..evidence import clock, experiments
from ..evidence.evidence import Evidence
from ..evidence.experiments import EXPERIMENTS, Experiment
from ..evidence.results import TestRecord
from ..implementation.proxy import Implementation
from ..paths import SPEC
from ..sandbox import limits
from ..sandbox.backends import NAMES as BACKENDS
from . import rootdir
from .run import GROUP, RECORD, Run

RUN = pytest.StashKey[Run]()
EVIDENCE = pytest.StashKey[Evidence]()
CHARGE = pytest.StashKey[clock.Charge]()
COLLECTOR_THRESHOLDS = (20_000, 10, 10)
"""Objects to make before the garbage collector looks at the youngest, and so on with the older ones."""
EXPECTED: dict[str, type[Exception]] = {"refuted": Refuted, "undecided": Inconclusive}
"""How the tests that decide a claim end, where it is not registered as true."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the options of a run."""
    rootdir.refuse_two_words(pluginmanager)
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
        help="what the implementation runs behind; auto: for a place outside the project the strongest that works "
        "here, else none (default: auto)",
    )
    limits.add_options(group)
    group.addoption("--device", default="cpu", choices=("cpu", "cuda"), help="where learners train (default: cpu)")
    group.addoption(
        "--claims-only",
        action="append",
        default=[],
        metavar="PREFIX",
        help="only claims whose id begins so (repeatable)",
    )
    group.addoption("--claims-seed", type=int, default=0, metavar="N", help="draw every experiment afresh (default: 0)")
    group.addoption(
        "--claims-second-look",
        type=int,
        metavar="N",
        help="graded comparisons without a second look have one at N replicates; each look has half of their alpha",
    )
    group.addoption(
        "--claims-json", type=Path, metavar="FILE", help="write all evidence to FILE, figure data beside it"
    )
    group.addoption(
        "--claims-baseline",
        type=Path,
        metavar="FILE",
        help="compare with the run kept in FILE, and fail on a regression; pass where there is no such file yet",
    )
    group.addoption("--claims-save", type=Path, metavar="FILE", help="keep this run in FILE, as a baseline for others")
    group.addoption("--claims-report", type=Path, metavar="FILE", help="write everything as one web page to FILE")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Use all cores for `-m claims` and for all tests, unless told otherwise; pytest-xdist reads these right after."""
    option = config.option
    by_user = config.args_source is pytest.Config.ArgsSource.ARGS
    everything = not (option.markexpr or option.keyword or by_user)
    is_worker = hasattr(config, "workerinput")
    if is_worker or not (everything or _asks_for_claims(config)) or option.usepdb or option.collectonly:
        return
    # A test file that cannot be imported costs its own claims, not the table.
    option.continue_on_collection_errors = True
    if config.pluginmanager.has_plugin("xdist") and option.numprocesses is None and option.dist == "no":
        option.numprocesses = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def pytest_configure(config: pytest.Config) -> None:
    """Read the registry, find the implementation, and make the experiments fixtures."""
    for line in (
        "claims: tests of the homework's claims",
        "claim(id, role): which claim a test serves",
        "amended: shows what is true in place of a refuted claim",
        "boundary: shows where a claim stops holding",
        "control: shows that the procedure says no where it should",
        "trained: reads an experiment, which trains something",
        "gpu: needs a CUDA device",
    ):
        config.addinivalue_line("markers", line)
    _check_options(config.option)
    try:
        run = Run(config)
        if run.owns_terminal:
            # A test of no registered claim, or a claim without tests, is refused before anything runs.
            run.read_tests()
        for pattern in ("q*/*experiment.py", "q*/*experiments.py", "q*/*figures.py"):  # TRANSITIONAL: the first
            for module in sorted(SPEC.glob(pattern)):
                importlib.import_module(f"spec.{module.parent.name}.{module.stem}")
        config.pluginmanager.register(_experiment_fixtures(run), "claims-experiments")
    except SpecificationError as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[RUN] = run
    config.pluginmanager.register(run, "claims-run")
    # Python's own thresholds are for programs of few objects: here a tenth of the time of short tests went into them.
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    if not getattr(config.option, "numprocesses", None):
        # Whoever only hands work to others has no use for it, and it takes a second to import.
        _set_up_hypothesis()


def _check_options(option: argparse.Namespace) -> None:
    """Refuse what could only fail later, with one line that names the option, its value and what was expected."""
    if option.claims_seed < 0:
        raise pytest.UsageError(f"--claims-seed {option.claims_seed}: expected a number from 0 up")
    if option.claims_second_look is not None and option.claims_second_look < 2:
        raise pytest.UsageError(f"--claims-second-look {option.claims_second_look}: expected a number from 2 up")
    for name in ("--claims-json", "--claims-report", "--claims-save"):
        file = getattr(option, name.removeprefix("--").replace("-", "_"))
        if file is not None and not file.resolve().parent.is_dir():
            raise pytest.UsageError(f"{name} {file}: there is no folder {file.resolve().parent}")
        if file is not None and file.is_dir():
            raise pytest.UsageError(f"{name} {file}: this is a folder; expected a file to write")
    for name, file in (("--claims-save", option.claims_save), ("--claims-baseline", option.claims_baseline)):
        if file is not None and option.claims_json and file.resolve() == option.claims_json.resolve():
            raise pytest.UsageError(f"{name} {file}: --claims-json writes this file; expected another one")
    try:
        limits.of_options(option)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error
    if option.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise pytest.UsageError("--device cuda: torch finds no CUDA device; expected cpu, or a machine with one")


def _asks_for_claims(config: pytest.Config) -> bool:
    marks = config.option.markexpr
    return bool(re.search(r"\bclaims\b", marks)) and not re.search(r"\bnot\s+claims\b", marks)


def _set_up_hypothesis() -> None:
    """Examples are a function of the seed alone: no clock, no database, no constants gleaned from what is imported."""
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis.internal import constants_ast
    from hypothesis.internal.conjecture import providers

    # Hypothesis tries constants that it finds in whatever modules were imported so far, which depends on the selection.
    providers._get_local_constants = constants_ast.Constants
    settings.register_profile(
        "claims",
        max_examples=200,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.target, Phase.shrink],
    )
    settings.load_profile("claims")


def _experiment_fixtures(run: Run) -> ModuleType:
    """A plugin that holds one session-scoped fixture per experiment, of the name of its class."""

    def fixture(name: str, experiment: str) -> Callable[..., Any]:
        return pytest.fixture(scope="session", name=name)(lambda: run.experiment(experiment))

    holder = ModuleType("claims-experiments")
    for name in EXPERIMENTS:
        setattr(holder, name, fixture(name, name))
        setattr(holder, snake(name), fixture(snake(name), name))  # TRANSITIONAL
    return holder


def snake(name: str) -> str:
    """TRANSITIONAL: the fixture's old name."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@pytest.fixture
def impl(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[Implementation]:
    """The implementation under test, called through the contract; behind a sandbox, in a worker for this test alone."""
    theirs = pytestconfig.stash[RUN].implementation.isolated(request.node.nodeid)
    yield theirs
    theirs.close()


@pytest.fixture
def evidence(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Evidence:
    """What this test sees, recorded for its claim."""
    binding = request.node.get_closest_marker("claim")
    if binding is None:
        raise SpecificationError(f"{request.node.nodeid}: evidence is for tests that serve a claim; add @claim('id')")
    run = pytestconfig.stash[RUN]
    parameters = getattr(request.node, "callspec", None)
    request.node.stash[EVIDENCE] = Evidence(run.registry[binding.args[0]], parameters.id if parameters else None)
    return request.node.stash[EVIDENCE]


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import the selfcheck, which serves no claim, for a run of the claims."""
    return True if collection_path == SPEC / "selfcheck" and _asks_for_claims(config) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bind every test to its registered claim: marks, group, seed, and the longest experiments first."""
    run = config.stash[RUN]
    run.all_items = [item for item in items if item.get_closest_marker("claim")]
    for item in run.all_items:
        claim_id, role = _binding(item)
        try:
            claim = run.registry[claim_id]
        except SpecificationError as error:
            raise pytest.UsageError(f"{item.nodeid}: {error}") from error
        if role == "claim" and claim.verdict in EXPECTED:
            item.add_marker(pytest.mark.xfail(raises=EXPECTED[claim.verdict], strict=True, reason=claim.reason or ""))
        experiments = _experiments(item)
        if experiments:
            item.add_marker(pytest.mark.trained)
        item.stash[GROUP] = "+".join(experiments) or item.nodeid
        _seed_hypothesis(item, run.seed)
    items.sort(key=_longest_first)
    if config.option.claims_only:
        wanted = set(run.registry.matching(config.option.claims_only))
        keep = [item for item in items if item.get_closest_marker("claim") and _binding(item)[0] in wanted]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(keep)])
        items[:] = keep


def _binding(item: pytest.Item) -> tuple[str, str]:
    binding = item.get_closest_marker("claim")
    assert binding is not None
    return binding.args


def _experiments(item: pytest.Item) -> list[str]:
    names = set(getattr(item, "fixturenames", ()))
    return sorted(name for name in EXPERIMENTS if name in names or snake(name) in names)


def _longest_first(item: pytest.Item) -> float:
    return -sum(EXPERIMENTS[name].cpu_seconds for name in _experiments(item))


def _seed_hypothesis(item: pytest.Item, seed: int) -> None:
    test = getattr(item, "obj", None)
    if test is not None and hasattr(test, "hypothesis"):
        from hypothesis import seed as seeded

        # The parameters of one test share one function, and so one seed, whichever of them comes last.
        shared = item.nodeid.partition("[")[0]
        seeded(int.from_bytes(hashlib.sha256(f"{seed} {shared}".encode()).digest()[:8], "big"))(test)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a GPU where there is none; whatever arms this test computes are its own."""
    experiments.computed.clear()
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA device; torch finds none")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Look once more where the registry says so; and a test of a claim that records nothing has decided nothing."""
    with clock.charged() as pyfuncitem.stash[CHARGE]:
        try:
            result = yield
        except SecondLookDue:
            pyfuncitem.stash[EVIDENCE].look = 2
            result = pyfuncitem.obj(**_with_more_replicates(pyfuncitem))
    if pyfuncitem.get_closest_marker("claim"):
        seen = pyfuncitem.stash.get(EVIDENCE, None)
        if seen is None or not seen.records:
            raise SpecificationError(f"{pyfuncitem.nodeid} recorded no evidence; decide through a verb of `evidence`")
    return result


def _with_more_replicates(test: pytest.Function) -> dict[str, Any]:
    """A test's arguments, with its experiments in as many replicates as a second look takes."""
    run = test.config.stash[RUN]
    arguments = {name: test.funcargs[name] for name in inspect.signature(test.obj).parameters}
    replaced = {
        name: run.experiment(type(value).__name__, look=2)
        for name, value in arguments.items()
        if isinstance(value, Experiment)
    }
    return arguments | replaced


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the test's record to the report of the phase that decided it."""
    report = yield
    if item.get_closest_marker("claim") and (call.when == "call" or call.excinfo is not None):
        report.user_properties.append((RECORD, msgspec.json.encode(_record(item, call)).decode()))
    return report


def _record(item: pytest.Item, call: pytest.CallInfo[None]) -> TestRecord:
    claim_id, role = _binding(item)
    seen = item.stash.get(EVIDENCE, None)
    record = TestRecord(
        nodeid=item.nodeid,
        claim=claim_id,
        role=role,
        outcome=Outcome.HOLDS,
        seconds=call.duration,
        cpu_seconds=item.stash[CHARGE].seconds if CHARGE in item.stash else None,
        arm_seconds=dict(experiments.computed),
        evidence=list(seen.records.values()) if seen else [],
    )
    if call.excinfo is not None:
        error = call.excinfo.value
        skipped = isinstance(error, pytest.skip.Exception)
        record.outcome = Outcome.NOT_RUN if skipped else outcome_of(error)
        record.message = _message(error, record.outcome)
    return record


def _message(error: BaseException, outcome: Outcome) -> str:
    """What the exception says, with the smallest input that Hypothesis found; the type too where it was unforeseen."""
    text = f"{type(error).__name__}: {error}" if outcome is Outcome.GRADER_ERROR else str(error)
    # Of an implementation that did not live to be asked again, no example can be made smaller.
    ended = outcome in (Outcome.TIMEOUT, Outcome.CRASH, Outcome.OUT_OF_MEMORY)
    notes = [] if ended else getattr(error, "__notes__", [])
    example = [note for note in notes if note.startswith("Falsifying example")]
    # Half characters, which an implementation's own text may hold, cannot be written to a file.
    return "\n".join([text, *example])[:2000].encode(errors="replace").decode()
