"""Baselines: saved runs that later runs are compared with.

A baseline is a `claims.json` without what no comparison reads: figures, and the evidence of exact statements, whose
outcomes it keeps. So `claims diff` takes either, every replicate's value is there, and it is small enough to commit.
But for durations it is the same file for the same seed on the same machine.
"""

from pathlib import Path

import msgspec

from ..counts import counted
from ..errors import Outcome, SpecificationError
from ..evidence import results
from ..evidence.results import Results
from .diff import Difference, compare
from .pairing import selects


class Verdict(msgspec.Struct):
    """The result of comparing a run with a baseline, and of saving it as one."""

    difference: Difference | None
    remarks: list[str]
    """What was saved or not, and why."""
    failed: bool
    """Whether there is a regression, nothing could be compared, or the run could not be saved."""


class Gate:
    """The baseline that a run is compared with, and the file that it is saved in; either may be None."""

    def __init__(self, reference: Path | None, target: Path | None, required: bool = False) -> None:
        """Read the files that exist; raises `SpecificationError` for one that is no baseline.

        Where the reference is `required` it has to be there, unless this run makes it.
        """
        self.reference, self.target = reference, target
        makes_it = reference and target and reference.resolve() == target.resolve()
        if required and reference and not reference.exists() and not makes_it:
            raise SpecificationError(
                f"--claims-baseline {reference}: there is no such file, and CI is true; expected a baseline, which "
                f"--claims-save {reference} makes"
            )
        self.before = _read("--claims-baseline", reference)
        self.replaced = _read("--claims-save", target)

    def judge(self, run: Results) -> Verdict | None:
        """Compare a run with the baseline, then save it if it is fit for a baseline; None without either file."""
        if not self.reference and not self.target:
            return None
        verdict = Verdict(difference=None, remarks=[], failed=False)
        if self.before:
            verdict.difference = compare(self.before, run)
            verdict.failed = failed(verdict.difference)
        elif self.reference:
            file = self.reference
            verdict.remarks.append(f"{file}: no baseline yet, so nothing was compared; --claims-save {file} makes one")
        if self.target:
            self._save(run, self.target, verdict)
        return verdict

    def _save(self, run: Results, file: Path, verdict: Verdict) -> None:
        flaw = unfit(run, self.replaced)
        if verdict.failed and self.reference and file.resolve() == self.reference.resolve():
            flaw = "it is a regression from the baseline there (without --claims-baseline it would be saved)"
        if flaw:
            verdict.remarks.append(f"{file}: this run was not saved: {flaw}")
            verdict.failed = True
            return
        write(run, file)
        short = [f"{claim.id} ({claim.outcome})" for claim in run.counted() if not claim.as_registered]
        but = (
            f", in which {len(short)} {'is' if len(short) == 1 else 'are'} not as registered: {listed(short)}"
            if short
            else ""
        )
        verdict.remarks.append(f"{file}: saved this run of {counted(len(run.counted()), 'claim')}{but}")


def failed(difference: Difference) -> bool:
    """Whether a comparison fails: it has a regression, or had nothing to compare."""
    return bool(difference.of_kind("regression")) or not difference.compared


def unfit(run: Results, replaced: Results | None) -> str | None:
    """Why a run cannot be a baseline in place of the one that it replaces, if any; None where it can.

    Failures of the implementation are part of a baseline; interrupted runs and grader-errors are not.
    """
    tests = [test for claim in run.claims for test in claim.tests if test.selected]
    for outcome, flaw in ((Outcome.NOT_RUN, "selected but not run"), (Outcome.GRADER_ERROR, "with a grader-error")):
        if bad := [test.nodeid for test in tests if test.outcome is outcome]:
            return f"{counted(len(bad), 'test')} {flaw}: {listed(bad)}"
    if not run.counted():
        return "it selected no claim with all the tests that decide it"
    present = {claim.id for claim in run.counted()}
    lost = [claim.id for claim in replaced.counted() if claim.id not in present] if replaced else []
    lost = [claim_id for claim_id in lost if not selects(run.selection, claim_id)]
    if replaced and lost and run.selection != replaced.selection:
        return f"it lacks claims of the baseline there ({len(lost)}): {listed(lost)}"
    return None


def write(run: Results, file: Path) -> None:
    """Write what a comparison reads of a run, atomically."""
    run = msgspec.json.decode(msgspec.json.encode(run), type=Results)
    run.figures = []
    for claim in run.claims:
        claim.figures, claim.budgets = [], {}
        for test in claim.tests:
            test.evidence = [record for record in test.evidence if record.comparison is not None]
    results.write(run, file)


def _read(option: str, file: Path | None) -> Results | None:
    if file is None or not file.exists():
        return None
    try:
        run = results.read(file)
    except SpecificationError as error:
        raise SpecificationError(f"{option} {error}") from error
    if any(test.reused for claim in run.claims for test in claim.tests):
        raise SpecificationError(f"{option} {file}: --claims-cache reused some of it; expected a run without that")
    return run


def listed(names: list[str]) -> str:
    """The first five, and how many more."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
