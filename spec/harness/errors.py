"""The outcomes of tests and claims, and the exceptions that stand for them."""

from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of a test, or of a claim."""

    HOLDS = "holds"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"
    MISSING = "missing"
    ERROR = "error"
    TIMEOUT = "timeout"
    CRASH = "crash"
    OUT_OF_MEMORY = "out-of-memory"
    GRADER_ERROR = "grader-error"
    PARTLY_RUN = "partly-run"
    """Of a claim: some of the tests that decide it were run, and hold."""
    NOT_RUN = "not-run"


class SpecificationError(Exception):
    """The specification itself is malformed, or was called wrongly; the message says where and what was expected."""


class Refuted(AssertionError):
    """The evidence says decisively that the statement is false."""


class Inconclusive(AssertionError):
    """The evidence decides neither way."""


class ImplementationFault(Exception):
    """The implementation under test could not give an answer that can be compared."""


class Missing(ImplementationFault):
    """The implementation does not offer a name that the contract asks for."""


class Failed(ImplementationFault):
    """The implementation raised an exception, or could not be imported."""

    def __init__(self, message: str, raised: str = "", says: str = "", type: str = "") -> None:  # noqa: A002
        """Keep what the exception counts as, what it said, and its type's name: only text crosses from elsewhere."""
        super().__init__(message)
        self.raised, self.says, self.type = raised, says, type or raised


class ContractViolation(ImplementationFault):
    """The implementation returned something that the contract does not allow."""


class OutOfMemory(ImplementationFault):
    """The implementation took more memory than it may."""


class Crashed(ImplementationFault):
    """The implementation's process died, or was ended because it took more than it may."""


class TimedOut(ImplementationFault):
    """The implementation did not answer in time."""


FAULTS = (
    Outcome.GRADER_ERROR,
    Outcome.CRASH,
    Outcome.TIMEOUT,
    Outcome.OUT_OF_MEMORY,
    Outcome.ERROR,
    Outcome.MISSING,
)
"""What hides every other outcome, the worst first."""


def failures_of(error: BaseException) -> list[BaseException]:
    """The exceptions in a group, in which Hypothesis raises several failures of one test; the one that decides first.

    Any other exception stands for itself, as does the group of what differed when the same example was run again.
    """
    from hypothesis.errors import Flaky

    if not isinstance(error, BaseExceptionGroup) or isinstance(error, Flaky):
        return [error]
    order = [*FAULTS, *Outcome]
    inner = [failure for exception in error.exceptions for failure in failures_of(exception)]
    return sorted(inner, key=lambda failure: order.index(outcome_of(failure)))


def outcome_of(error: BaseException) -> Outcome:
    """The outcome that an exception raised by a test stands for; what nobody foresaw is the grader's own error."""
    from hypothesis.errors import Flaky

    if (deciding := failures_of(error)[0]) is not error:
        return outcome_of(deciding)

    by_type: tuple[tuple[type[BaseException], Outcome], ...] = (
        (Refuted, Outcome.REFUTED),
        (Inconclusive, Outcome.INCONCLUSIVE),
        (Missing, Outcome.MISSING),
        (OutOfMemory, Outcome.OUT_OF_MEMORY),
        (TimedOut, Outcome.TIMEOUT),
        (Crashed, Outcome.CRASH),
        (ImplementationFault, Outcome.ERROR),
        # Hypothesis ran the same example twice and saw two different answers.
        (Flaky, Outcome.ERROR),
    )
    return next((outcome for kind, outcome in by_type if isinstance(error, kind)), Outcome.GRADER_ERROR)
