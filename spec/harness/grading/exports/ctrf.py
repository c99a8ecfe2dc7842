"""CTRF, the Common Test Report Format (ctrf.io), version 0.0.0: closed objects, with anything else under `extra`."""

import json
from typing import Any

from ..records import ClaimGrade, Record


def render(record: Record) -> str:
    """The document of a submission; claims that are undecided, because the grader failed, are "other"."""
    questions = record.grade.questions if record.grade else []
    tests = [_test(claim, question.title) for question in questions for claim in question.claims]
    if record.grade is None:
        tests.append({"name": "grader", "status": "other", "duration": 0, "message": record.problem})
    counts = {
        status: sum(test["status"] == status for test in tests)
        for status in ("passed", "failed", "skipped", "pending", "other")
    }
    start, stop = round(record.began * 1000), round((record.began + record.seconds) * 1000)
    of = record.grade.of / 100 if record.grade else None
    points = record.total / 100 if record.total is not None else None
    comment = record.override.comment if record.override else ""
    document = {
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "generatedBy": "claims export ctrf",
        "results": {
            "tool": {"name": "claims"},
            "summary": {"tests": len(tests), **counts, "start": start, "stop": stop},
            "tests": tests,
            "extra": {
                "submission": record.submission,
                "status": record.status,
                "points": points,
                "of": of,
                "comment": comment,
            },
        },
    }
    return json.dumps(document, indent=1)


def _test(claim: ClaimGrade, title: str) -> dict[str, Any]:
    status = "other" if claim.points is None else "passed" if claim.points == claim.of else "failed"
    earned = None if claim.points is None else claim.points / 100
    return {
        "name": claim.id,
        "status": status,
        "duration": round(claim.seconds * 1000),
        "suite": [title],
        "message": claim.explanation,
        "rawStatus": claim.outcome_word,
        "filePath": claim.test.partition("::")[0],
        "extra": {"claim": claim.en, "points": earned, "of": claim.of / 100, "evidence": claim.evidence},
    }
