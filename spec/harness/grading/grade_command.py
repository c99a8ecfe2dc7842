"""`claims grade`: a class into its grade book."""

import argparse
import signal
from collections import Counter

from .. import device
from ..claims.inventory import Inventory
from ..claims.specification import specification_hash
from ..cluster import of_shard
from ..counts import counted
from ..errors import SpecificationError
from ..sandbox import probe
from . import book_file, locks, opening, roster, seals
from .assignment import NO_ASSIGNMENT, AssignedClaims, selected
from .book_file import RunSettings
from .class_folder import ClassFolder
from .engines import Engine, cores, dask, local
from .grade_book import GradeBook
from .grades_csv import Row
from .progress import observing, say
from .seeds import read_secret, seed_of
from .submission_run import stop_all, temporary_files_in_a_workspace
from .submissions import Submission, find
from .text import format_points, listing, median, one_line

INTERRUPTED = 130
STRONG_SANDBOXES = ("bubblewrap", "landlock")
"""What keeps one submission from the grader and from the others."""


def grade(options: argparse.Namespace, inventory: Inventory) -> int:
    """Grade what has no grade yet; exit status 1 where the grader failed on a submission, 130 where interrupted."""
    if (options.engine == "dask") != (options.scheduler is not None):
        raise SpecificationError(
            f"--engine {options.engine} --scheduler {options.scheduler}: expected --engine dask with the address of "
            "its scheduler, or neither"
        )
    if options.engine == "local":
        device.check(options.device)
    claims = selected(options, inventory)
    students = roster.read(options.roster) if options.roster else None
    if options.start_over and (options.shard != (1, 1) or options.forget or options.regrade):
        raise SpecificationError(
            "--start-over: cannot be combined with --shard, --forget or --regrade; expected it alone, and those in a "
            "later command"
        )
    submissions = find(options.submissions, options.out)
    sandbox = _working_sandbox(options.sandbox, options.allow_unsandboxed)
    options.out.mkdir(parents=True, exist_ok=True)
    with locks.grading(options.out, *options.shard):
        with locks.table_lock(options.out):
            book = _book(options, inventory, claims, students, submissions, sandbox)
        return _run(options, book)


def _book(
    options: argparse.Namespace,
    inventory: Inventory,
    claims: AssignedClaims,
    students: list[roster.Student] | None,
    submissions: list[Submission],
    sandbox: str,
) -> GradeBook:
    """The grade book of the folder, brought up to date."""
    # What could be refused is read before anything is set aside.
    secret = read_secret(options.seed_secret, options.out) if options.seed_secret is not None else b""
    anew = options.start_over or opening.cut_short(options.out)
    if anew:
        known, said = opening.earlier(options.out, secret)
    else:
        opening.refuse_strange_folder(options.out)
        there = book_file.there(options.out)
        secret = secret or read_secret(None, options.out, may_draw=not there)
        known, said = book_file.read(options.out, seals.key_of(secret)) if there else None, []
    if known is not None and options.assignment is None and known.assignment != NO_ASSIGNMENT:
        said.append(f"--assignment as before: {one_line(known.assignment.title, 80)}")
        claims = selected(options, inventory, known.assignment)
    if anew:
        if aside := opening.set_aside(options.out):
            say(f"earlier results were moved to {aside}")
        secret = secret or read_secret(None, options.out, may_draw=True)
    settings = RunSettings(
        specification=specification_hash(inventory.registry),
        seed=seed_of(secret),
        device=options.device,
        claims=list(claims.points),
        exact=claims.exact,
        limits=claims.assignment.limits,
    )
    questions: dict[str, int] = {}
    for claim, points in claims.points.items():
        question = inventory.registry.question_of[claim]
        questions[question] = questions.get(question, 0) + points
    given = opening.Given(submissions, claims, questions, settings, students, options.attempts, options.forget, anew)
    key = seals.key_of(secret)
    opened, submissions, more = opening.opened(options.out, key, given, known)
    names = [submission.name for submission in submissions]
    if unknown := [name for name in options.regrade if name not in names]:
        raise SpecificationError(f"--regrade {unknown[0]!r}: expected one of {listing(names)}")
    counting = ClassFolder(options.out, key, opened).counted(names)
    if idle := [name for name in options.regrade if name not in counting]:
        raise SpecificationError(
            f"--regrade {idle[0]!r}: another attempt counts, and this one is not graded; expected one of "
            f"{listing(counting) or 'those that count'}"
        )
    total = format_points(sum(claims.points.values()))
    settled = f"seed {settings.seed}, sandbox {sandbox}, {counted(len(claims.points), 'claim')}, {total} points"
    say("\n".join([settled, *said, *more]))
    book = GradeBook(options.out, key, opened, submissions, sandbox, inventory)
    for file in book.edited():
        say(f"{file}: edited or damaged since it was written; it does not count")
    book.regrade()
    return book


def _run(options: argparse.Namespace, book: GradeBook) -> int:
    """Run what has to be run, and print what became of it."""
    names = of_shard(book.counted(book.given), options.shard)
    if elsewhere := [name for name in options.regrade if name not in names]:
        say(f"--regrade: in another shard than {'/'.join(map(str, options.shard))}: {listing(elsewhere)}")
    engine: Engine = dask(options.scheduler) if options.engine == "dask" else local(options.workers or cores())
    # Whoever stops a job politely, as Slurm does at its time limit, gets the summary, as after Ctrl-C.
    for polite in (signal.SIGINT, signal.SIGTERM):
        signal.signal(polite, stop_all)
    try:
        with observing() as observer:
            book.run(names, options.regrade, engine, observer)
    except KeyboardInterrupt:
        say(f"\ninterrupted; run the same command again to resume\n{_summary(book, list(book.rows()))}")
        return INTERRUPTED
    rows = [row for row in book.rows() if row.submission in names]
    say(_summary(book, rows))
    return int(bool(observer.failed) or any(row.status != "graded" for row in rows))


def _working_sandbox(name: str, allow_unsandboxed: bool) -> str:
    """The sandbox that a class is graded in; `SpecificationError` where it does not work or is not strong enough."""
    with temporary_files_in_a_workspace():
        backend = name if name == "none" else probe.chosen(name)
    if backend not in STRONG_SANDBOXES and not allow_unsandboxed:
        raise SpecificationError(
            f"--sandbox {name}: the strongest sandbox available here is {backend!r}; expected one of "
            f"{', '.join(STRONG_SANDBOXES)} (or --allow-unsandboxed, for submissions that you trust like your own "
            "code)"
        )
    return backend


def _summary(book: GradeBook, rows: list[Row]) -> str:
    """How many submissions are in which state, the spread of their points, and what has to be run again."""
    counts = Counter(row.status for row in rows)
    states = [f"{counts[status]} {status}" for status in ("graded", "grader-error", "pending") if counts[status]]
    lines = [" · ".join(states) or "nothing to grade"]
    scores = [row.points for row in rows if row.points is not None]
    if scores:
        lowest, middle, highest = map(format_points, (min(scores), median(scores), max(scores)))
        total = format_points(sum(book.assigned.points.values()))
        lines.append(f"points of {total}: lowest {lowest}, median {middle}, highest {highest}")
    lines += [
        f"grader error, no points lost: {one_line(row.submission, 60)}: {one_line(row.note, 200)}"
        for row in rows
        if row.status == "grader-error"
    ]
    lines += [
        f"0 points for {one_line(row.submission, 60)}: {one_line(row.note, 200)}"
        for row in rows
        if row.status == "graded" and row.points == 0
    ]
    if counts["grader-error"]:
        lines.append("run the same command again to grade these")
    return "\n".join([*lines, f"grades: {book.out / 'grades.csv'}"])
