"""From what became of every test to what became of every claim."""

from collections.abc import Iterable

from ..claims.inventory import SpecifiedTest
from ..claims.registry import Claim
from ..errors import Outcome
from .results import ClaimRecord, TestRecord

FAULTS = (
    Outcome.GRADER_ERROR,
    Outcome.CRASH,
    Outcome.TIMEOUT,
    Outcome.OUT_OF_MEMORY,
    Outcome.ERROR,
    Outcome.MISSING,
)


def decide(claim: Claim, question: str, tests: list[TestRecord], specified: Iterable[SpecifiedTest]) -> ClaimRecord:
    """One claim's record, from the records of its tests, in the order in which these stand in the code."""
    undecided = _without_evidence(claim, tests, specified)
    outcome, message = (Outcome.GRADER_ERROR, undecided) if undecided else _outcome(tests)
    beside = [*_in_role(tests, "boundary"), *_in_role(tests, "amended")]
    these_hold = all(test.outcome in (Outcome.HOLDS, Outcome.NOT_RUN) for test in beside)
    return ClaimRecord(
        id=claim.id,
        question=question,
        fa=claim.fa,
        en=claim.en,
        kind=claim.kind,
        subject=claim.subject,
        criterion=claim.criterion,
        condition=claim.condition,
        reason=claim.reason,
        amended=claim.amended,
        registered_verdict=claim.verdict,
        outcome=outcome,
        as_registered=outcome is claim.registered_outcome and these_hold,
        selected=all(test.selected for test in tests if test.role in ("claim", "control")),
        seconds=sum(test.seconds for test in tests),
        message=message,
        tests=tests,
    )


def _without_evidence(claim: Claim, tests: list[TestRecord], specified: Iterable[SpecifiedTest]) -> str:
    """Which registered comparison was not decided, although every test that should have passed; nothing if none."""
    decided = {record.comparison for test in tests for record in test.evidence}
    for name in claim.comparison:
        functions = {test.name for test in specified if name in test.comparisons}
        records = [test for test in tests if test.nodeid.rpartition("::")[2].partition("[")[0] in functions]
        if name not in decided and records and all(test.outcome is Outcome.HOLDS for test in records):
            return f"comparison {name!r} is registered, and left no evidence although {records[0].nodeid} passed"
    return ""


def _outcome(tests: list[TestRecord]) -> tuple[Outcome, str]:
    """A claim's outcome, and the message of the test that decided it.

    A fault hides everything; a failing control makes the claim inconclusive, whatever else passed; every claim test has
    to hold; and what was not run is not decided. Boundaries and amended claims are about what else is registered.
    """
    claims, controls = _in_role(tests, "claim"), _in_role(tests, "control")
    assert claims, "the inventory refuses a claim that no test decides"
    for fault in FAULTS:
        if test := _first([*claims, *controls], (fault,)):
            return fault, test.message
    if test := _first(controls, (Outcome.REFUTED, Outcome.INCONCLUSIVE)):
        return Outcome.INCONCLUSIVE, f"its control failed: {test.message}"
    for outcome in (Outcome.REFUTED, Outcome.INCONCLUSIVE):
        if test := _first(claims, (outcome,)):
            return outcome, test.message
    if test := _first([*claims, *controls], (Outcome.NOT_RUN,)):
        done = sum(test.outcome is not Outcome.NOT_RUN for test in tests)
        return Outcome.NOT_RUN, test.message or f"{done} of its {len(tests)} tests ran"
    return Outcome.HOLDS, ""


def _in_role(tests: Iterable[TestRecord], role: str) -> list[TestRecord]:
    return [test for test in tests if test.role == role]


def _first(tests: Iterable[TestRecord], outcomes: tuple[Outcome, ...]) -> TestRecord | None:
    return next((test for test in tests if test.outcome in outcomes), None)
