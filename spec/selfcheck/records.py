"""Records of runs that nobody ran."""

from typing import Any

from spec.harness.errors import Outcome
from spec.harness.evidence.results import SCHEMA, ClaimRecord, Results, Selection, TestRecord
from spec.harness.evidence.verdicts import decide
from spec.selfcheck.examples import a_claim


def a_test_record(name: str = "test_effect", outcome: str = "holds", **fields: Any) -> TestRecord:
    """The record of a test that decides a claim, but for the fields."""
    defaults = {"nodeid": f"spec/q1_toy/test_toy.py::{name}", "claim": "toy.effect", "role": "claim"}
    return TestRecord(**{**defaults, "outcome": Outcome(outcome), **fields})


def a_claim_record(*tests: TestRecord, question: str = "q1_toy", **registered: Any) -> ClaimRecord:
    """What becomes of the claim that these tests serve, of which this is registered."""
    return decide(a_claim(id=tests[0].claim, **registered), question, list(tests), [])


def a_run(*claims: ClaimRecord, **fields: Any) -> Results:
    """A whole run, but for the fields; those of `selection` and `environment` stand beside the others."""
    selection = {"only": [], "marks": "claims", "keywords": "", "arguments": []} | fields.pop("selection", {})
    environment = {"torch": "2", "device": "cpu", "sandbox": "in-process"} | fields.pop("environment", {})
    counted = [claim.as_registered for claim in claims if claim.selected]
    defaults: dict[str, Any] = {
        "schema": SCHEMA,
        "implementation": "impl",
        "registry": "hash",
        "seed": 0,
        "seconds": 75.0,
        "cpu_seconds": 140.0,
        "reference_seconds": 0.04,
        "as_registered": sum(counted) / len(counted) if counted else None,
        "pass_rate": 0.5,
        "figures": [],
        "environment": environment,
        "selection": Selection(**selection),
        "claims": list(claims),
    }
    return Results(**defaults | fields)
