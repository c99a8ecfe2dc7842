"""`claims grade` and `claims export`."""

import argparse
import signal
import sys
from collections import Counter
from pathlib import Path
from statistics import median_high
from typing import Any

from .. import device
from ..claims.inventory import Inventory
from ..claims.registry import Registry
from ..errors import SpecificationError
from ..sandbox import probe
from . import records
from .assignment import AssignedClaims, Assignment, assign
from .assignment import read as read_assignment
from .engines import Engine, cores, dask, local
from .exports import FORMATS, export
from .exports.autograder import write_autograder
from .grade_book import GradeBook, RunSettings, shard
from .grades_csv import Row
from .progress import observing
from .seeds import read_secret, seed_of
from .specification import specification_hash
from .submission_run import stop_all
from .submissions import find
from .text import format_points, one_line

INTERRUPTED = 130
STRONG_SANDBOXES = ("bubblewrap", "landlock")
"""What keeps one submission from the grader and from the others."""


def add_parsers(commands: Any) -> None:
    """Declare both subcommands."""
    grade = commands.add_parser("grade", help="grade one submission, or a whole class of them")
    grade.add_argument("submissions", metavar="SUBMISSION", nargs="+", type=Path, help="a folder, .py, .zip or .tar.gz")
    grade.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results are kept, and found again")
    grade.add_argument("--assignment", type=Path, metavar="FILE", help="a TOML file: claims, weights, limits, hints")
    grade.add_argument(
        "--only", action="append", default=[], metavar="PREFIX", help="only claims whose id begins so (repeatable)"
    )
    grade.add_argument(
        "--exclude", action="append", default=[], metavar="PREFIX", help="no claims whose id begins so (repeatable)"
    )
    grade.add_argument("--exact", action="store_true", help="only what is decided without training")
    grade.add_argument("--workers", type=_positive, metavar="N", help="submissions at a time (default: all cores)")
    grade.add_argument(
        "--shard", type=_shard, default=(1, 1), metavar="I/N", help="only every N-th submission, from the I-th"
    )
    grade.add_argument("--engine", choices=("local", "dask"), default="local", help="where runs take place")
    grade.add_argument("--scheduler", metavar="ADDRESS", help="of the dask scheduler, such as tcp://host:8786")
    grade.add_argument(
        "--seed-secret", metavar="FILE|env:NAME", help="what the seed is drawn from (default: one kept in DIR)"
    )
    grade.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="where learners train (default: cpu)")
    grade.add_argument(
        "--sandbox",
        default="auto",
        choices=("auto", "bubblewrap", "landlock", "subprocess", "none"),
        help="what shuts submissions in (default: the strongest there is)",
    )
    grade.add_argument("--allow-unsandboxed", action="store_true", help="grade even where nothing shuts submissions in")
    export = commands.add_parser("export", help="write grades as the format of a course's platform, or as feedback")
    export.add_argument("format", choices=(*FORMATS, "gradescope-autograder"), help="what to write")
    export.add_argument(
        "directory",
        metavar="DIR",
        type=Path,
        help="a folder that `claims grade --out` wrote; for gradescope-autograder the new folder",
    )
    export.add_argument(
        "--out", type=Path, metavar="PATH", help="a folder, or a file for what is one (default: DIR/exports/FORMAT)"
    )
    export.add_argument("--submission", metavar="NAME", help="only this one; --out is then its file")
    export.add_argument("--gradebook", type=Path, metavar="CSV", help="canvas: the gradebook that Canvas exported")
    export.add_argument(
        "--column", metavar="NAME", help="canvas: the assignment's column (default: the one of its title)"
    )
    export.add_argument("--assignment", type=Path, metavar="FILE", help="gradescope-autograder: what it is to grade")


def assigned(file: Path, inventory: Inventory) -> list[str]:
    """The claims that an assignment file assigns."""
    return list(assign(read_assignment(file), inventory, where=str(file)).points)


def grade(options: argparse.Namespace, inventory: Inventory) -> int:
    """Grade what has no grade yet; exit status 1 where the grader failed on a submission, 130 where interrupted."""
    if (options.engine == "dask") != (options.scheduler is not None):
        raise SpecificationError(
            f"--engine {options.engine} --scheduler {options.scheduler}: expected --engine dask with the address of "
            "its scheduler, or neither"
        )
    if options.engine == "local":
        device.check(options.device)
    submissions = find(options.submissions)
    claims = _assigned_claims(options, inventory)
    sandbox = _working_sandbox(options.sandbox, options.allow_unsandboxed)
    options.out.mkdir(parents=True, exist_ok=True)
    seed = seed_of(read_secret(options.seed_secret, options.out))
    settings = RunSettings(
        specification=specification_hash(inventory.registry), seed=seed, device=options.device, sandbox=sandbox
    )
    total = format_points(sum(claims.points.values()))
    print(f"seed {seed}, sandbox {sandbox}, {len(claims.points)} claims, {total} points")
    book = GradeBook(options.out, submissions, claims, settings, inventory)
    names = shard([submission.name for submission in submissions], *options.shard)
    engine: Engine = dask(options.scheduler) if options.engine == "dask" else local(options.workers or cores())
    # Whoever stops a job politely, as Slurm does at its time limit, gets the summary, as after Ctrl-C.
    for polite in (signal.SIGINT, signal.SIGTERM):
        signal.signal(polite, stop_all)
    try:
        with observing() as observer:
            book.grade(names, engine, observer)
    except KeyboardInterrupt:
        print(f"\ninterrupted; the same command goes on from here\n{_summary(book, list(book.rows()))}")
        return INTERRUPTED
    rows = [row for row in book.rows() if row.submission in names]
    print(_summary(book, rows))
    return int(any(row.status != "graded" for row in rows))


def _assigned_claims(options: argparse.Namespace, inventory: Inventory) -> AssignedClaims:
    file = options.assignment
    return assign(
        read_assignment(file) if file else Assignment(),
        inventory,
        where=str(file) if file else "selection",
        only=options.only,
        exclude=options.exclude,
        exact=options.exact,
    )


def _working_sandbox(name: str, allow_unsandboxed: bool) -> str:
    """The sandbox that a class is graded in; `SpecificationError` where it does not work or is not strong enough."""
    backend = name if name == "none" else probe.chosen(name)
    if backend not in STRONG_SANDBOXES and not allow_unsandboxed:
        raise SpecificationError(
            f"--sandbox {name}: the strongest isolation to be had here is {backend!r}; expected one out of "
            f"{', '.join(STRONG_SANDBOXES)} (or --allow-unsandboxed, for submissions that you trust as you trust your "
            "own code)"
        )
    return backend


def _summary(book: GradeBook, rows: list[Row]) -> str:
    """How many submissions are in which state, the spread of their points, and what has to be run again."""
    counts = Counter(row.status for row in rows)
    states = [f"{counts[status]} {status}" for status in ("graded", "grader-error", "pending") if counts[status]]
    lines = [" · ".join(states) or "nothing to grade"]
    scores = [row.points for row in rows if row.points is not None]
    if scores:
        lowest, median, highest = map(format_points, (min(scores), median_high(scores), max(scores)))
        total = format_points(sum(book.assigned.points.values()))
        lines.append(f"points of {total}: lowest {lowest}, median {median}, highest {highest}")
    lines += [
        f"not graded, and not charged: {one_line(row.submission, 60)}: {one_line(row.note, 200)}"
        for row in rows
        if row.status == "grader-error"
    ]
    if counts["grader-error"]:
        lines.append("the same command runs these again")
    return "\n".join([*lines, f"grades: {book.out / 'grades.csv'}"])


def export_grades(options: argparse.Namespace) -> int:
    """Write an export, and print where it is; exit status 1 where a submission had to be left out."""
    if options.format == "gradescope-autograder":
        if options.assignment:
            # A flaw in it is better reported now than in the container.
            assigned(options.assignment, Inventory(Registry()))
        write_autograder(options.directory, options.assignment)
        print(f"wrote setup.sh and run_autograder to {options.directory}; zip what is in it, and upload that")
        return 0
    selected = records.read_all(options.directory)
    if options.submission is not None:
        selected = [record for record in selected if record.submission == options.submission]
        if not selected:
            raise SpecificationError(
                f"--submission {options.submission!r}: no result of that name in {options.directory}"
            )
    written, omitted = export(
        options.format,
        selected,
        options.out or options.directory / "exports" / options.format,
        single=options.submission is not None,
        gradebook=options.gradebook,
        column=options.column,
    )
    if written:
        print(f"wrote {written[0]}{f' and {len(written) - 1} more beside it' if len(written) > 1 else ''}")
    for reason in omitted:
        print(f"left out: {reason}", file=sys.stderr)
    return int(bool(omitted))


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number from 1 up")
    return int(text)


def _shard(text: str) -> tuple[int, int]:
    which, _, of = text.partition("/")
    if not (which.isdecimal() and of.isdecimal() and 1 <= int(which) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r}; expected I/N with 1 ≤ I ≤ N")
    return int(which), int(of)
