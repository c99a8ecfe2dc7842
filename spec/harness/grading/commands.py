"""`claims grade` and `claims export`."""

import argparse
import signal
import sys
from pathlib import Path
from typing import Any

from ..claims.inventory import Inventory
from ..claims.registry import Registry
from ..errors import SpecificationError
from . import isolation, records, running
from .assignment import AssignedClaims, Assignment, choose
from .assignment import read as read_assignment
from .display import showing
from .engines import Engine, cores, dask, local
from .exports import FORMATS, export
from .exports.autograder import write_autograder
from .grade_book import GradeBook, Terms, shard
from .seeds import read_secret, seed_of
from .specification import specification_hash
from .submissions import find
from .text import one_line, points

INTERRUPTED = 130


def add_parsers(commands: Any) -> None:
    """Declare both subcommands."""
    grade = commands.add_parser("grade", help="grade one submission, or a whole class of them")
    grade.add_argument("submissions", metavar="SUBMISSION", nargs="+", type=Path, help="a folder, .py, .zip or .tar.gz")
    grade.add_argument("--out", type=Path, required=True, metavar="DIR", help="where results are kept, and found again")
    add_selection(grade)
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
    out = commands.add_parser("export", help="write grades as the format of a course's platform, or as feedback")
    out.add_argument("format", choices=(*FORMATS, "gradescope-autograder"), help="what to write")
    out.add_argument(
        "directory",
        metavar="DIR",
        type=Path,
        help="a folder that `claims grade --out` wrote; for gradescope-autograder the new folder",
    )
    out.add_argument(
        "--out", type=Path, metavar="PATH", help="a folder, or a file for what is one (default: DIR/exports/FORMAT)"
    )
    out.add_argument("--submission", metavar="NAME", help="only this one; --out is then its file")
    out.add_argument("--gradebook", type=Path, metavar="CSV", help="canvas: the gradebook that Canvas exported")
    out.add_argument("--column", metavar="NAME", help="canvas: the assignment's column (default: the one of its title)")
    out.add_argument("--assignment", type=Path, metavar="FILE", help="gradescope-autograder: what it is to grade")


def add_selection(parser: argparse.ArgumentParser) -> None:
    """The options that say which claims count."""
    parser.add_argument(
        "--assignment", type=Path, metavar="FILE", help="a TOML file: claims, weights, limits, regrading"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="PREFIX", help="only claims whose id begins so (repeatable)"
    )
    parser.add_argument(
        "--exclude", action="append", default=[], metavar="PREFIX", help="no claims whose id begins so (repeatable)"
    )
    parser.add_argument("--exact", action="store_true", help="only what is decided without training")


def assigned(file: Path, inventory: Inventory) -> list[str]:
    """The claims that an assignment's file chooses."""
    return list(choose(read_assignment(file), inventory, where=str(file)).points)


def selection(options: argparse.Namespace, inventory: Inventory) -> AssignedClaims:
    """The claims that these options choose."""
    file = options.assignment
    assignment = read_assignment(file) if file else Assignment()
    where = str(file) if file else "selection"
    return choose(assignment, inventory, where=where, only=options.only, exclude=options.exclude, exact=options.exact)


def grade(options: argparse.Namespace, inventory: Inventory) -> int:
    """Grade what is not graded yet; exit status 1 where the grader failed on a submission, 130 where interrupted."""
    if (options.engine == "dask") != (options.scheduler is not None):
        raise SpecificationError(
            f"--engine {options.engine} --scheduler {options.scheduler}: expected --engine dask with the address of "
            "its scheduler, or neither"
        )
    submissions = find(options.submissions)
    chosen = selection(options, inventory)
    sandbox = isolation.backend(options.sandbox, options.allow_unsandboxed)
    options.out.mkdir(parents=True, exist_ok=True)
    seed = seed_of(read_secret(options.seed_secret, options.out))
    terms = Terms(
        specification=specification_hash(inventory.registry), seed=seed, device=options.device, sandbox=sandbox
    )
    print(f"seed {seed}, sandbox {sandbox}, {len(chosen.points)} claims, {points(sum(chosen.points.values()))} points")
    room = GradeBook(options.out, submissions, chosen, terms, inventory.registry)
    names = shard([submission.name for submission in submissions], *options.shard)
    engine: Engine = dask(options.scheduler) if options.engine == "dask" else local(options.workers or cores())
    # Whoever stops a job politely, as Slurm does at its time limit, gets the summary, as after Ctrl-C.
    for polite in (signal.SIGINT, signal.SIGTERM):
        signal.signal(polite, running.stop_all)
    try:
        with showing() as display:
            room.grade(names, engine, display)
    except KeyboardInterrupt:
        print(f"\ninterrupted; the same command goes on from here\n{_summary(room)}")
        return INTERRUPTED
    print(_summary(room, names))
    return int(any(status != "graded" for name, _, status in room.status() if name in names))


def _summary(room: GradeBook, names: list[str] | None = None) -> str:
    """How many are in which state, how the points lie, and what has to be run again."""
    states = [(name, row, status) for name, row, status in room.status() if names is None or name in names]
    counts = {status: sum(each == status for *_, each in states) for status in ("graded", "grader-error", "pending")}
    lines = [" · ".join(f"{count} {status}" for status, count in counts.items() if count) or "nothing to grade"]
    scores = sorted(row.points for _, row, status in states if row and row.points is not None and status == "graded")
    if scores:
        of = sum(room.chosen.points.values())
        middle = scores[len(scores) // 2]
        lines.append(
            f"points of {points(of)}: lowest {points(scores[0])}, median {points(middle)}, highest {points(scores[-1])}"
        )
    for name, row, status in states:
        if status == "grader-error" and row:
            lines.append(f"not graded, and not charged: {one_line(name, 60)}: {one_line(row.note, 200)}")
    if counts["grader-error"]:
        lines.append("the same command runs these again")
    lines.append(f"grades: {room.out / 'grades.csv'}")
    return "\n".join(lines)


def export_grades(options: argparse.Namespace) -> int:
    """Write an export, and say where it is; exit status 1 where something could not be exported."""
    if options.format == "gradescope-autograder":
        if options.assignment:
            # What is wrong with it is better said now than in the container.
            assigned(options.assignment, Inventory(Registry()))
        write_autograder(options.directory, options.assignment)
        print(f"wrote setup.sh and run_autograder to {options.directory}; zip what is in it, and upload that")
        return 0
    found = records.read_all(options.directory)
    if options.submission is not None:
        found = [record for record in found if record.submission == options.submission]
        if not found:
            raise SpecificationError(
                f"--submission {options.submission!r}: no result of that name in {options.directory}"
            )
    written, left = export(
        options.format,
        found,
        options.out or options.directory / "exports" / options.format,
        single=options.submission is not None,
        gradebook=options.gradebook,
        column=options.column,
    )
    for file in written[:1]:
        print(f"wrote {file}{f' and {len(written) - 1} more beside it' if len(written) > 1 else ''}")
    for reason in left:
        print(f"left out: {reason}", file=sys.stderr)
    return int(bool(left))


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number from 1 up")
    return int(text)


def _shard(text: str) -> tuple[int, int]:
    which, _, of = text.partition("/")
    if not (which.isdecimal() and of.isdecimal() and 1 <= int(which) <= int(of)):
        raise argparse.ArgumentTypeError(f"{text!r}; expected I/N with 1 ≤ I ≤ N")
    return int(which), int(of)
