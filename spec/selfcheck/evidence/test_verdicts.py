"""From the outcomes of a claim's tests to the outcome of the claim."""

from pathlib import Path

import msgspec
import pytest

from spec.harness.claims.inventory import SpecifiedTest
from spec.harness.errors import Outcome
from spec.harness.evidence import results
from spec.harness.evidence.verdicts import FAULTS, decide
from spec.selfcheck.examples import a_claim, a_comparison
from spec.selfcheck.records import a_run

HOLDS, REFUTED, INCONCLUSIVE, NOT_RUN = Outcome.HOLDS, Outcome.REFUTED, Outcome.INCONCLUSIVE, Outcome.NOT_RUN
PARTLY_RUN, PARTLY = Outcome.PARTLY_RUN, "1 of the 2 tests that decide it ran; test_1: 1: not-run"
MISSING, ERROR = Outcome.MISSING, Outcome.ERROR
GRADER_ERROR, CRASH = Outcome.GRADER_ERROR, Outcome.CRASH


def some_tests(roles: str, *outcomes: Outcome) -> list[results.TestRecord]:
    """One test per letter: C for a claim test, X for a control, B for a boundary, A for an amended claim."""
    names = {"C": "claim", "X": "control", "B": "boundary", "A": "amended"}
    return [
        results.TestRecord(
            nodeid=f"test_{i}",
            claim="example.claim",
            role=names[role],
            outcome=outcome,
            message=f"{i}: {outcome}",
            seconds=1.5,
        )
        for i, (role, outcome) in enumerate(zip(roles, outcomes, strict=True))
    ]


def decided(records, specified=(), **claim):
    """The record of a claim with these tests."""
    return decide(a_claim(**claim), "q0_example", records, specified)


@pytest.mark.parametrize(
    ("roles", "outcomes", "outcome", "message"),
    [
        pytest.param("C", (HOLDS,), HOLDS, "", id="one test holds"),
        pytest.param("CCX", (HOLDS, HOLDS, HOLDS), HOLDS, "", id="all hold"),
        pytest.param("CC", (HOLDS, REFUTED), REFUTED, "1: refuted", id="one is refuted"),
        pytest.param("CC", (HOLDS, INCONCLUSIVE), INCONCLUSIVE, "1: inconclusive", id="one is inconclusive"),
        pytest.param("CC", (INCONCLUSIVE, REFUTED), REFUTED, "1: refuted", id="refuted before inconclusive"),
        pytest.param("CC", (REFUTED, REFUTED), REFUTED, "0: refuted", id="the first of equals tells"),
        pytest.param("CX", (HOLDS, REFUTED), INCONCLUSIVE, "its control failed: 1: refuted", id="control refuted"),
        pytest.param(
            "XC", (INCONCLUSIVE, HOLDS), INCONCLUSIVE, "its control failed: 0: inconclusive", id="control open"
        ),
        pytest.param(
            "CX", (REFUTED, REFUTED), INCONCLUSIVE, "its control failed: 1: refuted", id="control over refuted"
        ),
        pytest.param(
            "CX", (NOT_RUN, REFUTED), INCONCLUSIVE, "its control failed: 1: refuted", id="control over not run"
        ),
        pytest.param("CC", (NOT_RUN, NOT_RUN), NOT_RUN, "0: not-run", id="none was run"),
        pytest.param("CB", (NOT_RUN, HOLDS), NOT_RUN, "0: not-run", id="what decides was not run"),
        pytest.param("CC", (HOLDS, NOT_RUN), PARTLY_RUN, PARTLY, id="one was not run"),
        pytest.param("CX", (HOLDS, NOT_RUN), PARTLY_RUN, PARTLY, id="the control was not run"),
        pytest.param("CC", (NOT_RUN, REFUTED), REFUTED, "1: refuted", id="refuted, whatever was not run"),
        pytest.param("CC", (MISSING, REFUTED), MISSING, "0: missing", id="fault before refuted"),
        pytest.param("CX", (HOLDS, ERROR), ERROR, "1: error", id="fault in a control"),
        pytest.param("CX", (ERROR, REFUTED), ERROR, "0: error", id="fault before a failed control"),
        pytest.param("CC", (MISSING, CRASH), CRASH, "1: crash", id="the gravest fault"),
        pytest.param("CCX", (CRASH, HOLDS, GRADER_ERROR), GRADER_ERROR, "2: grader-error", id="our fault is gravest"),
        pytest.param("CB", (HOLDS, REFUTED), HOLDS, "", id="boundary refuted"),
        pytest.param("CB", (HOLDS, CRASH), HOLDS, "", id="fault in a boundary"),
        pytest.param("CB", (HOLDS, NOT_RUN), HOLDS, "", id="boundary not run"),
        pytest.param("CA", (REFUTED, HOLDS), REFUTED, "0: refuted", id="refuted, amended holds"),
    ],
)
def test_a_claims_outcome(roles, outcomes, outcome, message):
    """Faults come first, then failed controls, then every claim test has to hold; boundaries do not count."""
    record = decided(some_tests(roles, *outcomes))
    assert (record.outcome, record.message) == (outcome, message)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_a_claims_outcome(fault):
    """No fault of a single test is outvoted by tests that hold."""
    assert decided(some_tests("CCC", HOLDS, fault, HOLDS)).outcome is fault


def test_every_outcome_is_either_a_fault_or_ruled_on():
    """A new outcome cannot slip through as one that holds."""
    ruled_on = {HOLDS, REFUTED, INCONCLUSIVE, PARTLY_RUN, NOT_RUN}
    assert set(Outcome) == ruled_on | set(FAULTS)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [("holds", HOLDS), ("conditional", HOLDS), ("refuted", REFUTED), ("undecided", INCONCLUSIVE)],
)
@pytest.mark.parametrize("outcome", [HOLDS, REFUTED, INCONCLUSIVE, NOT_RUN, ERROR])
def test_an_outcome_is_as_registered(verdict, expected, outcome):
    """Each verdict expects exactly one outcome."""
    assert decided(some_tests("C", outcome), verdict=verdict).as_registered is (outcome is expected)


@pytest.mark.parametrize(
    ("boundary", "as_registered"),
    [(HOLDS, True), (NOT_RUN, True), (REFUTED, False), (INCONCLUSIVE, False), (ERROR, False), (GRADER_ERROR, False)],
)
def test_a_failing_boundary_contradicts_the_registered_condition(boundary, as_registered):
    """The claim holds, but not as registered, where a boundary was run and does not hold."""
    record = decided(some_tests("CBB", HOLDS, HOLDS, boundary), verdict="conditional")
    assert (record.outcome, record.as_registered) == (HOLDS, as_registered)


@pytest.mark.parametrize(
    ("amended", "as_registered"), [(HOLDS, True), (NOT_RUN, True), (REFUTED, False), (ERROR, False)]
)
def test_a_failing_amended_claim_is_not_as_registered(amended, as_registered):
    """The claim is refuted, but not as registered, where what is said to be true instead is not."""
    record = decided(some_tests("CA", REFUTED, amended), verdict="refuted")
    assert (record.outcome, record.as_registered) == (REFUTED, as_registered)


@pytest.mark.parametrize(
    ("left_out", "selected"),
    [
        pytest.param((), True, id="none"),
        pytest.param((0,), False, id="a claim test"),
        pytest.param((1,), False, id="the control"),
        pytest.param((2,), True, id="the boundary"),
        pytest.param((0, 1, 2), False, id="all"),
    ],
)
def test_a_claim_counts_when_all_that_decides_it_is_selected(left_out, selected):
    """A claim counts in no share if a claim test or control was left out on the command line."""
    records = some_tests("CXB", HOLDS, HOLDS, HOLDS)
    for i in left_out:
        records[i].selected = False
    assert decided(records).selected is selected


def test_a_record_carries_what_is_registered():
    """A claim's record says what the claim is, where it stands, and how long its tests took together."""
    record = decided(some_tests("CB", HOLDS, HOLDS), verdict="conditional", condition="Sometimes.")
    claim = a_claim()
    assert (record.id, record.question, record.fa, record.en) == (claim.id, "q0_example", claim.fa, claim.en)
    assert (record.kind, record.subject, record.criterion) == (claim.kind, claim.subject, claim.criterion)
    assert (record.registered_verdict, record.seconds, len(record.tests)) == ("conditional", 3.0, 2)


@pytest.mark.parametrize(
    ("outcome", "comparisons_seen", "expected"),
    [
        pytest.param(HOLDS, ["effect"], HOLDS, id="seen"),
        pytest.param(HOLDS, [], GRADER_ERROR, id="not seen though the test passed"),
        pytest.param(REFUTED, [], REFUTED, id="not seen as the test ended before"),
        pytest.param(NOT_RUN, [], NOT_RUN, id="not run"),
    ],
)
def test_a_comparison_that_a_passing_test_left_out_is_the_graders_error(outcome, comparisons_seen, expected):
    """A registered comparison that leaves no evidence, although every test that decides it passed, is not held."""
    (record,) = some_tests("C", outcome)
    record.nodeid = "spec/q0_example/test_it.py::test_0"
    record.evidence = [
        results.EvidenceRecord(verb="exceeds", what="", outcome=HOLDS, comparison=name) for name in comparisons_seen
    ]
    test = SpecifiedTest(
        "example.claim", "claim", Path("test_it.py"), 1, "test_0", "", frozenset({"effect"}), (), frozenset
    )
    claim = decided([record], [test], comparison={"effect": a_comparison()})
    assert claim.outcome is expected
    assert ("'effect' is registered, and left no evidence" in claim.message) == (expected is GRADER_ERROR)


def test_the_same_values_are_one_measurement():
    """Held against two margins, or with the other sign: counted once; other values are another."""
    values = [[0.1, 0.2], [0.1, 0.2], [-0.1, -0.2], [0.2, 0.1]]
    seen = [
        results.EvidenceRecord(verb="exceeds", what="", outcome=HOLDS, comparison=f"c{i}", values=each)
        for i, each in enumerate(values)
    ]
    record = decided([msgspec.structs.replace(some_tests("C", HOLDS)[0], evidence=seen)])
    assert a_run(record).measurements() == (4, 2)
