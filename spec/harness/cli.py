"""The `claims` command: what is registered, how each claim is decided, and a place to begin an implementation."""

import argparse
import math
import os
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from .claims.inventory import Inventory
from .claims.registry import Registry
from .errors import SpecificationError
from .evidence import results
from .grading import commands as grading
from .grading.check_command import check
from .grading.export_command import export_grades
from .grading.grade_command import grade
from .implementation import stubs
from .regression import baseline, diff
from .report import specification, terminal
from .validation import calibration, multiverse, mutation, runs

Argument = tuple[tuple[str, ...], dict[str, Any]]
"""The arguments of `ArgumentParser.add_argument`."""
Action = Callable[[argparse.Namespace], int]
"""Runs a subcommand with its parsed options, and returns the exit status."""

COMMANDS: dict[str, tuple[str, tuple[Argument, ...], Action]] = {}
"""Summary, arguments and action of every subcommand, by name."""


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; bad input ends with one line on standard error and exit status 2."""
    options = _parser().parse_args(arguments)
    try:
        return options.action(options)
    except (SpecificationError, OSError) as error:
        print(f"claims: {error}", file=sys.stderr)
        return 2


class _Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong; `--help` has the usage."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, f"{self.prog}: {message} (--help lists the options)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="claims", description="The claims of the homework, and how each is decided.")
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name, (summary, arguments, action) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=summary)
        for names, options in arguments:
            subparser.add_argument(*names, **options)
        subparser.set_defaults(action=action)
    grading.add_parsers(subparsers)
    subparsers.choices["grade"].set_defaults(action=lambda options: grade(options, _inventory()))
    subparsers.choices["check"].set_defaults(action=lambda options: check(options, _inventory()))
    subparsers.choices["export"].set_defaults(action=export_grades)
    return parser


def _argument(*names: str, **options: Any) -> Argument:
    return names, options


def _command(name: str, summary: str, *arguments: Argument) -> Callable[[Action], Action]:
    """Register a function as the subcommand `name`."""

    def register(action: Action) -> Action:
        COMMANDS[name] = summary, arguments, action
        return action

    return register


def _positive(text: str) -> float:
    """A number of seconds above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number above 0")
    return seconds


def _from(least: int) -> Callable[[str], int]:
    """The type of an option that is a whole number from `least` up."""

    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number from {least} up")
        return int(text)

    return number


def _seeds(text: str) -> range:
    """The seeds A, A + 1, … B of "A-B"; no registered run uses those from 1000 on."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 1000 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"{text!r}; expected A-B with 1000 ≤ A ≤ B")
    return range(int(first), int(last) + 1)


def _inventory() -> Inventory:
    """The project's claims and tests; raises `SpecificationError` where they do not agree."""
    return Inventory(Registry())


PREFIXES = _argument("only", metavar="PREFIX", nargs="*", help="only claims whose id begins so")


@_command("list", "every claim: question, verdict, subject and tests")
def _list(_: argparse.Namespace) -> int:
    inventory = _inventory()
    print(specification.listing(inventory.registry, inventory), end="")
    return 0


@_command(
    "show",
    "one claim: quote, criterion, comparisons, power, and where its tests stand",
    _argument("id", metavar="ID"),
)
def _show(options: argparse.Namespace) -> int:
    inventory = _inventory()
    registry = inventory.registry
    claim = registry[options.id]
    tests = inventory.by_claim[claim.id]
    calibrations, varied = calibration.registered(registry), multiverse.registered(registry).get(claim.id, [])
    print(specification.details(claim, tests, registry, calibrations, varied), end="")
    return 0


@_command(
    "diff",
    "what became of every claim from one run to another; fails on regressions",
    _argument("before", metavar="A", type=Path, help="a claims.json or baseline of the earlier run"),
    _argument("after", metavar="B", type=Path, help="one of the later run"),
)
def _diff(options: argparse.Namespace) -> int:
    """Exit status 1 where there is a regression, or nothing to compare."""
    difference = diff.compare(results.read(options.before), results.read(options.after))
    print(terminal.difference(difference), end="")
    return int(baseline.failed(difference))


@_command(
    "new",
    "write stubs of everything the contract asks for into a new folder",
    _argument("directory", metavar="DIR", type=Path),
    _argument("--assignment", metavar="FILE", type=Path, help="stubs for just the claims of this assignment"),
)
def _new(options: argparse.Namespace) -> int:
    inventory = _inventory()
    claims = grading.assigned(options.assignment, inventory) if options.assignment else None
    files = stubs.write(options.directory, inventory, claims)
    print(f"wrote {', '.join(file.name for file in files)} to {options.directory}")
    assignment = f" --assignment {shlex.quote(str(options.assignment))}" if options.assignment else ""
    print(f"check them with: claims check {shlex.quote(str(options.directory))}{assignment}")
    return 0


@_command(
    "mutants",
    "mutation testing: which claims detect injected faults",
    PREFIXES,
    _argument("--exact", action="store_true", help="only what is decided without training: minutes"),
    _argument("--claims-seed", type=_from(0), default=0, metavar="N", help="as in a run (default: 0)"),
    _argument("--workers", type=_from(1), default=os.cpu_count(), metavar="N", help="mutants at a time"),
    _argument(
        "--limit-seconds",
        type=_positive,
        default=600.0,
        metavar="N",
        help="how long the claims may take on one mutant; one not decided by then has missed it (default: 600)",
    ),
)
def _mutants(options: argparse.Namespace) -> int:
    """Exit status 1 where a claim misses a mutant named for it, or a graded claim detects none."""
    registry = _inventory().registry
    selected = set(registry.matching(options.only))
    claims = [claim for claim_id, claim in registry.claims.items() if claim_id in selected]

    def report(attempt: mutation.Attempt) -> None:
        print(f"{attempt.status}  {attempt.mutant.id}  {attempt.claim}  {attempt.observation}", flush=True)

    attempts = mutation.measure(
        [mutant for mutant in mutation.read(registry) if selected & set(mutant.fails)],
        exact=options.exact,
        seed=options.claims_seed,
        workers=options.workers,
        limit_seconds=options.limit_seconds,
        report=report,
    )
    attempts = [attempt for attempt in attempts if attempt.claim in selected]
    print(terminal.mutants(attempts, claims), end="")
    return int(bool(mutation.catching_none(attempts, claims)) or any(attempt.missed for attempt in attempts))


@_command(
    "calibrate",
    "how every comparison fares on fresh seeds; resumes where it stopped",
    PREFIXES,
    _argument("--seeds", type=_seeds, required=True, metavar="A-B", help="the seeds of the runs, such as 3000-3011"),
    _argument(
        "--file",
        type=Path,
        required=True,
        metavar="FILE",
        help="where the runs are kept, a line for each; those of earlier calls count too",
    ),
    _argument(
        "--impl",
        action="append",
        metavar="PATH|MODULE",
        help="a right implementation to run, as of pytest; may be repeated (default: impl, the project's own)",
    ),
    _argument("--device", default="cpu", choices=("cpu", "cuda"), help="where learners train (default: cpu)"),
    _argument(
        "--register",
        action="store_true",
        help=f"write what the runs say into spec/{calibration.ROWS} and spec/{calibration.TABLE}",
    ),
)
def _calibrate(options: argparse.Namespace) -> int:
    """Run the seeds that the file does not hold yet, with each implementation, then print what all its runs say."""
    registry = _inventory().registry
    claims = registry.matching(options.only)
    compared = {claim_id for claim_id in claims if registry[claim_id].comparison}
    places: dict[str, str | None] = {runs.name_of(where): where for where in options.impl or ()}
    places = places or {runs.OWN: None}
    if len(places) < len(options.impl or places):
        raise SpecificationError(
            f"--impl {', '.join(options.impl)}: two of a name; expected a name of its own for each"
        )
    kept = calibration.read(options.file)
    done = {(run.implementation, run.seed) for run in kept if compared <= run.comparisons.keys()}
    # A file that cannot be written is refused before anything is trained.
    options.file.open("ab").close()
    for seed in options.seeds:
        for name, where in places.items():
            if (name, seed) not in done:
                print(f"{name}, seed {seed} …", file=sys.stderr, flush=True)
                runs.append(options.file, calibration.run(seed, options.only, options.device, where))
    summaries = calibration.summaries(registry, calibration.read(options.file), claims)
    if options.register:
        calibration.register(registry, summaries)
    print(calibration.table(registry, summaries), end="")
    return 0


@_command(
    "multiverse",
    "what becomes of every claim when its experiments are done in other reasonable ways; resumes where it stopped",
    PREFIXES,
    _argument("--file", type=Path, required=True, metavar="FILE", help="where the runs are kept, a line for each"),
    _argument("--claims-seed", type=_from(0), default=1000, metavar="N", help="as in a run (default: 1000)"),
    _argument("--impl", metavar="PATH|MODULE", help="the implementation to run, as of pytest (default: impl)"),
    _argument("--device", default="cpu", choices=("cpu", "cuda"), help="where learners train (default: cpu)"),
    _argument("--workers", type=_from(1), default=os.cpu_count(), metavar="N", help="variations at a time"),
    _argument("--register", action="store_true", help=f"write what the runs say into spec/{multiverse.ROWS}"),
)
def _multiverse(options: argparse.Namespace) -> int:
    """Run the variations that the file does not hold yet, then print what became of each claim in all of them."""
    inventory = _inventory()
    registry = inventory.registry
    claims = registry.matching(options.only)
    name = runs.name_of(options.impl) if options.impl else runs.OWN
    kept = runs.read(options.file, multiverse.VariationRun, "multiverse")
    variations = multiverse.to_run(inventory, claims)
    left = [
        variation
        for variation in variations
        if not any(each.is_of(variation, options.claims_seed, name) for each in kept)
    ]
    # A file that cannot be written is refused before anything is trained.
    options.file.open("ab").close()
    began, done = time.monotonic(), 0

    def report(each: multiverse.VariationRun) -> None:
        nonlocal done
        done += 1
        minutes = (time.monotonic() - began) / done * (len(left) - done) / 60
        as_registered = sum(row.as_registered for row in each.rows)
        print(
            f"{done} of {len(left)}  {each.experiment}.{each.variation}: {as_registered} of {len(each.rows)} claims as "
            f"registered, {each.seconds:.0f} s; about {minutes:.0f} min left",
            file=sys.stderr,
            flush=True,
        )

    multiverse.run_all(
        registry, left, options.file, options.claims_seed, options.device, options.impl, options.workers, report
    )
    kept = [
        each
        for each in runs.read(options.file, multiverse.VariationRun, "multiverse")
        if any(each.is_of(variation, options.claims_seed, name) for variation in variations)
    ]
    if options.register:
        multiverse.register(registry, kept)
    print(terminal.multiverse([row for each in kept for row in each.rows], claims), end="")
    return 0


@_command(
    "report",
    "write a run as one web page",
    _argument("results", metavar="claims.json", type=Path, help="what --claims-json wrote"),
    _argument("--out", type=Path, required=True, metavar="FILE", help="the page to write"),
)
def _report(options: argparse.Namespace) -> int:
    """Write the page of a run from its `claims.json` and the figure data beside it."""
    # Jinja and matplotlib take a second to import, and no other command uses them.
    from .report import page

    out = options.out
    if out.is_dir() or not out.resolve().parent.is_dir():
        raise SpecificationError(f"--out {out}: expected a file to write, in a folder that there is")
    page.write(results.read(options.results), options.results.parent, out)
    print(f"wrote {out}")
    return 0
