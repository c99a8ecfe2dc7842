"""`claims check`: what a student runs before handing in; the run is that of `claims grade`, with a public seed."""

import argparse
import sys
import textwrap
from datetime import UTC, datetime

from .. import device
from ..claims.inventory import Inventory
from ..claims.specification import specification_hash
from ..counts import counted
from ..errors import Outcome, SpecificationError
from ..sandbox import probe
from .assignment import AssignedClaims, selected
from .book_file import RunSettings
from .causes import by_cause
from .grade import graded
from .grade_command import INTERRUPTED
from .jobs import Jobs
from .records import ClaimGrade, Record
from .shown import at_level, is_shown
from .submission_run import run_submission
from .submissions import find, fingerprint
from .text import format_points, one_line

PUBLIC_SEED = 0
"""The seed of a run that says nothing of seeds."""


def check(options: argparse.Namespace, inventory: Inventory) -> int:
    """Run the claims that students are shown, and print what became of each; exit status 1 unless all hold."""
    device.check(options.device)
    assigned = selected(options, inventory)
    (submission,) = find([options.submission])
    sandbox = options.sandbox if options.sandbox == "none" else probe.chosen(options.sandbox)
    shown = _shown(assigned)
    settings = RunSettings(
        specification=specification_hash(inventory.registry),
        seed=PUBLIC_SEED,
        device=options.device,
        claims=shown,
        exact=not any(inventory.trains(claim) for claim in shown),
        limits=assigned.assignment.limits,
    )
    job = Jobs(settings, inventory, sandbox).job(submission, fingerprint(submission.path), key="")
    print(
        f"{counted(len(shown), 'claim')} to run{'' if settings.exact else '; training takes a while'}", file=sys.stderr
    )
    points = {claim: assigned.points[claim] for claim in shown}
    part = AssignedClaims(assigned.assignment, points, settings.exact)
    try:
        record = graded(run_submission(job), part, inventory.registry)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    print("\n".join(_report(record, assigned, sandbox)))
    return int(record.status != "graded" or any(claim.points != claim.of for claim in _claims(record)))


def _shown(assigned: AssignedClaims) -> list[str]:
    """The claims that students are shown now."""
    due = assigned.assignment.due
    is_past = due is not None and datetime.now(UTC) >= due.astimezone(UTC)
    shown = [claim for claim in assigned.points if is_shown(assigned.assignment.visibility_of(claim), is_past)]
    if not shown:
        raise SpecificationError(
            "claims check: the assignment shows students no claim yet; expected at least one visible claim"
        )
    return shown


def _claims(record: Record) -> list[ClaimGrade]:
    return [at_level(claim) for claim in record.grade.claims] if record.grade else []


def _report(record: Record, assigned: AssignedClaims, sandbox: str) -> list[str]:
    """What is printed: what was found, what does not hold and why, and the points."""
    claims = _claims(record)
    lines = list(record.remarks)
    if record.problem:
        lines.append(record.problem)
    if record.problem and record.status == "graded":
        claims, lost = [], [claim for claim in claims if claim.points == 0]
        lines.append(f"therefore none of {counted(len(lost), 'claim')} holds")
    for group in by_cause(claims):
        lines += ["", *_failure(group)]
    if holding := [claim.id for claim in claims if claim.outcome is Outcome.HOLDS]:
        lines += [
            "",
            *textwrap.wrap(f"holds: {', '.join(holding)}", 110, subsequent_indent="  ", break_on_hyphens=False),
        ]
    of = sum(assigned.points.values())
    grade = record.grade
    total = "unknown" if grade is None or grade.points is None else format_points(grade.points)
    here = format_points(grade.of) if grade else format_points(of)
    lines += [
        "",
        f"{total} of {here} points (seed {record.seed}, sandbox {sandbox}; grading uses another, secret seed)",
    ]
    if grade and grade.of < of:
        later = len(assigned.points) - len(grade.claims)
        are = "is" if later == 1 else "are"
        lines.append(
            f"{format_points(of - grade.of)} more points depend on {counted(later, 'claim')} that {are} not shown now"
        )
    return lines


def _failure(group: list[ClaimGrade]) -> list[str]:
    """Why the claims of one cause do not hold."""
    heads = [
        f"✗ {claim.id}: {claim.outcome_word}, {'unknown' if claim.points is None else format_points(claim.points)} of "
        f"{format_points(claim.of)}: {one_line(claim.en, 160)}"
        for claim in group
    ]
    first = group[0]
    return heads + [f"    {line}" for line in filter(None, [*first.reason.splitlines(), first.hint])]
