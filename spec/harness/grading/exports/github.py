"""What GitHub's `autograding-grading-reporter` action reads: base64 of JSON, version 3, as a step's output `result`.

run: echo "result=$(cat exports/github/NAME.txt)" >> "$GITHUB_OUTPUT"
"""

import base64
import functools
import json
import operator
import random
from typing import Any

from ..records import ClaimGrade, Record

ORDERS = 10_000
"""Orders of the tests that are tried."""


def render(record: Record) -> str:
    """The base64 of a submission's report, on one line; where the grader failed, of a report without points."""
    grade = record.grade
    if grade is None or record.total is None or (record.status != "graded" and record.by_hand is None):
        # The reporter adds up points only where max_score is not 0.
        error = {"name": "grader", "status": "error", "score": 0, "message": f"no points lost: {record.problem}"}
        document = {"version": 3, "status": "error", "max_score": 0, "tests": [{**error, **_location("", 0.0)}]}
    else:
        tests = [_test(claim) for claim in grade.claims]
        if record.override is not None and record.by_hand is not None:
            by_hand = {"status": "pass", "message": record.override.comment, **_location("", 0.0)}
            tests = [{**test, "score": 0} for test in tests]
            tests.append({"name": "points given by hand", "score": record.by_hand / 100, **by_hand})
        document = {
            "version": 3,
            "status": "pass" if record.total >= grade.of else "fail",
            "max_score": grade.of / 100,
            "tests": summing_exactly(tests, record.total),
        }
    return base64.b64encode(json.dumps(document).encode()).decode()


def summing_exactly(tests: list[dict[str, Any]], total: int) -> list[dict[str, Any]]:
    """The tests in an order in which their scores, added up as floats from the first on, are the total in hundredths.

    Every score is the float that is nearest to its decimals; what is off by a digit in the last place is their sum, in
    the order of the claims. Mostly another order has it right; where none has, the smallest score that is not 0 comes
    last and takes up the difference, of about 1e-14 points.
    """
    order = random.Random(0)
    tests = list(tests)
    for _ in range(ORDERS):
        if _sum(tests) == total / 100:
            return tests
        order.shuffle(tests)
    *others, last = sorted(tests, key=lambda test: (test["score"] > 0, -test["score"]))
    # The others have at least half of the total, so that the difference is exact, and so is its sum with theirs.
    return [*others, {**last, "score": total / 100 - _sum(others)}]


def _sum(tests: list[dict[str, Any]]) -> float:
    """The scores, added up as floats from the first on."""
    return functools.reduce(operator.add, (test["score"] for test in tests), 0.0)


def _test(claim: ClaimGrade) -> dict[str, Any]:
    holds = claim.points == claim.of
    message = "" if holds else f"{claim.outcome_word}: {claim.explanation}"
    return {
        "name": f"{claim.id}: {claim.en}",
        "status": "pass" if holds else "fail",
        "score": (claim.points or 0) / 100,
        "message": message,
        **_location(claim.test, claim.seconds),
        "test_code": claim.criterion,
    }


def _location(test: str, seconds: float) -> dict[str, Any]:
    file, _, name = test.partition("::")
    return {"test_code": name, "filename": file, "line_no": 0, "duration": round(seconds, 3)}
