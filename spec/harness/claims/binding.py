"""`@claim`: which claim a test serves, and in what role."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import pytest

Role = Literal["claim", "amended", "boundary", "control"]
ROLES: tuple[Role, ...] = ("claim", "amended", "boundary", "control")

Test = TypeVar("Test", bound=Callable[..., Any])


def claim(claim_id: str, role: Role = "claim") -> Callable[[Test], Test]:
    """Bind a test to a claim, and to the experiments that its parameters are annotated with.

    A "claim" test decides it. An "amended" test shows what is true in place of a claim that is refuted. A "boundary"
    test shows where it stops holding; its failure says that the registered condition is wrong. A "control" test shows
    that the procedure says no where it should; its failure makes the claim inconclusive.
    """
    if role not in ROLES:
        raise ValueError(f"claim {claim_id!r}: role = {role!r}; expected one of {', '.join(ROLES)}")

    def bind(test: Test) -> Test:
        test = with_experiments(test)
        marks = [pytest.mark.claims, pytest.mark.claim(claim_id, role)]
        if role != "claim":
            marks.append(getattr(pytest.mark, role))
        for mark in marks:
            test = mark(test)
        return test

    return bind


def experiments_of(function: Callable[..., Any]) -> dict[str, str]:
    """The parameters that are annotated with an experiment, and the names of these experiments' classes."""
    annotations = inspect.get_annotations(function, eval_str=True)
    return {
        name: annotation.__name__
        for name, annotation in annotations.items()
        if getattr(annotation, "is_experiment", False)
    }


def with_experiments(test: Test) -> Test:
    """The test with the fixture of each experiment in place of the parameter that is annotated with it.

    pytest finds fixtures by the names of parameters, and an experiment's fixture has the name of its class.
    """
    experiments = experiments_of(test)
    if not experiments:
        return test
    parameter_of = {fixture: parameter for parameter, fixture in experiments.items()}
    signature = inspect.signature(test)
    parameters = [
        parameter.replace(name=experiments.get(name, name)) for name, parameter in signature.parameters.items()
    ]

    @functools.wraps(test)
    def bound(**arguments: Any) -> Any:
        __tracebackhide__ = True
        return test(**{parameter_of.get(name, name): value for name, value in arguments.items()})

    bound.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return bound  # type: ignore[return-value]
