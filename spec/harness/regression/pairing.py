"""Two runs side by side: which test of one is which of the other, and what can be said of a pair."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from ..claims.registry import outcome_registered_by
from ..errors import FAULTS, Outcome
from ..evidence.results import ClaimRecord, EvidenceRecord, Results, Selection, TestRecord

DECIDED = (Outcome.HOLDS, Outcome.REFUTED, Outcome.INCONCLUSIVE)
"""The outcomes that are based on numbers."""

FindingKind = Literal["regression", "registry", "better", "other"]


class Finding(msgspec.Struct, frozen=True):
    """One thing that differs: of which claim, in a line, and what is behind it."""

    kind: FindingKind
    claim: str
    says: str
    details: tuple[str, ...] = ()


class Pair(msgspec.Struct, frozen=True):
    """A test that ran in the earlier run and was selected in the later one, with its claim in each."""

    claims: tuple[ClaimRecord, ClaimRecord]
    tests: tuple[TestRecord, TestRecord]

    @property
    def expected(self) -> tuple[Outcome, Outcome]:
        """The outcome that the registry of each run expects."""
        before, after = map(_expected, self.claims, self.tests)
        return before, after

    @property
    def as_expected(self) -> tuple[bool, bool]:
        """Whether the outcome is the expected one, in each run."""
        before, after = (test.outcome is due for test, due in zip(self.tests, self.expected, strict=True))
        return before, after

    @property
    def both_decided(self) -> bool:
        """Whether both outcomes are based on numbers."""
        return all(test.outcome in DECIDED for test in self.tests)

    @property
    def broke(self) -> bool:
        """Whether it no longer comes out as it should, gives no numbers any more, or was not run."""
        was, now = (test.outcome in (*FAULTS, Outcome.NOT_RUN) for test in self.tests)
        return self.as_expected == (True, False) or (now and not was)


def pairs(before: Results, after: Results) -> Iterator[Pair]:
    """Every test that ran in the earlier run, with its record in the later one, if that selected it."""
    later = {claim.id: claim for claim in after.claims}
    for claim in before.claims:
        for test in filter(ran, claim.tests) if claim.id in later else []:
            for now in counterparts(test, later[claim.id]):
                if now.selected:
                    yield Pair((claim, later[claim.id]), (test, now))


def counterparts(test: TestRecord, claim: ClaimRecord) -> list[TestRecord]:
    """What stands for a test among those of the same claim in another run.

    The test of that name; if there is one record for all of its parameters, that one; if it stands in another file or
    has another name, the one that says the same, and of comparisons whatever decides them.
    """
    tests = {other.nodeid: other for other in claim.tests}
    whole = tests.get(_function(test))
    same = tests.get(test.nodeid) or (whole if whole and _stands_for_all(whole) else None)
    others = [other for other in claim.tests if other.role == test.role and other is not same]
    moved = [other for other in others if name(other) == name(test) or _sentence(other) == _sentence(test)]
    first = [same] if same else moved[:1]
    elsewhere = comparisons(test).keys() - set[str | None]().union(*map(comparisons, first))
    return first + [other for other in others if other not in first and elsewhere & comparisons(other).keys()]


def vanished(test: TestRecord, claim: ClaimRecord) -> bool:
    """Whether nothing stands for a test that ran among those of the same claim in another run."""
    parts = {_function(other) for other in claim.tests}
    in_parts = _stands_for_all(test) and test.nodeid in parts
    return ran(test) and not in_parts and not counterparts(test, claim)


def ran(test: TestRecord) -> bool:
    """Whether a test was run, with whatever outcome."""
    return test.outcome is not Outcome.NOT_RUN


def comparisons(test: TestRecord) -> dict[str, EvidenceRecord]:
    """What a test compared over replicates, by the comparison's name."""
    return {record.comparison: record for record in test.evidence if record.comparison is not None and record.values}


def name(test: TestRecord) -> str:
    """A test's name without its file."""
    return test.nodeid.rpartition("::")[2]


def selects(selection: Selection, claim_id: str) -> bool:
    """Whether a run with this selection shows the claim for certain, if it is registered."""
    narrowed = selection.marks not in ("", "claims") or selection.keywords or selection.arguments
    return not narrowed and (not selection.only or claim_id.startswith(tuple(selection.only)))


def _expected(claim: ClaimRecord, test: TestRecord) -> Outcome:
    return outcome_registered_by(claim.registered_verdict) if test.role == "claim" else Outcome.HOLDS


def _sentence(test: TestRecord) -> tuple[str, str]:
    """What a test says, and of which parameters; its name where it says nothing."""
    return test.says or name(test), test.nodeid.partition("[")[2]


def _function(test: TestRecord) -> str:
    return test.nodeid.partition("[")[0]


def _stands_for_all(test: TestRecord) -> bool:
    """Whether this is the one record of a function that was not collected, with whatever parameters it may have."""
    return "[" not in test.nodeid and (not test.selected or test.outcome is Outcome.GRADER_ERROR)
