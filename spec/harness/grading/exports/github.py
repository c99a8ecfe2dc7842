"""What GitHub's `autograding-grading-reporter` action reads: base64 of JSON, version 3, as a step's output `result`.

run: echo "result=$(cat exports/github/NAME.txt)" >> "$GITHUB_OUTPUT"
"""

import base64
import json

from ..records import ClaimGrade, Record


def render(record: Record) -> str:
    """The base64 of a submission's report, on one line; where the grader failed, of a report without points."""
    grade = record.grade
    if record.status != "graded" or grade is None:
        # The reporter adds up points only where max_score is not 0.
        error = {"name": "grader", "status": "error", "score": 0, "message": f"not charged: {record.problem}"}
        document = {"version": 3, "status": "error", "max_score": 0, "tests": [{**error, **_location("", 0.0)}]}
    else:
        document = {
            "version": 3,
            "status": "pass" if grade.points == grade.of else "fail",
            "max_score": grade.of / 100,
            "tests": [_test(claim) for claim in grade.claims],
        }
    return base64.b64encode(json.dumps(document).encode()).decode()


def _test(claim: ClaimGrade) -> dict[str, object]:
    holds = claim.points == claim.of
    message = "" if holds else f"{claim.outcome}: {claim.explanation}"
    return {
        "name": f"{claim.id}: {claim.en}",
        "status": "pass" if holds else "fail",
        "score": (claim.points or 0) / 100,
        "message": message,
        **_location(claim.test, claim.seconds),
        "test_code": claim.criterion,
    }


def _location(test: str, seconds: float) -> dict[str, object]:
    file, _, name = test.partition("::")
    return {"test_code": name, "filename": file, "line_no": 0, "duration": round(seconds, 3)}
