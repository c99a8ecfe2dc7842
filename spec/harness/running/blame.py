"""Attributes an unforeseen exception of a test: to the implementation, or to the test itself.

The contract cannot say in types all that an answer has to be, and no test foresees all that may come. So the test is
run again on the project's own implementation, which is known to be right: if it goes on there, the answer was at fault.
"""

import inspect
import traceback
from typing import Any

import pytest

from ..errors import ImplementationFault, Outcome, failures_of, outcome_of
from ..evidence.evidence import Evidence
from ..evidence.experiments import Experiment
from ..implementation.journal import attach, calls_of, journal
from ..implementation.proxy import Implementation
from .run import RUN


class UnusableAnswer(ImplementationFault):
    """An answer that makes a test raise an unforeseen exception, which correct answers do not."""


def blamed(test: pytest.Function, error: Exception) -> UnusableAnswer | None:
    """The fault to raise instead if the test passes this point with the project's own implementation; else None."""
    run, failure = test.config.stash[RUN], failures_of(error)[0]
    calls = calls_of(failure)
    unforeseen = outcome_of(failure) is Outcome.GRADER_ERROR and any(call.answered for call in calls)
    if not unforeseen or run.checks_its_own:
        return None
    if isinstance(failure, MemoryError):
        # What the test has made of the answers takes all the memory that there is.
        traceback.clear_frames(failure.__traceback__)
    if not _goes_on(test):
        return None
    fault = UnusableAnswer(
        "the test failed on these results, as it does not on those of the project's own implementation: "
        f"{type(failure).__name__}: {failure}"
    )
    attach(fault, calls)
    return fault


def _goes_on(test: pytest.Function) -> bool:
    """Whether the test reaches a verdict, of any kind, on the project's own implementation."""
    run = test.config.stash[RUN]
    arguments: dict[str, Any] = {}
    for name in inspect.signature(test.obj).parameters:
        value = test.funcargs.get(name)
        if isinstance(value, Implementation):
            arguments[name] = run.known_right
        elif isinstance(value, Evidence):
            arguments[name] = Evidence(value.claim, value.comparison_of_test)
        elif isinstance(value, Experiment):
            arguments[name] = run.experiment_on_known_right(type(value).__name__)
        elif name in test.funcargs:
            arguments[name] = value
    try:
        with journal.example():
            test.obj(**arguments)
    except Exception as error:
        return outcome_of(error) in (Outcome.REFUTED, Outcome.INCONCLUSIVE)
    return True
