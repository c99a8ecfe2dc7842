"""Gradescope's `results.json`, as its autograder documentation specifies it.

A test per claim; no test is hidden, because a hidden one hides the total from the student.
"""

import json
from typing import Any

from .. import text
from ..records import ClaimGrade, Record

IN_ALL = 1_000_000
"""Characters of output over all tests: far above what a report has, and far below what a browser cannot show."""


def render(record: Record) -> str:
    """The document of a graded submission."""
    assert record.grade is not None
    tests = [
        _test(claim, f"{q}.{c}", question.title)
        for q, question in enumerate(record.grade.questions, start=1)
        for c, claim in enumerate(question.claims, start=1)
    ]
    longest = min(text.LONGEST, IN_ALL // max(1, len(tests)))
    for test in tests:
        test["output"] = text.clean(test["output"], longest)
    document = {
        "score": (record.grade.points or 0) / 100,
        "execution_time": round(record.seconds),
        "output": text.clean(record.problem or record.assignment),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(document, indent=1)


def _test(claim: ClaimGrade, number: str, title: str) -> dict[str, Any]:
    holds = claim.points == claim.of
    parts = [claim.criterion, *([f"{claim.outcome}: {claim.reason}", claim.hint] if not holds else []), *claim.evidence]
    return {
        "score": (claim.points or 0) / 100,
        "max_score": claim.of / 100,
        "status": "passed" if holds else "failed",
        "name": f"{claim.id}: {claim.en}",
        "name_format": "text",
        "number": number,
        "output": "\n".join(part for part in parts if part),
        "output_format": "text",
        "tags": [title],
        "visibility": "visible",
        "extra_data": {"outcome": str(claim.outcome)},
    }
