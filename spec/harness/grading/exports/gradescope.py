"""Gradescope's `results.json`, as its autograder documentation specifies it.

A test per claim; it is Gradescope that shows it by its visibility: a hidden test hides the total from the student too.
"""

import json
from typing import Any

from ...sandbox.inside.sanitise import clean
from ..notes import note
from ..records import ClaimGrade, Record
from ..shown import NEVER, at_level, for_student

LONGEST = 100_000
"""Characters of an output that Gradescope shows."""
LONGEST_IN_TOTAL = 1_000_000
"""Characters of all outputs together: far more than a report has, and far fewer than a browser can show."""


def render(record: Record) -> str:
    """The document of a graded submission."""
    assert record.grade is not None
    tests = [
        _test(claim, f"{q}.{c}", question.title)
        for q, question in enumerate(record.grade.questions, start=1)
        for c, claim in enumerate(question.claims, start=1)
    ]
    longest = min(LONGEST, LONGEST_IN_TOTAL // max(1, len(tests)))
    for test in tests:
        test["output"] = clean(test["output"], longest)
    document = {
        "score": (record.total or 0) / 100,
        "execution_time": round(record.seconds),
        # Everybody sees it at once: of claims that are shown later or never, it says no more than their points do.
        "output": clean(note(for_student(record, None, NEVER)) or record.assignment, LONGEST),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    return json.dumps(document, indent=1)


def _test(claim: ClaimGrade, number: str, title: str) -> dict[str, Any]:
    holds, claim = claim.points == claim.of, at_level(claim)
    parts = [claim.criterion, *([] if holds else [f"{claim.outcome_word}: {claim.explanation}"]), *claim.evidence]
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
        "visibility": claim.visibility.replace("-", "_"),
        "extra_data": {"outcome": claim.outcome_word},
    }
