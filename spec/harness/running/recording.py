"""Records the evidence of one test, with a second look at more replicates if the first is inconclusive."""

import inspect
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from .. import determinism
from ..errors import Outcome, SpecificationError, failures_of, outcome_of
from ..evidence import clock, experiments
from ..evidence.evidence import Evidence
from ..evidence.experiments import Experiment
from ..evidence.results import EvidenceRecord, TestRecord
from ..implementation.journal import Asked, attach, calls_of, journal
from ..implementation.proxy import Implementation
from ..implementation.written import written
from .blame import blamed
from .collection import claim_and_role
from .run import RUN

RECORD = "claim_record"
"""The name under which a test's record travels in a report's `user_properties`."""

EVIDENCE = pytest.StashKey[Evidence]()
REUSED = pytest.StashKey[TestRecord]()
"""What an earlier run found, of a test that is not run."""
CHARGE = pytest.StashKey[clock.Charge]()
MESSAGE_LENGTH = 12_000
LINE_LENGTH = 3000
"""Of a call in a message: a longer one is cut there, and whole in the record's `calls`."""


@pytest.fixture
def impl(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Iterator[Implementation]:
    """The implementation under test, called through the contract; in a sandbox, a worker for the tests of one claim."""
    run, marked = pytestconfig.stash[RUN], request.node.get_closest_marker("claim")
    implementation = run.implementation_for(claim_and_role(request.node)[0] if marked else "")
    yield implementation
    implementation.renew()


@pytest.fixture
def evidence(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Evidence:
    """What this test sees, recorded for its claim."""
    test = request.node
    if not test.get_closest_marker("claim"):
        raise SpecificationError(f"{test.nodeid}: only a test of a claim may record evidence; add @claim('id')")
    claim = pytestconfig.stash[RUN].registry[claim_and_role(test)[0]]
    parameters = getattr(test, "callspec", None)
    test.stash[EVIDENCE] = Evidence(claim, parameters.id if parameters else None)
    return test.stash[EVIDENCE]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Attribute the arms computed from here on to this test, and give it a seed."""
    determinism.begin_test(item.config.stash[RUN].seed, item.nodeid)
    experiments.computed.clear()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Take the second look if the registry declares one; a test of a claim that records no evidence is an error."""
    with clock.charged() as pyfuncitem.stash[CHARGE], _examples_kept(pyfuncitem):
        try:
            result = yield
            recorded = pyfuncitem.stash.get(EVIDENCE, None)
            if recorded and recorded.is_undecided:
                recorded.look = 2
                result = pyfuncitem.obj(**_with_further_replicates(pyfuncitem))
        except Exception as error:
            attach(failures_of(error)[0], journal.calls)
            if fault := blamed(pyfuncitem, error):
                raise fault from error
            raise
    for record in recorded.records.values() if recorded else ():
        if record.outcome is not Outcome.HOLDS:
            raise SpecificationError(f"{pyfuncitem.nodeid} passed although {record.what!r} is {record.outcome}")
    if pyfuncitem.get_closest_marker("claim") and not (recorded and recorded.records):
        raise SpecificationError(f"{pyfuncitem.nodeid} recorded no evidence; expected a call of a method of `evidence`")
    return result


@contextmanager
def _examples_kept(test: pytest.Function) -> Iterator[None]:
    """Attach the calls of the failing example to what the test raises: under Hypothesis, of the smallest one.

    Hypothesis runs that one last, and is not asked what it was. pytest shows the calls below the failure.
    """
    hypothesis: Any = getattr(test.obj, "hypothesis", None)
    inner: Any = hypothesis and hypothesis.inner_test
    if hypothesis:
        hypothesis.inner_test = journal.by_example(inner)
    try:
        with journal.example():
            yield
    except Exception as error:
        recorded = test.stash.get(EVIDENCE, None)
        for failure in [] if recorded and _fails_to_compare(recorded.records.values()) else failures_of(error):
            shown = getattr(failure, "__notes__", [])
            for call in written(calls_of(failure)):
                if call.line not in shown:
                    failure.add_note(call.line)
        raise
    finally:
        if hypothesis:
            hypothesis.inner_test = inner


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
        record = _record(item, call)
        report.user_properties.append((RECORD, msgspec.json.encode(record).decode()))
        # What `--junitxml` shows of a test comes with the report of its teardown, which is made of these.
        item.user_properties += [("claim", record.claim), ("role", record.role), ("outcome", str(record.outcome))]
    return report


def _record(item: pytest.Item, call: pytest.CallInfo[None]) -> TestRecord:
    if REUSED in item.stash and call.when == "call":
        return item.stash[REUSED]
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
        record.calls = written(_calls(error))
        record.message = _message(error, item.nodeid, record.evidence)
    return record


def _calls(error: BaseException) -> list[Asked]:
    """The calls that a failure is about, or each of several."""
    return [asked for failure in failures_of(error) for asked in calls_of(failure)]


def _fails_to_compare(evidence: Iterable[EvidenceRecord]) -> bool:
    """Whether a comparison does not hold: it speaks of replicates, which no call shows."""
    return any(record.comparison is not None and record.outcome is not Outcome.HOLDS for record in evidence)


def _message(error: BaseException, nodeid: str, evidence: Sequence[EvidenceRecord] = ()) -> str:
    """What went wrong, and the calls that show it; of several failures, each."""
    lines: list[str] = []
    for failure in failures_of(error):
        lines.append(_says(failure))
        calls = [] if _fails_to_compare(evidence) else written(calls_of(failure))
        lines += [call.line if len(call.line) <= LINE_LENGTH else f"{call.line[: LINE_LENGTH - 1]}…" for call in calls]
        if any(call.abbreviated or len(call.line) > LINE_LENGTH for call in calls):
            lines.append(f"# whole: pytest '{nodeid}' --claims-entries=0, with the other options of this run")
    # Lone surrogates, which an implementation's own text may hold, cannot be written to a file.
    return "\n".join(lines)[:MESSAGE_LENGTH].encode(errors="replace").decode()


def _says(failure: BaseException) -> str:
    """What an exception says: with its type where it was unforeseen, in our words where it is Hypothesis's."""
    from hypothesis.errors import Flaky

    if isinstance(failure, Flaky):
        return "called again with the same arguments, it returned another result; expected the same result"
    if outcome_of(failure) is not Outcome.GRADER_ERROR:
        return str(failure)
    return f"{type(failure).__name__}: {failure}"
