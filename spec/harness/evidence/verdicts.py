"""Derives the outcome of a claim from the outcomes of its tests."""

from collections.abc import Iterable

from ..claims.inventory import SpecifiedTest
from ..claims.registry import Claim
from ..errors import FAULTS, Outcome
from .results import ClaimRecord, TestRecord


def decide(claim: Claim, question: str, tests: list[TestRecord], specified: Iterable[SpecifiedTest]) -> ClaimRecord:
    """One claim's record, from the records of its tests, in the order in which these stand in the code."""
    undecided = _without_evidence(claim, tests, specified)
    outcome, message = (Outcome.GRADER_ERROR, undecided) if undecided else outcome_of(tests)
    beside = [test for test in tests if test.role != "claim"]
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
    """Which comparison a test left open that should have decided it; nothing if none.

    A test that passed has decided all of its comparisons. What refutes a claim that is registered as refuted, or leaves
    open one that is undecided, is a comparison, where its test decides any.
    """
    for test in specified:
        place = f"{test.file.name}::{test.name}"
        records = [record for record in tests if record.nodeid.partition("[")[0].endswith(place)]
        decided = {evidence.comparison for record in records for evidence in record.evidence}
        passed = bool(records) and all(record.outcome is Outcome.HOLDS for record in records)
        if passed and (missing := sorted(test.comparisons - decided)):
            return f"comparison {missing[0]!r} is registered, and left no evidence although {place} passed"
        failed = [record for record in records if record.outcome in (Outcome.REFUTED, Outcome.INCONCLUSIVE)]
        if test.role == "claim" and claim.reason is not None and test.comparisons and failed and not decided - {None}:
            return f"{place} failed before it decided a comparison: {failed[0].message}"
    return ""


def outcome_of(tests: list[TestRecord]) -> tuple[Outcome, str]:
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
    deciding = [*claims, *controls]
    if test := _first(deciding, (Outcome.NOT_RUN,)):
        done = sum(test.outcome is not Outcome.NOT_RUN for test in deciding)
        if done:
            name = test.nodeid.rpartition("::")[2]
            return Outcome.PARTLY_RUN, f"{done} of the {len(deciding)} tests that decide it ran; {name}: {test.message}"
        return Outcome.NOT_RUN, test.message
    return Outcome.HOLDS, ""


def _in_role(tests: Iterable[TestRecord], role: str) -> list[TestRecord]:
    return [test for test in tests if test.role == role]


def _first(tests: Iterable[TestRecord], outcomes: tuple[Outcome, ...]) -> TestRecord | None:
    return next((test for test in tests if test.outcome in outcomes), None)
