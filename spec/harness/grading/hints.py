"""Hints: one or two sentences on a claim that does not hold, from its outcome and its evidence."""

from ..errors import Outcome
from ..evidence.results import ClaimRecord, DifferenceKind, EvidenceRecord, TestRecord

BY_OUTCOME = {
    Outcome.MISSING: "Write the function that the message names; spec/contract.py says what it takes and returns.",
    Outcome.ERROR: "An answer is due for every input that the contract allows, of the type and shape that it states.",
    Outcome.TIMEOUT: "The answer took too long: look for loops without an end, loops over arrays, and waiting.",
    Outcome.CRASH: "The process died: look at native code, very deep recursion, and calls that end the interpreter.",
    Outcome.OUT_OF_MEMORY: "Look for arrays that grow with the square of an input, and for copies that are kept.",
    Outcome.GRADER_ERROR: "This is the grader's fault, not the submission's: it costs nothing, and can be run again.",
    Outcome.PARTLY_RUN: "This was not decided: it costs nothing, and can be run again.",
    Outcome.NOT_RUN: "This was not decided: it costs nothing, and can be run again.",
}
UNIMPORTABLE = " cannot be imported for "
"""What a message says where the implementation's own module is at fault."""
SINGLE_PRECISION = 1e-5
"""The largest error that is put down to arithmetic in float32."""
CLOSE = 0.05
"""The largest error of an answer that is called close."""


BY_KIND: dict[DifferenceKind, str] = {
    "value": "A whole number, a label or a word differs, or a number is not finite.",
    "shape": "The answer has another shape: look for an axis that is lost, kept, or in another place.",
    "length": "The answer has another length: something is left out, or comes twice.",
    "keys": "The answer is a dict with other keys than the contract names.",
    "type": "The answer is of another type than the contract states.",
}
"""Of answers that are not off by an error that could be measured."""
LONGEST_CALL = 300
"""Characters of a call that a hint repeats."""


def hint(claim: ClaimRecord) -> str:
    """A hint, empty where the claim holds; with the call that shows the failure, where there is a short one."""
    advice = BY_OUTCOME.get(claim.outcome, "")
    if claim.outcome is Outcome.ERROR and UNIMPORTABLE in claim.message.partition("\n")[0]:
        return "Python has to be able to import it before anything is asked: is every file there that it imports?"
    if claim.outcome is Outcome.REFUTED:
        advice = _of_refuted(claim)
    elif claim.outcome is Outcome.INCONCLUSIVE:
        return _of_inconclusive(claim)
    test = _deciding_test(claim)
    if test is None or not advice or any(evidence.comparison is not None for evidence in test.evidence):
        return advice
    if len(test.calls) == 1 and len(test.calls[0].call) <= LONGEST_CALL and not test.calls[0].abbreviated:
        return f"{advice} Try {test.calls[0].call} by itself."
    return f"{advice} The message has the calls, to be tried by themselves." if test.calls else advice


def _of_refuted(claim: ClaimRecord) -> str:
    evidence = _deciding(claim)
    if evidence is None:
        return ""
    if evidence.comparison is not None:
        return "The effect goes the other way in nearly every replicate: look for a sign or an order that is reversed."
    if evidence.verb == "refused":
        return "Bad input has to raise a ValueError or TypeError that names the argument and what was expected."
    if evidence.difference is not None and evidence.difference.kind in BY_KIND:
        return BY_KIND[evidence.difference.kind]
    if evidence.worst_error is None:
        return "What has to be true on every input is not on one: work through the numbers in the message by hand."
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


def _deciding_test(claim: ClaimRecord) -> TestRecord | None:
    """The test that decided the claim's outcome: the first with it."""
    tests = [test for test in claim.tests if test.role in ("claim", "control") and test.outcome is claim.outcome]
    return next((test for test in tests if test.message == claim.message), next(iter(tests), None))
