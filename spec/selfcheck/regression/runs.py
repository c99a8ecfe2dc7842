"""Runs of one claim whose effect, or outcome, changes from one to another."""

from typing import Any

import numpy as np

from spec.harness.errors import Outcome
from spec.harness.evidence.results import EvidenceRecord, Results, TestRecord
from spec.selfcheck.records import a_claim_record, a_run, a_test_record

EFFECT = 0.5 + 0.01 * np.random.default_rng(5).standard_normal(14)
OTHER = a_claim_record(a_test_record("test_other", claim="toy.other"))


def an_effect(values: np.ndarray = EFFECT, **fields: Any) -> EvidenceRecord:
    """The evidence of one comparison."""
    defaults = {"verb": "exceeds", "what": "effect of the toy", "outcome": Outcome.HOLDS, "comparison": "effect"}
    terms = {"varies": "everything", "margin": 0.1, "alpha": 0.001, "replicates": len(values)}
    return EvidenceRecord(**{**defaults, **terms, "values": [float(value) for value in values], **fields})


def of_tests(*tests: TestRecord, **fields: Any) -> Results:
    """A run of one claim with these tests; without any, of one that has no comparison."""
    return a_run(a_claim_record(*(tests or (a_test_record(),)), **fields))


def of_effect(
    values: np.ndarray = EFFECT, role: str = "claim", outcome: str = "holds", verdict: str = "holds", **fields: Any
) -> Results:
    """A run of one claim with one comparison of these values."""
    evidence = [an_effect(values, outcome=Outcome(outcome), **fields)]
    deciding = [] if role == "claim" else [a_test_record("test_claim", verdict)]
    return of_tests(*deciding, a_test_record(outcome=outcome, role=role, evidence=evidence), verdict=verdict)
