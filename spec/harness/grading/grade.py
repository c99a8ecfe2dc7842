"""From what a run found to a grade: a pure function of `claims.json`, the assignment and the registry.

A claim that holds brings its points; any other decided outcome brings none. Boundaries, amended claims, and claims that
are refuted or undecided as registered bring and cost nothing. Where the grader failed, points are unknown, not 0.
"""

from ..claims.registry import Registry
from ..errors import Outcome
from ..evidence.results import ClaimRecord, EvidenceRecord, Results
from .assignment import AssignedClaims
from .hints import BY_OUTCOME, hint
from .records import ClaimGrade, Grade, QuestionGrade, Record
from .text import clean

UNKNOWN = (Outcome.GRADER_ERROR, Outcome.NOT_RUN)
"""Outcomes that are nobody's: the claim has to be run again."""
MOST_LINES = 24


def graded(record: Record, chosen: AssignedClaims, registry: Registry) -> Record:
    """The record with its grade; with the status "grader-error" where any of its claims could not be decided."""
    record.assignment = clean(chosen.assignment.title, 200)
    record.grade = None if record.status == "grader-error" else _grade(record.run, record.problem, chosen, registry)
    if record.grade is not None and record.grade.points is None:
        claims = [claim for question in record.grade.questions for claim in question.claims]
        undecided = [f"{claim.id}: {claim.reason}" for claim in claims if claim.points is None]
        record.status = "grader-error"
        record.problem = clean(f"{len(undecided)} claims were not decided; {undecided[0]}", 2000)
    return record


def _grade(run: Results | None, problem: str, chosen: AssignedClaims, registry: Registry) -> Grade:
    """Every claim of the assignment, question by question; `problem` is why a submission cannot be read."""
    found = {claim.id: claim for claim in run.claims} if run else {}
    questions = []
    for folder, question in registry.questions.items():
        members = [claim for claim in chosen.points if registry.question_of[claim] == folder]
        claims = [_claim(claim, found.get(claim), problem, chosen, registry) for claim in members]
        if claims:
            points = _sum([claim.points for claim in claims])
            of = sum(claim.of for claim in claims)
            questions.append(QuestionGrade(question=folder, title=question.title, points=points, of=of, claims=claims))
    points = _sum([question.points for question in questions])
    return Grade(points=points, of=sum(question.of for question in questions), questions=questions)


def _sum(points: list[int | None]) -> int | None:
    known = [each for each in points if each is not None]
    return sum(known) if len(known) == len(points) else None


def _claim(
    claim_id: str, found: ClaimRecord | None, problem: str, chosen: AssignedClaims, registry: Registry
) -> ClaimGrade:
    claim, of = registry[claim_id], chosen.points[claim_id]
    own = chosen.assignment.hints.get(claim_id, "")
    if problem:
        outcome, reason, advice, evidence = Outcome.ERROR, problem, "", list[str]()
    elif found is None or not found.selected:
        outcome, reason, advice, evidence = Outcome.NOT_RUN, "the run left it out", BY_OUTCOME[Outcome.NOT_RUN], []
    else:
        outcome, reason, advice, evidence = found.outcome, found.message, hint(found), lines(found)
    holds = outcome is Outcome.HOLDS
    return ClaimGrade(
        id=claim_id,
        en=claim.en,
        criterion=claim.criterion,
        outcome=outcome,
        points=None if outcome in UNKNOWN else of if holds else 0,
        of=of,
        reason=clean(reason, 4000),
        hint="" if holds else " ".join(filter(None, (advice, own))),
        evidence=evidence,
        seconds=found.seconds if found else 0.0,
        test=next((test.nodeid for test in found.tests if test.role == "claim"), "") if found else "",
    )


def lines(claim: ClaimRecord) -> list[str]:
    """What the tests of a claim saw, a line for each statement: what decides it first, what stands beside it after."""
    ranked = sorted(claim.tests, key=lambda test: test.role not in ("claim", "control"))
    said = [
        clean(f"{'' if test.role == 'claim' else f'{test.role}: '}{_line(seen)}", 600)
        for test in ranked
        for seen in test.evidence
    ]
    unique = list(dict.fromkeys(said))
    left = len(unique) - MOST_LINES
    return unique if left <= 0 else [*unique[:MOST_LINES], f"… and {left} more"]


def _line(seen: EvidenceRecord) -> str:
    if seen.comparison is not None and seen.mean is not None:
        return (
            f"{seen.what}: {seen.outcome}; {seen.exceed} of {seen.replicates} replicates {seen.region.target} "
            f"(needs {seen.needed}); mean {seen.mean:+.3g} [{seen.low:.3g}, {seen.high:.3g}]"
        )
    error = "" if seen.worst_error is None else f"; worst error {seen.worst_error:.1e} (at most {seen.tolerance:.0e})"
    return f"{seen.what}: {seen.outcome}; checked {seen.examples or 0:,} times{error}"
