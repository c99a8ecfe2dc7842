"""Which tests are run, and in which order: each is bound to its claim and to the experiments that it reads."""

import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .. import determinism
from ..claims.binding import ROLES
from ..claims.registry import Variation
from ..errors import Inconclusive, Refuted, SpecificationError
from ..evidence.cache import group_of
from ..evidence.experiments import EXPERIMENTS
from ..evidence.figures import FIGURE_FUNCTIONS
from ..paths import SPEC
from ..run_directory import CollectedTest
from .run import RUN, Run, asks_for_claims

GROUP = pytest.StashKey[str]()
CLAIM_TESTS = pytest.StashKey[list[pytest.Item]]()
"""All collected tests of claims, also those that are not selected."""
ONLY = pytest.StashKey[list[str]]()
"""The ids of the claims that `--claims-only` names, of all where it is not used."""

EXPECTED: dict[str, type[Exception]] = {"refuted": Refuted, "undecided": Inconclusive}
"""How the tests that decide a claim end, where it is not registered as true."""

MARKS = (
    "claims: tests of the homework's claims",
    "claim(id, role): the claim that a test is about, and its role",
    "amended: shows what is true in place of a refuted claim",
    "boundary: shows where a claim stops holding",
    "control: shows that the procedure rejects what it should",
    "trained: reads an experiment, which trains something",
    "gpu: needs a CUDA device",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options that select claims."""
    parser.getgroup("claims").addoption(
        "--claims-only",
        action="append",
        default=[],
        metavar="PREFIX",
        help="only claims whose id starts with PREFIX (repeatable)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Import the experiments and the figures of all questions, and make the experiments fixtures."""
    for mark in MARKS:
        config.addinivalue_line("markers", mark)
    run = config.stash[RUN]
    try:
        config.stash[ONLY] = run.registry.matching(config.option.claims_only)
        _import_questions(run)
        for claim_id, function in FIGURE_FUNCTIONS:
            if claim_id not in run.registry.claims:
                raise SpecificationError(f"{function.__module__}.{function.__name__}: unknown claim {claim_id!r}")
    except SpecificationError as error:
        raise pytest.UsageError(str(error)) from error
    config.pluginmanager.register(_fixtures(run), "claims-experiments")


def _import_questions(run: Run) -> None:
    """Import what registers experiments and figures.

    An experiment that cannot be imported costs the claims whose tests import it; a figure that cannot, is not drawn.
    """
    for pattern in ("q*/*experiments.py", "q*/*figures.py"):
        for file in sorted(SPEC.glob(pattern)):
            try:
                importlib.import_module(f"spec.{file.parent.name}.{file.stem}")
            except SpecificationError:
                raise
            except Exception as error:
                if pattern.endswith("figures.py"):
                    run.directory.add_undrawn(run.worker, f"{file}: {type(error).__name__}: {error}")


def _fixtures(run: Run) -> ModuleType:
    """A plugin that holds one session-scoped fixture per experiment, of the name of its class."""
    plugin = ModuleType("claims-experiments")
    for name in EXPERIMENTS:
        setattr(plugin, name, pytest.fixture(scope="session", name=name)(lambda name=name: run.experiment(name)))
    return plugin


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import the selfcheck, which serves no claim, for a run of the claims."""
    return True if collection_path == SPEC / "selfcheck" and asks_for_claims(config) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bind every test to its registered claim: marks, group, seed, and the longest experiments first."""
    run = config.stash[RUN]
    tests = config.stash[CLAIM_TESTS] = [item for item in items if item.get_closest_marker("claim")]
    for item in tests:
        claim_id, role = claim_and_role(item)
        try:
            claim = run.registry[claim_id]
        except SpecificationError as error:
            raise pytest.UsageError(f"{item.nodeid}: {error}") from error
        if role == "claim" and claim.verdict in EXPECTED:
            item.add_marker(pytest.mark.xfail(raises=EXPECTED[claim.verdict], strict=True, reason=claim.reason or ""))
        experiments = experiments_of(item)
        parameters = inspect.signature(item.obj).parameters if isinstance(item, pytest.Function) else experiments
        if strange := set(experiments) - set(parameters):
            raise pytest.UsageError(
                f"{item.nodeid}: reads {min(strange)} through another fixture; expected a parameter of the test"
            )
        if experiments:
            item.add_marker(pytest.mark.trained)
        item.stash[GROUP] = group_of(experiments) or item.nodeid
        # The parameters of one test share one function, and so one seed, whichever of them comes last.
        determinism.seed_hypothesis(getattr(item, "obj", None), run.seed, item.nodeid.partition("[")[0])
    items.sort(key=_longest_first)
    if config.option.claims_only or run.variation:
        selected = {
            id(item)
            for item in tests
            if claim_and_role(item)[0] in config.stash[ONLY] and (not run.variation or _varies(item, run.variation))
        }
        config.hook.pytest_deselected(items=[item for item in items if id(item) not in selected])
        items[:] = [item for item in items if id(item) in selected]


def _varies(item: pytest.Item, variation: Variation) -> bool:
    """Whether a variation concerns a test: it reads the experiment, and is no boundary test, which varies it itself."""
    return variation.experiment in experiments_of(item) and claim_and_role(item)[1] != "boundary"


def claim_and_role(item: pytest.Item) -> tuple[str, str]:
    """The claim id and the role in a test's `@claim`."""
    marker = item.get_closest_marker("claim")
    assert marker is not None
    assert marker.args[1] in ROLES
    return marker.args


def experiments_of(item: pytest.Item) -> list[str]:
    """The experiments that a test reads, by the names of their classes."""
    return sorted(set(getattr(item, "fixturenames", ())) & set(EXPERIMENTS))


def _longest_first(item: pytest.Item) -> float:
    return -sum(EXPERIMENTS[name].cpu_seconds for name in experiments_of(item))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Record the collected and the selected tests, before the process that owns the terminal reads them."""
    selected = {id(item) for item in session.items}
    tests = {
        item.nodeid: CollectedTest(claim_and_role(item)[0], item.stash.get(GROUP, item.nodeid), id(item) in selected)
        for item in session.config.stash.get(CLAIM_TESTS, [])
    }
    if tests:
        session.config.stash[RUN].directory.write_collected(tests)
    determinism.spare_from_collection()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Keep the tests of an experiment together, unless the user chose another distribution."""
    if config.option.dist != "load":
        return None
    from .scheduling import ExperimentScheduling

    directory = config.stash[RUN].directory

    def group_of(nodeid: str) -> str:
        test = directory.collected().get(nodeid)
        # What is no claim's test stays with its file: modules share what is costly to set up.
        return test.group if test else nodeid.partition("::")[0]

    return ExperimentScheduling(config, log, group_of)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests that need a GPU on a machine without one."""
    if item.get_closest_marker("gpu"):
        import torch

        if not torch.cuda.is_available():
            pytest.skip("needs a CUDA device; torch finds none")
