"""`@claim`: which claim a test serves, and in what role."""

from collections.abc import Callable
from typing import Any, Literal, TypeVar

import pytest

Role = Literal["claim", "amended", "boundary", "control"]
ROLES: tuple[Role, ...] = ("claim", "amended", "boundary", "control")

Test = TypeVar("Test", bound=Callable[..., Any])


def claim(claim_id: str, role: Role = "claim") -> Callable[[Test], Test]:
    """Bind a test to a claim.

    A "claim" test decides it. An "amended" test shows what is true in place of a claim that is refuted. A "boundary"
    test shows where it stops holding; its failure says that the registered condition is wrong. A "control" test shows
    that the procedure says no where it should; its failure makes the claim inconclusive.
    """
    if role not in ROLES:
        raise ValueError(f"claim {claim_id!r}: role = {role!r}; expected one of {', '.join(ROLES)}")

    def bind(test: Test) -> Test:
        marks = [pytest.mark.claims, pytest.mark.claim(claim_id, role)]
        if role != "claim":
            marks.append(getattr(pytest.mark, role))
        for mark in marks:
            test = mark(test)
        return test

    return bind
