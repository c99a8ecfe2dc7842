"""Hints: one or two sentences on a claim that does not hold, from its outcome and its evidence."""

from ..errors import Outcome
from ..evidence.results import ClaimRecord, DifferenceKind, EvidenceRecord, TestRecord

BY_OUTCOME = {
    Outcome.MISSING: "Write the function that the message names; spec/contract.py says what it has to take and return.",
    Outcome.ERROR: "Return a value of the documented type and shape for every input that the contract allows.",
    Outcome.TIMEOUT: "The call was too slow: look for infinite loops, Python loops over array entries, and waiting.",
    Outcome.CRASH: "The process died: look at native code, very deep recursion, and calls that exit the interpreter.",
    Outcome.OUT_OF_MEMORY: "Memory ran out: look for arrays that grow with the square of an input, and for copies.",
    Outcome.GRADER_ERROR: "The grader failed, not the submission: no points are lost, and it can be graded again.",
    Outcome.PARTLY_RUN: "This claim was not decided: no points are lost, and the submission can be graded again.",
    Outcome.NOT_RUN: "This claim was not decided: no points are lost, and the submission can be graded again.",
}
UNIMPORTABLE = " cannot be imported for "
"""What a message says where the implementation's own module is at fault."""
SINGLE_PRECISION = 1e-5
"""The largest error that is put down to arithmetic in float32."""
CLOSE = 0.05
"""The largest error of a result that is called close."""


BY_KIND: dict[DifferenceKind, str] = {
    "value": "An integer, a label or a string differs from the expected one, or a number is not finite.",
    "shape": "The result has the wrong shape: look for an axis that is missing, superfluous, or in the wrong place.",
    "length": "The result has the wrong length: items are missing or superfluous.",
    "keys": "The keys of the result are not those that the contract names.",
    "type": "The type of the result is not the one that the contract states.",
}
"""Of results that are not off by an error that could be measured."""
LONGEST_CALL = 300
"""Characters of a call that a hint repeats."""


def hint(claim: ClaimRecord) -> str:
    """A hint, empty where the claim holds; with the call that shows the failure, where there is a short one."""
    advice = BY_OUTCOME.get(claim.outcome, "")
    if claim.outcome is Outcome.ERROR and UNIMPORTABLE in claim.message.partition("\n")[0]:
        return "Python cannot import the module: check that every file and package that it imports is there."
    if claim.outcome is Outcome.REFUTED:
        advice = _of_refuted(claim)
    elif claim.outcome is Outcome.INCONCLUSIVE:
        return _of_inconclusive(claim)
    test = _deciding_test(claim)
    if test is None or not advice or any(evidence.comparison is not None for evidence in test.evidence):
        return advice
    if len(test.calls) == 1 and len(test.calls[0].call) <= LONGEST_CALL and not test.calls[0].abbreviated:
        return f"{advice} To reproduce it, call {test.calls[0].call}."
    return f"{advice} To reproduce it, run the calls in the message." if test.calls else advice


def _of_refuted(claim: ClaimRecord) -> str:
    evidence = _deciding(claim)
    if evidence is None:
        return ""
    if evidence.comparison is not None and evidence.verb == "within":
        return "The effect lies outside its interval in nearly every replicate: compute what the message names."
    if evidence.comparison is not None:
        return "The effect has the opposite sign in nearly every replicate: look for a reversed sign or order."
    if evidence.verb == "refused":
        return "Bad input must raise a ValueError or TypeError that names the argument and what was expected."
    if evidence.difference is not None and evidence.difference.kind in BY_KIND:
        return BY_KIND[evidence.difference.kind]
    if evidence.worst_error is None:
        return "The property fails for at least one input: compute the example in the message by hand."
    if evidence.worst_error <= SINGLE_PRECISION:
        return "The error is about as large as rounding in single precision: compute in float64."
    if evidence.worst_error <= CLOSE:
        return (
            "The result is close: look for a small constant added for stability, an approximation, or a special case."
        )
    return "The result is far off for some input: look for a wrong formula, axis or normalisation, or a special case."


def _of_inconclusive(claim: ClaimRecord) -> str:
    if claim.message.startswith("its control failed"):
        return "The claim's control test failed, so the measurement says nothing about the claim."
    evidence = _deciding(claim)
    if evidence is None or evidence.exceed is None:
        return "The evidence is inconclusive: it decides neither for nor against the claim."
    return (
        f"{evidence.exceed} of {evidence.replicates} replicates {evidence.region.target}; "
        f"{evidence.needed} are needed: the effect is too small, or varies too much between replicates. Improve the "
        "training within the budget, and derive every random number from the seeds."
    )


def _deciding(claim: ClaimRecord) -> EvidenceRecord | None:
    """The evidence that decided the claim's outcome: of its tests with that outcome, the first with it as well."""
    tests = [test for test in claim.tests if test.role == "claim" and test.outcome is claim.outcome]
    return next((evidence for test in tests for evidence in test.evidence if evidence.outcome is claim.outcome), None)


def _deciding_test(claim: ClaimRecord) -> TestRecord | None:
    """The test that decided the claim's outcome: the first with it."""
    tests = [test for test in claim.tests if test.role in ("claim", "control") and test.outcome is claim.outcome]
    return next((test for test in tests if test.message == claim.message), next(iter(tests), None))
