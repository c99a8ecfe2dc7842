"""One test: what it sees is recorded for its claim, with a second look at more replicates where the first is open."""

import inspect
from collections.abc import Generator, Iterator
from typing import Any

import msgspec
import pytest

from ..errors import Outcome, SpecificationError, outcome_of
from ..evidence import clock, experiments
from ..evidence.evidence import Evidence
from ..evidence.experiments import Experiment
from ..evidence.results import SMALLEST_INPUT, TestRecord
from ..implementation.proxy import Implementation
from .collection import claim_and_role
from .run import RUN

RECORD = "claim_record"
"""The name under which a test's record travels in a report's `user_properties`."""

EVIDENCE = pytest.StashKey[Evidence]()
CHARGE = pytest.StashKey[clock.Charge]()
MESSAGE_LENGTH = 2000
HYPOTHESIS_HEADINGS = ("Falsifying example", "Failing test case")
"""How Hypothesis begins the note with the smallest input, in older and in newer versions."""


@pytest.fixture
def impl(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[Implementation]:
    """The implementation under test, called through the contract; in a sandbox, a worker for this test alone."""
    implementation = pytestconfig.stash[RUN].implementation.isolated(request.node.nodeid)
    yield implementation
    implementation.close()


@pytest.fixture
def evidence(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Evidence:
    """What this test sees, recorded for its claim."""
    test = request.node
    if not test.get_closest_marker("claim"):
        raise SpecificationError(f"{test.nodeid}: evidence is for tests that serve a claim; add @claim('id')")
    claim = pytestconfig.stash[RUN].registry[claim_and_role(test)[0]]
    parameters = getattr(test, "callspec", None)
    test.stash[EVIDENCE] = Evidence(claim, parameters.id if parameters else None)
    return test.stash[EVIDENCE]


def pytest_runtest_setup() -> None:
    """Whatever arms a test computes are its own."""
    experiments.computed.clear()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Look once more where the registry says so; and a test of a claim that records nothing has decided nothing."""
    with clock.charged() as pyfuncitem.stash[CHARGE]:
        result = yield
        recorded = pyfuncitem.stash.get(EVIDENCE, None)
        if recorded and recorded.is_undecided:
            recorded.look = 2
            result = pyfuncitem.obj(**_with_further_replicates(pyfuncitem))
    for record in recorded.records.values() if recorded else ():
        if record.outcome is not Outcome.HOLDS:
            raise SpecificationError(f"{pyfuncitem.nodeid} passed although {record.what!r} is {record.outcome}")
    if pyfuncitem.get_closest_marker("claim") and not (recorded and recorded.records):
        raise SpecificationError(f"{pyfuncitem.nodeid} recorded no evidence; decide through a verb of `evidence`")
    return result


def _with_further_replicates(test: pytest.Function) -> dict[str, Any]:
    """A test's arguments, with experiments that hold the replicates which the first look lacks."""
    run = test.config.stash[RUN]
    arguments = {name: test.funcargs[name] for name in inspect.signature(test.obj).parameters if name in test.funcargs}
    further = {
        name: run.experiment(name, look=2)
        for name, value in arguments.items()
        if isinstance(value, Experiment) and len(run.registry.experiment(name).looks) > 1
    }
    return arguments | further


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
    claim_id, role = claim_and_role(item)
    recorded = item.stash.get(EVIDENCE, None)
    record = TestRecord(
        nodeid=item.nodeid,
        claim=claim_id,
        role=role,
        outcome=Outcome.HOLDS,
        seconds=call.duration,
        cpu_seconds=item.stash[CHARGE].seconds if CHARGE in item.stash else None,
        arm_seconds=dict(experiments.computed),
        evidence=list(recorded.records.values()) if recorded else [],
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
    example = [f"{SMALLEST_INPUT}{note.partition(':')[2]}" for note in notes if note.startswith(HYPOTHESIS_HEADINGS)]
    # Lone surrogates, which an implementation's own text may hold, cannot be written to a file.
    return "\n".join([text, *example])[:MESSAGE_LENGTH].encode(errors="replace").decode()
