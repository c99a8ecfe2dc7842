"""From a run to a grade: a pure function of `claims.json`, the assignment and the registry.

A claim that holds earns its points; any other decided outcome earns none. Boundaries, amended claims, and claims that
are registered as refuted or undecided neither earn nor cost anything. Where the grader failed, points are unknown, not
0.
"""

import msgspec

from ..claims.registry import Registry
from ..counts import counted
from ..errors import Outcome
from ..evidence.results import ClaimRecord, EvidenceRecord
from ..sandbox.inside.sanitise import clean
from .assignment import AssignedClaims
from .hints import BY_OUTCOME, hint
from .records import ClaimGrade, Grade, QuestionGrade, Record, word_of

UNDECIDED = (Outcome.GRADER_ERROR, Outcome.PARTLY_RUN, Outcome.NOT_RUN)
"""Outcomes that are not the submission's: the claim has to be run again."""
MOST_LINES = 24
"""Lines of evidence on one claim."""


def graded(record: Record, assigned: AssignedClaims, registry: Registry) -> Record:
    """The record with its grade; with the status "grader-error" where any of its claims was not decided."""
    title = clean(assigned.assignment.title, 200)
    if record.status == "grader-error":
        return msgspec.structs.replace(record, assignment=title, grade=None)
    grade = _grade(record, assigned, registry)
    undecided = [claim for claim in grade.claims if claim.points is None]
    if not undecided:
        return msgspec.structs.replace(record, assignment=title, grade=grade)
    were = "was" if len(undecided) == 1 else "were"
    problem = f"{counted(len(undecided), 'claim')} {were} not decided; {undecided[0].id}: {undecided[0].reason}"
    return msgspec.structs.replace(
        record, assignment=title, grade=grade, status="grader-error", problem=clean(problem, 2000)
    )


def _grade(record: Record, assigned: AssignedClaims, registry: Registry) -> Grade:
    """The grade of every assigned claim, question by question."""
    claim_records = {claim.id: claim for claim in record.run.claims} if record.run else {}
    by_question: dict[str, list[ClaimGrade]] = {}
    for claim_id in assigned.points:
        claim_grade = _claim_grade(claim_id, claim_records.get(claim_id), record.problem, assigned, registry)
        by_question.setdefault(registry.question_of[claim_id], []).append(claim_grade)
    questions = [
        QuestionGrade(
            question=question,
            title=registry.questions[question].title,
            points=_sum([claim.points for claim in claims]),
            of=sum(claim.of for claim in claims),
            claims=claims,
        )
        for question, claims in by_question.items()
    ]
    points = _sum([question.points for question in questions])
    return Grade(points=points, of=sum(question.of for question in questions), questions=questions)


def _sum(points: list[int | None]) -> int | None:
    known = [value for value in points if value is not None]
    return sum(known) if len(known) == len(points) else None


def _claim_grade(
    claim_id: str, record: ClaimRecord | None, problem: str, assigned: AssignedClaims, registry: Registry
) -> ClaimGrade:
    """The grade of one claim; `problem` is why the submission cannot be read, if it cannot."""
    claim = registry[claim_id]
    evidence: list[str] = []
    if problem:
        outcome, reason, advice = Outcome.ERROR, problem, ""
    elif record is None or not record.selected:
        outcome, reason, advice = Outcome.NOT_RUN, "the run did not include it", BY_OUTCOME[Outcome.NOT_RUN]
    else:
        outcome, reason, advice, evidence = record.outcome, record.message, hint(record), evidence_lines(record)
    points, holds = assigned.points[claim.id], outcome is Outcome.HOLDS
    hints = [] if holds else [advice, clean(assigned.assignment.hints.get(claim.id, ""), 12_000)]
    tests = record.tests if record else []
    return ClaimGrade(
        id=claim.id,
        en=claim.en,
        criterion=claim.criterion,
        outcome=outcome,
        points=None if outcome in UNDECIDED else points if holds else 0,
        of=points,
        reason=clean(reason, 12_000),
        hint=" ".join(filter(None, hints)),
        evidence=evidence,
        seconds=record.seconds if record else 0.0,
        budgets=[
            f"{name}: {given}"
            for name in dict.fromkeys(comparison.experiment for comparison in claim.comparison.values())
            if (given := registry.experiment(name).given)
        ],
        test=next((test.nodeid for test in tests if test.role == "claim"), ""),
        visibility=assigned.assignment.visibility_of(claim.id),
        level=assigned.assignment.hint_level_of(claim.id),
    )


def evidence_lines(claim: ClaimRecord) -> list[str]:
    """A line for each piece of evidence on a claim: first of the tests that decide it, then of the others."""
    tests = sorted(claim.tests, key=lambda test: test.role not in ("claim", "control"))
    lines = [
        clean(f"{'' if test.role == 'claim' else f'{test.role}: '}{_line(evidence)}", 600)
        for test in tests
        for evidence in test.evidence
    ]
    unique = list(dict.fromkeys(lines))
    more = len(unique) - MOST_LINES
    return unique if more <= 0 else [*unique[:MOST_LINES], f"… and {more} more"]


def _line(evidence: EvidenceRecord) -> str:
    if evidence.comparison is not None and evidence.mean is not None:
        return (
            f"{evidence.what}: {word_of(evidence.outcome)}; {evidence.exceed} of {evidence.replicates} replicates "
            f"{evidence.region.target} (needs {evidence.needed}); "
            f"mean {evidence.mean:+.3g} [{evidence.low:.3g}, {evidence.high:.3g}]"
        )
    error = (
        f"; worst error {evidence.worst_error:.1e} (tolerance {evidence.tolerance:.0e})"
        if evidence.worst_error is not None
        else ""
    )
    return f"{evidence.what}: {word_of(evidence.outcome)}; checked {evidence.examples or 0:,} times{error}"
