"""The `claims` command: what is registered, how each claim is decided, and a place to begin an implementation."""

import argparse
import math
import os
import sys
from pathlib import Path

from .claims.inventory import Inventory
from .claims.registry import Registry
from .errors import SpecificationError
from .evidence import results
from .grading import commands as grading
from .implementation import stubs
from .regression import baseline, diff
from .report import terminal
from .validation import calibration, mutation


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; bad input ends with one line on standard error and exit status 2."""
    parser = argparse.ArgumentParser(prog="claims", description="The claims of the homework, and how each is decided.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="every claim: question, verdict, subject and tests")
    show = commands.add_parser(
        "show", help="one claim: quote, criterion, comparisons, power, and where its tests stand"
    )
    show.add_argument("id", metavar="ID")
    diff = commands.add_parser("diff", help="what became of every claim from one run to another; fails on regressions")
    diff.add_argument("before", metavar="A", type=Path, help="a claims.json or baseline of the earlier run")
    diff.add_argument("after", metavar="B", type=Path, help="one of the later run")
    new = commands.add_parser("new", help="write stubs of everything the contract asks for into a new folder")
    new.add_argument("directory", metavar="DIR", type=Path)
    new.add_argument("--assignment", metavar="FILE", type=Path, help="stubs for just the claims of this assignment")
    mutants = commands.add_parser("mutants", help="mutation testing: which claims detect injected faults")
    mutants.add_argument("only", metavar="PREFIX", nargs="*", help="only claims whose id begins so")
    mutants.add_argument("--exact", action="store_true", help="only what is decided without training: minutes")
    mutants.add_argument("--claims-seed", type=int, default=0, metavar="N", help="as in a run (default: 0)")
    mutants.add_argument("--workers", type=int, default=os.cpu_count(), metavar="N", help="mutants at a time")
    mutants.add_argument(
        "--limit-seconds",
        type=_positive,
        default=600.0,
        metavar="N",
        help="how long the claims may take on one mutant; one not decided by then has missed it (default: 600)",
    )
    fresh = commands.add_parser("calibrate", help="how every comparison fares on fresh seeds; goes on where it stopped")
    fresh.add_argument("only", metavar="PREFIX", nargs="*", help="only claims whose id begins so")
    fresh.add_argument(
        "--seeds", type=_seeds, required=True, metavar="A-B", help="the seeds of the runs, such as 3000-3011"
    )
    fresh.add_argument(
        "--file", type=Path, required=True, metavar="FILE", help="where the runs are kept, a line for each"
    )
    fresh.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="where learners train (default: cpu)")
    fresh.add_argument(
        "--register",
        action="store_true",
        help=f"write what the runs say into the registry and {calibration.TABLE.name}",
    )
    page = commands.add_parser("report", help="write a run as one web page")
    page.add_argument("results", metavar="claims.json", type=Path, help="what --claims-json wrote")
    page.add_argument("--out", type=Path, required=True, metavar="FILE", help="the page to write")
    grading.add_parsers(commands)
    options = parser.parse_args(arguments)
    try:
        if options.command == "diff":
            return _diff(options.before, options.after)
        if options.command == "report":
            return _report(options.results, options.out)
        if options.command == "export":
            return grading.export_grades(options)
        inventory = Inventory(Registry())
        if options.command == "list":
            print(terminal.listing(inventory.registry, inventory), end="")
        elif options.command == "show":
            claim = inventory.registry[options.id]
            print(terminal.details(claim, inventory.by_claim[claim.id], inventory.registry), end="")
        elif options.command == "calibrate":
            _calibrate(inventory.registry, options)
        elif options.command == "mutants":
            return _mutants(inventory.registry, options)
        elif options.command == "grade":
            return grading.grade(options, inventory)
        else:
            claims = grading.assigned(options.assignment, inventory) if options.assignment else None
            files = stubs.write(options.directory, inventory, claims)
            print(f"wrote {', '.join(file.name for file in files)} to {options.directory}")
            print(f"check them with: pytest -m claims --impl={options.directory}")
    except (SpecificationError, OSError) as error:
        print(f"claims: {error}", file=sys.stderr)
        return 2
    return 0


def _diff(before: Path, after: Path) -> int:
    """Print what differs; exit status 1 where there is a regression, or nothing to compare."""
    found = diff.compare(results.read(before), results.read(after))
    print(terminal.difference(found), end="")
    return int(baseline.failed(found))


def _report(file: Path, out: Path) -> int:
    """Write the report of a run from its `claims.json` and the figure data beside it."""
    # Jinja and matplotlib take a second to import, and nothing else here has a use for them.
    from .report import page

    if out.is_dir() or not out.resolve().parent.is_dir():
        raise SpecificationError(f"--out {out}: expected a file to write, in a folder that there is")
    page.write(results.read(file), file.parent, out)
    print(f"wrote {out}")
    return 0


def _mutants(registry: Registry, options: argparse.Namespace) -> int:
    """Run the mutants, tell of each, and sum up; exit status 1 where a mutant or a graded claim goes unnoticed."""
    claims = set(registry.matching(options.only))
    mutants = [mutant for mutant in mutation.read(registry) if claims & set(mutant.fails)]

    def tell(attempt: mutation.Attempt) -> None:
        print(f"{attempt.fate}  {attempt.mutant.id}  {attempt.claim}  {attempt.seen}", flush=True)

    attempts = mutation.measure(
        mutants,
        exact=options.exact,
        seed=options.claims_seed,
        workers=options.workers,
        limit_seconds=options.limit_seconds,
        tell=tell,
    )
    chosen = [attempt for attempt in attempts if attempt.claim in claims]
    print(terminal.mutants(chosen, [registry[claim_id] for claim_id in registry.claims if claim_id in claims]), end="")
    idle = mutation.catching_none(chosen, [registry[claim_id] for claim_id in claims])
    return int(bool(idle) or any(attempt.missed for attempt in chosen))


def _positive(text: str) -> float:
    """A number of seconds above 0."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a number above 0")
    return seconds


def _seeds(text: str) -> range:
    """The seeds A, A + 1, … B of "A-B"; no registered run uses those from 1000 on."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 1000 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"{text!r}; expected A-B with 1000 ≤ A ≤ B")
    return range(int(first), int(last) + 1)


def _calibrate(registry: Registry, options: argparse.Namespace) -> None:
    """Run what the file does not hold yet, then print what all its runs say."""
    claims = registry.matching(options.only)
    compared = {claim_id for claim_id in claims if registry[claim_id].comparison}
    done = {each.seed for each in calibration.read(options.file) if compared <= each.comparisons.keys()}
    for seed in options.seeds:
        if seed not in done:
            print(f"seed {seed} …", file=sys.stderr, flush=True)
            calibration.append(options.file, calibration.run(seed, options.only, options.device))
    found = calibration.summaries(registry, calibration.read(options.file), claims)
    if options.register:
        calibration.register(registry, found)
        kept = calibration.TABLE.read_text(encoding="utf-8") if calibration.TABLE.exists() else ""
        rows = calibration.with_kept_rows(registry, terminal.calibration(found), kept)
        calibration.TABLE.write_text(calibration.HEADING + rows, encoding="utf-8")
    print(terminal.calibration(found), end="")
