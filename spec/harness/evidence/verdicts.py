"""From what became of every test to what became of every claim."""

from collections.abc import Iterable

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


def decide(claim: Claim, question: str, tests: list[TestRecord]) -> ClaimRecord:
    """One claim's record, from its tests in the order in which they stand in the code."""
    outcome, message = _outcome(tests)
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
