"""Made-up runs of real claims, for the tests of grading: no test is run for them."""

from functools import cache
from typing import Any

from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome
from spec.harness.evidence import results
from spec.harness.evidence.results import ClaimRecord, EvidenceRecord, Results, TestRecord
from spec.harness.grading.assignment import AssignedClaims, Assignment, assign
from spec.harness.grading.grade import graded
from spec.harness.grading.records import Record

HOSTILE = "<script>alert(1)</script>\x1b[31m]]>\x00\u202e=cmd|' /C calc'!A0 & \"quoted\"\r\x9b2J\ufffe"
"""What a submission may have printed or raised: markup, terminal sequences, controls, a formula, no XML."""
ASSIGNMENT = Assignment(title="Homework 5", claims=["metrics", "one-hot"], exclude=["metrics.f1-suits"])


@cache
def inventory() -> Inventory:
    """The homework's own."""
    return Inventory(Registry())


def assigned(assignment: Assignment = ASSIGNMENT, **options: Any) -> AssignedClaims:
    """The claims of an assignment."""
    return assign(assignment, inventory(), **options)


def claim(claim_id: str, outcome: Outcome = Outcome.HOLDS, message: str = "", **evidence: Any) -> ClaimRecord:
    """A claim's record with one test, and one piece of evidence in it."""
    registered = inventory().registry[claim_id]
    test = TestRecord(
        nodeid=f"spec/q0/test_it.py::test_{claim_id}",
        claim=claim_id,
        role="claim",
        outcome=outcome,
        message=message,
        evidence=[
            EvidenceRecord(
                **{"verb": "equal", "what": f"evidence on {claim_id}", "outcome": outcome, "examples": 200, **evidence}
            )
        ],
        seconds=0.25,
    )
    return ClaimRecord(
        id=claim_id,
        question=inventory().registry.question_of[claim_id],
        fa=registered.fa,
        en=registered.en,
        kind=registered.kind,
        subject=registered.subject,
        criterion=registered.criterion,
        registered_verdict=registered.verdict,
        outcome=outcome,
        as_registered=outcome is registered.registered_outcome,
        selected=True,
        seconds=0.25,
        message=message,
        tests=[test],
    )


def run(claims: list[ClaimRecord]) -> Results:
    """A run with these claims."""
    return Results(
        schema=results.SCHEMA,
        implementation="jane",
        environment={"sandbox": "none"},
        registry="",
        seed=7,
        selection=results.Selection(only=[], marks="claims", keywords="", arguments=[]),
        seconds=1.0,
        cpu_seconds=1.0,
        reference_seconds=1.0,
        as_registered=None,
        pass_rate=None,
        figures=[],
        claims=claims,
    )


def record(
    *others: ClaimRecord, submission: str = "jane", assignment: AssignedClaims | None = None, problem: str = ""
) -> Record:
    """A graded submission, of which every claim holds but these; one that cannot be read where there is a `problem`."""
    claims = assignment or assigned()
    by_id = {other.id: other for other in others}
    ungraded = Record(
        submission=submission,
        key="key",
        status="graded",
        problem=problem,
        seed=7,
        began=1_700_000_000.0,
        seconds=12.5,
        run=None if problem else run([by_id.get(claim_id) or claim(claim_id) for claim_id in claims.points]),
    )
    return graded(ungraded, claims, inventory().registry)
