"""Classroom 50's `result.json`, schema `classroom50/result/v1`: closed, with whole numbers for scores.

Scores are hundredths of a point, so that nothing is rounded. The submission is identified by the variables that
Classroom 50's runner sets; it overwrites some of these fields, and refuses what does not match its repository.
"""

import json
import os
from datetime import UTC, datetime

from ...errors import SpecificationError
from ..records import ClaimGrade, Record

FROM_RUNNER = {
    "classroom": ("CLASSROOM",),
    "assignment": ("ASSIGNMENT",),
    "assignment_type": ("ASSIGNMENT_TYPE",),
    "owner": ("OWNER", "USERNAME"),
    "submission": ("SUBMISSION_TAG",),
    "commit": ("COMMIT_URL",),
    "release": ("RELEASE_URL",),
    "review": ("REVIEW_URL", "COMMIT_URL"),
}
"""The fields that come from the runner's environment: from the first of these variables that is set."""


def render(record: Record) -> str:
    """The document of a graded submission."""
    assert record.grade is not None
    identity = {field: _variable(field, names) for field, names in FROM_RUNNER.items()}
    if identity["assignment_type"] not in ("individual", "group"):
        raise SpecificationError(
            f"ASSIGNMENT_TYPE = {identity['assignment_type']!r}: expected individual or group, for "
            "classroom50/result/v1"
        )
    if not identity["submission"].startswith("submit/"):
        raise SpecificationError(
            f"SUBMISSION_TAG = {identity['submission']!r}: expected a tag that begins with submit/"
        )
    tests = [_test(claim) for claim in record.grade.claims]
    if record.override is not None and record.by_hand is not None:
        tests = [{**test, "score": 0} for test in tests]
        given = {"passed": True, "score": record.by_hand, "max-score": record.by_hand}
        tests.append({"test-name": "points given by hand", **given, "message": record.override.comment})
    graded_at = datetime.fromtimestamp(record.began, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    document = {
        "schema": "classroom50/result/v1",
        **identity,
        "datetime": graded_at,
        "score": record.total,
        "max-score": record.grade.of,
        "tests": tests,
    }
    return json.dumps(document, indent=1)


def _test(claim: ClaimGrade) -> dict[str, object]:
    return {
        "test-name": f"{claim.id}: {claim.en}",
        "passed": claim.points == claim.of,
        "score": claim.points,
        "max-score": claim.of,
        "message": claim.explanation,
    }


def _variable(field: str, names: tuple[str, ...]) -> str:
    value = next((os.environ[name] for name in names if os.environ.get(name)), None)
    if value is None:
        raise SpecificationError(
            f"export classroom50: {field}: none of the variables {', '.join(names)} is set; expected the environment "
            "of Classroom 50's runner"
        )
    return value
