"""Made-up runs of real claims, for the tests of grading: no test is run for them."""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from spec.harness.claims.inventory import Inventory
from spec.harness.claims.registry import Registry
from spec.harness.errors import Outcome
from spec.harness.evidence import results
from spec.harness.evidence.results import ClaimRecord, EvidenceRecord, Results, TestRecord
from spec.harness.grading import book_file, records, seals
from spec.harness.grading.assignment import AssignedClaims, Assignment, assign
from spec.harness.grading.book_file import Book, Entry, RunSettings
from spec.harness.grading.class_folder import ClassFolder
from spec.harness.grading.grade import graded
from spec.harness.grading.grades_csv import row_of
from spec.harness.grading.records import Record
from spec.harness.grading.standings import Standing

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


SECRET = b"a secret of sixteen and more"
KEY = seals.key_of(SECRET)


def questions() -> dict[str, int]:
    """The points of each question of the assignment."""
    points: dict[str, int] = {}
    for claim_id, of in assigned().points.items():
        question = inventory().registry.question_of[claim_id]
        points[question] = points.get(question, 0) + of
    return points


def standings(of: list[Record]) -> list[Standing]:
    """A class whose submissions are nobody's in particular."""
    return [Standing(row_of(each), each) for each in of]


def class_folder(out: Path, *of: Record, **more: Any) -> Path:
    """A folder as `claims grade` leaves it, with these grades and failures; more of its book may be said."""
    claims = assigned()
    settings = RunSettings(
        specification="s", seed=7, device="cpu", claims=list(claims.points), exact=True, limits=claims.assignment.limits
    )
    book = Book(
        settings=settings,
        assignment=claims.assignment,
        points=claims.points,
        questions=questions(),
        submissions={each.submission: Entry((out / each.submission).absolute().as_uri(), "f") for each in of},
        **more,
    )
    for name in ("results", "failures"):
        (out / name).mkdir(parents=True)
    (out / "seed-secret").write_bytes(SECRET)
    book_file.write(book, out, KEY)
    folder = ClassFolder(out, KEY, book)
    for each in of:
        kind = "results" if each.status == "graded" else "failures"
        keyed = msgspec.structs.replace(each, key=folder.key_of(each.submission))
        records.write(keyed, folder.file(kind, each.submission), KEY)
    return out
