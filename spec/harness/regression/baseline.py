"""Baselines: a run that is kept, and what later runs are compared with.

A baseline is a `claims.json` without what no comparison reads: figures, and the evidence of exact statements, whose
outcomes it keeps. So `claims diff` takes either, every replicate's value is there, and it is small enough to commit.
But for durations it is the same file for the same seed on the same machine.
"""

from pathlib import Path

import msgspec

from ..errors import Outcome, SpecificationError
from ..evidence import results
from ..evidence.results import Results
from .diff import Difference, compare
from .pairing import selects


class Verdict(msgspec.Struct):
    """What a run's baselines came to."""

    difference: Difference | None
    remarks: list[str]
    """What was kept or not, and why."""
    failed: bool
    """Whether there is a regression, nothing could be compared, or what was asked for could not be kept."""


class Gate:
    """The baseline that a run is compared with, and the file in which it is kept; either may be None."""

    def __init__(self, reference: Path | None, keep: Path | None) -> None:
        """Read what is there; a file that is no baseline raises `SpecificationError`, one that is missing does not."""
        self.reference, self.keep = reference, keep
        self.before = _read("--claims-baseline", reference)
        self.replaced = _read("--claims-save", keep)

    def judge(self, run: Results) -> Verdict | None:
        """Compare a run with the baseline, then keep it where that was asked for and nothing speaks against it."""
        if not self.reference and not self.keep:
            return None
        verdict = Verdict(difference=None, remarks=[], failed=False)
        if self.before:
            verdict.difference = compare(self.before, run)
            verdict.failed = failed(verdict.difference)
        elif self.reference:
            file = self.reference
            verdict.remarks.append(f"{file}: no baseline yet, so nothing was compared; --claims-save {file} makes one")
        if self.keep:
            self._keep(run, self.keep, verdict)
        return verdict

    def _keep(self, run: Results, file: Path, verdict: Verdict) -> None:
        flaw = unfit(run, self.replaced)
        if verdict.failed and self.reference and file.resolve() == self.reference.resolve():
            flaw = "it is worse than the baseline there (without --claims-baseline it would be kept all the same)"
        if flaw:
            verdict.remarks.append(f"{file}: this run was not kept: {flaw}")
            verdict.failed = True
            return
        write(run, file)
        short = [f"{claim.id} ({claim.outcome})" for claim in run.counted() if not claim.as_registered]
        but = f", in which {len(short)} are not as registered: {_listed(short)}" if short else ""
        verdict.remarks.append(f"{file}: kept this run of {len(run.counted())} claims{but}")


def failed(difference: Difference) -> bool:
    """Whether a comparison should stop somebody: it found a regression, or had nothing to compare."""
    return bool(difference.of_kind("regression")) or not difference.compared


def unfit(run: Results, replaced: Results | None) -> str | None:
    """Why a run cannot be a baseline in place of the one that is kept, or None where it can.

    What an implementation gets wrong is part of a baseline; what was cut short, or is the specification's own fault, is
    not.
    """
    tests = [test for claim in run.claims for test in claim.tests if test.selected]
    for outcome, flaw in ((Outcome.NOT_RUN, "were selected but not run"), (Outcome.GRADER_ERROR, "are grader-errors")):
        if bad := [test.nodeid for test in tests if test.outcome is outcome]:
            return f"{len(bad)} of its tests {flaw}: {_listed(bad)}"
    if not run.counted():
        return "it selected no claim with all the tests that decide it"
    present = {claim.id for claim in run.counted()}
    lost = [claim.id for claim in replaced.counted() if claim.id not in present] if replaced else []
    lost = [claim_id for claim_id in lost if not selects(run.selection, claim_id)]
    if replaced and lost and run.selection != replaced.selection:
        return f"it left out {len(lost)} claims that the baseline there has: {_listed(lost)}"
    return None


def write(run: Results, file: Path) -> None:
    """Write what a comparison reads of a run, beside its final place first."""
    run = msgspec.json.decode(msgspec.json.encode(run), type=Results)
    run.figures = []
    for claim in run.claims:
        claim.figures = []
        for test in claim.tests:
            test.evidence = [record for record in test.evidence if record.comparison is not None]
    results.write(run, file)


def _read(option: str, file: Path | None) -> Results | None:
    if file is None or not file.exists():
        return None
    try:
        return results.read(file)
    except SpecificationError as error:
        raise SpecificationError(f"{option} {error}") from error


def _listed(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
