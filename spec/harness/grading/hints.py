"""Hints: one or two sentences on a claim that does not hold, from its outcome and its evidence."""

import math

from ..errors import Outcome
from ..evidence.results import SMALLEST_INPUT, ClaimRecord, EvidenceRecord

BY_OUTCOME = {
    Outcome.MISSING: "Write the function that the message names; spec/contract.py says what it takes and returns.",
    Outcome.ERROR: "An answer is due for every input that the contract allows, of the type and shape that it states.",
    Outcome.TIMEOUT: "The answer took too long: look for a loop that does not end, or that arrays replace.",
    Outcome.CRASH: "The process died: look at native code, very deep recursion, and calls that end the interpreter.",
    Outcome.OUT_OF_MEMORY: "Look for arrays that grow with the square of an input, and for copies that are kept.",
    Outcome.GRADER_ERROR: "This is the grader's fault, not the submission's: it costs nothing, and can be run again.",
    Outcome.NOT_RUN: "This was not decided: it costs nothing, and can be run again.",
}
SINGLE_PRECISION = 1e-5
"""The largest error that is put down to arithmetic in float32."""
CLOSE = 0.05
"""The largest error of an answer that is called close."""


def hint(claim: ClaimRecord) -> str:
    """A hint, empty where the claim holds."""
    if claim.outcome is Outcome.REFUTED:
        return _of_refuted(claim)
    if claim.outcome is Outcome.INCONCLUSIVE:
        return _of_inconclusive(claim)
    if claim.outcome is Outcome.ERROR and SMALLEST_INPUT in claim.message:
        return f"{BY_OUTCOME[claim.outcome]} The message ends with the smallest input found on which it is not."
    return BY_OUTCOME.get(claim.outcome, "")


def _of_refuted(claim: ClaimRecord) -> str:
    evidence = _deciding(claim)
    if evidence is None:
        return ""
    if evidence.comparison is not None:
        return "The effect goes the other way in nearly every replicate: look for a sign or an order that is reversed."
    if evidence.verb == "refused":
        return "Bad input has to raise a ValueError or TypeError that names the argument and what was expected."
    if evidence.worst_error is None:
        return "What has to be true on every input is not on one: work through the numbers in the message by hand."
    if math.isinf(evidence.worst_error):
        return "The answer has another shape, type or keys, or a whole number or label differs."
    if evidence.worst_error <= SINGLE_PRECISION:
        return "The error is as large as single precision leaves it: compute in float64."
    if evidence.worst_error <= CLOSE:
        return (
            "The answer is close: look for a small constant added for stability, an approximation, or a special case."
        )
    return "The answer is far off on some input: look for a wrong formula, axis, normalisation, or a special case."


def _of_inconclusive(claim: ClaimRecord) -> str:
    if claim.message.startswith("its control failed"):
        return "The control has to come out the other way: as it is, what was measured says nothing about the claim."
    evidence = _deciding(claim)
    if evidence is None or evidence.exceed is None:
        return "The evidence decides neither way."
    return (
        f"{evidence.exceed} of {evidence.replicates} replicates {evidence.region.target}, {evidence.needed} had to: "
        "the effect is too small or too unsteady. Train better within the budget, and draw everything from the seeds."
    )


def _deciding(claim: ClaimRecord) -> EvidenceRecord | None:
    """The evidence that decided the claim's outcome: of its tests with that outcome, the first with it as well."""
    tests = [test for test in claim.tests if test.role == "claim" and test.outcome is claim.outcome]
    return next((evidence for test in tests for evidence in test.evidence if evidence.outcome is claim.outcome), None)
