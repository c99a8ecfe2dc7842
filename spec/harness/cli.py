"""The `claims` command: what is registered, how each claim is decided, and stubs of an implementation."""

import argparse
import importlib.metadata
import io
import math
import os
import shlex
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn, get_args

from .claims.inventory import Inventory
from .claims.registry import RegisteredVerdict, Registry, Subject, Variation
from .cluster import of_shard, shard
from .counts import counted
from .errors import SpecificationError
from .evidence import results
from .grading import commands as grading
from .grading.check_command import check
from .grading.export_command import export_grades
from .grading.grade_command import INTERRUPTED, grade
from .implementation import stubs
from .paths import to_path
from .regression import baseline, diff
from .report import specification, terminal
from .validation import calibration, engines, multiverse, mutation, runs
from .validation.pace import Costs, Pace

PYTEST_SECONDS = 0.5
"""What a run of pytest takes that decides next to nothing."""

Argument = tuple[tuple[str, ...], dict[str, Any]]
"""The arguments of `ArgumentParser.add_argument`."""
Action = Callable[[argparse.Namespace], int]
"""Runs a subcommand with its parsed options, and returns the exit status."""

DISTRIBUTION = "homework-claims"
COMMANDS: dict[str, tuple[str, tuple[Argument, ...], Action]] = {}
"""Summary, arguments and action of every subcommand, by name."""


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand; bad input, or Ctrl-C, ends with one line on standard error and exit status 2, or 130."""
    _open_standard_streams()
    options = _parser().parse_args(arguments)
    try:
        return options.action(options)
    except (SpecificationError, OSError) as error:
        print(f"claims: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        # A command that has more to say about where it was says it itself.
        print("claims: interrupted", file=sys.stderr)
        return INTERRUPTED


def _open_standard_streams() -> None:
    """Let standard input, output and error be open, and take any text: whoever starts this may have closed them."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is taken.
            os.open(os.devnull, os.O_RDWR)
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


class _Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong; `--help` has the usage."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, f"{self.prog}: {message} (--help lists the options)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="claims", description="The claims of the homework, and how each is decided.")
    parser.add_argument("--version", action="version", version=f"claims {importlib.metadata.version(DISTRIBUTION)}")
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
    """The seeds A, A + 1, … B of "A-B"; no registered run of claims uses those from 1000 on."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 1000 <= int(first) <= int(last)):
        raise argparse.ArgumentTypeError(f"{text!r}; expected A-B with 1000 ≤ A ≤ B")
    return range(int(first), int(last) + 1)


def _inventory() -> Inventory:
    """The project's claims and tests; raises `SpecificationError` where they do not agree."""
    return Inventory(Registry())


PLACES = (
    _argument("--shard", type=shard, default=(1, 1), metavar="I/N", help="only every N-th run, from the I-th on"),
    _argument(
        "--scheduler",
        metavar="ADDRESS",
        help="address of a dask scheduler whose workers run them, such as tcp://host:8786",
    ),
)
"""Where the runs of a long command take place."""
FILES = _argument(
    "--file",
    type=to_path,
    action="append",
    required=True,
    metavar="FILE",
    help="the file that runs are kept in; name it again to resume; if repeated, runs in the further files count too",
)
PREFIXES = _argument("only", metavar="PREFIX", nargs="*", help="only claims whose id starts with PREFIX")


@_command(
    "list",
    "list the claims, one per line: question, verdict, subject and tests",
    PREFIXES,
    _argument("--verdict", choices=get_args(RegisteredVerdict), help="only claims with this registered verdict"),
    _argument("--subject", choices=get_args(Subject), help="only claims about this subject"),
)
def _list(options: argparse.Namespace) -> int:
    inventory = _inventory()
    registry = inventory.registry
    claims = [
        claim.id
        for claim in map(registry.__getitem__, registry.matching(options.only))
        if options.verdict in (None, claim.verdict) and options.subject in (None, claim.subject)
    ]
    print(specification.listing(registry, inventory, claims), end="")
    return 0


@_command(
    "show",
    "show a claim: quote, criterion, comparisons, power, and where its tests are",
    _argument("id", metavar="ID", help="the id of a claim, or a prefix of the ids of several"),
)
def _show(options: argparse.Namespace) -> int:
    inventory = _inventory()
    registry = inventory.registry
    started = [claim_id for claim_id in registry.claims if claim_id.startswith(options.id)]
    claims = started if started and options.id not in started else [registry[options.id].id]
    calibrations, varied = calibration.registered(registry), multiverse.registered(registry)
    texts = (
        specification.details(registry[claim], inventory.by_claim[claim], registry, calibrations, varied.get(claim, []))
        for claim in claims
    )
    print("\n\n".join(texts), end="")
    return 0


@_command(
    "diff",
    "compare two runs, claim by claim; exit status 1 on a regression",
    _argument("before", metavar="A", type=to_path, help="a claims.json or baseline of the earlier run"),
    _argument("after", metavar="B", type=to_path, help="one of the later run"),
)
def _diff(options: argparse.Namespace) -> int:
    """Exit status 1 where there is a regression, or nothing to compare."""
    difference = diff.compare(results.read(options.before), results.read(options.after))
    print(terminal.difference(difference), end="")
    return int(baseline.failed(difference))


@_command(
    "new",
    "write stubs of everything the contract asks for into a new folder",
    _argument("directory", metavar="DIR", type=to_path, help="a new or an empty folder"),
    _argument("--assignment", metavar="FILE", type=to_path, help="only what the claims of this assignment need"),
)
def _new(options: argparse.Namespace) -> int:
    inventory = _inventory()
    claims = grading.assigned(options.assignment, inventory) if options.assignment else None
    files = stubs.write(options.directory, inventory, claims)
    print(f"wrote {', '.join(file.name for file in files)} and README.md, the rules for all, to {options.directory}")
    assignment = f" --assignment {shlex.quote(str(options.assignment))}" if options.assignment else ""
    print(f"check them with: claims check {shlex.quote(str(options.directory))}{assignment}")
    return 0


@_command(
    "mutants",
    "mutation testing: which claims detect injected faults",
    PREFIXES,
    _argument("--exact", action="store_true", help="run only tests that need no training: minutes, not half an hour"),
    _argument("--claims-seed", type=_from(0), default=0, metavar="N", help="the seed of the runs (default: 0)"),
    _argument("--workers", type=_from(1), default=os.cpu_count(), metavar="N", help="mutants tested in parallel"),
    _argument(
        "--limit-seconds",
        type=_positive,
        default=600.0,
        metavar="N",
        help="time limit for the claims on one mutant; a claim not decided by then counts as missing it (default: 600)",
    ),
)
def _mutants(options: argparse.Namespace) -> int:
    """Exit status 1 where a claim misses a mutant named for it, or a graded claim detects none."""
    if not hasattr(os, "fork"):
        raise SpecificationError("mutants: this system cannot fork processes; expected Linux or macOS")
    registry = _inventory().registry
    selected = set(registry.matching(options.only))
    claims = [claim for claim_id, claim in registry.claims.items() if claim_id in selected]

    mutants = [mutant for mutant in mutation.read(registry) if selected & set(mutant.fails)]
    costs = Costs(registry)
    each = [costs.seconds(mutant.fails, trained=not options.exact) for mutant in mutants]
    # A mutant is detected without training where that is enough, so that the most is said.
    expected = sum(seconds + PYTEST_SECONDS for seconds in each if seconds is not None) if None not in each else None
    pace = Pace(len(mutants), "mutants", expected, options.workers)

    def report(attempts: list[mutation.Attempt]) -> None:
        for attempt in attempts:
            print(f"{attempt.status}  {attempt.mutant.id}  {attempt.claim}  {attempt.observation}", flush=True)
        pace.done(attempts[0].mutant.id)

    attempts = mutation.measure(
        mutants,
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
    "estimate the power of every comparison, from runs with fresh seeds; re-run to resume",
    PREFIXES,
    _argument("--seeds", type=_seeds, required=True, metavar="A-B", help="the seeds of the runs, such as 3000-3011"),
    FILES,
    _argument(
        "--impl",
        action="append",
        metavar="PATH|MODULE",
        help="a correct implementation to run; repeatable (default: impl, the project's own)",
    ),
    _argument("--device", default="cpu", choices=("cpu", "cuda"), help="where learners train (default: cpu)"),
    _argument(
        "--register",
        action="store_true",
        help=f"write the summary of the runs to spec/{calibration.ROWS} and spec/{calibration.TABLE}",
    ),
    *PLACES,
)
def _calibrate(options: argparse.Namespace) -> int:
    """Run the seeds that the file does not hold yet, with each implementation, then print what all its runs say."""
    registry = _inventory().registry
    claims = registry.matching(options.only)
    compared = {claim_id for claim_id in claims if registry[claim_id].comparison}
    places: dict[str, str | None] = {runs.name_of(where): runs.place_of(where) for where in options.impl or ()}
    places = places or {runs.OWN: None}
    if len(places) < len(options.impl or places):
        raise SpecificationError(f"--impl {', '.join(options.impl)}: two have the same name; expected different names")
    kept = calibration.read(options.file)
    done = {(run.implementation, run.seed) for run in kept if compared <= run.comparisons.keys()}
    # A file that cannot be written is refused before anything is trained.
    options.file[0].open("ab").close()
    asked = of_shard([(name, seed) for seed in options.seeds for name in places], options.shard)
    left = [(places[name], seed) for name, seed in asked if (name, seed) not in done]
    expected = Costs(registry).seconds(compared)
    # A run has a worker on each core.
    cpu_seconds = None if expected is None else len(left) * expected / (os.cpu_count() or 1)
    pace = Pace(len(left), "runs", cpu_seconds, workers=1)
    run = partial(calibration.run, only=options.only, device=options.device)
    for each in engines.results(run, left, workers=1, scheduler=options.scheduler):
        runs.append(options.file[0], each)
        pace.done(f"{each.implementation}, seed {each.seed}")
    summaries = calibration.summaries(registry, calibration.read(options.file), claims)
    if options.register:
        calibration.register(registry, summaries)
    print(calibration.table(registry, summaries), end="")
    return 0


@_command(
    "multiverse",
    "decide every claim in each declared variation of its experiments; re-run to resume",
    PREFIXES,
    FILES,
    _argument("--claims-seed", type=_from(0), default=1000, metavar="N", help="the seed of the runs (default: 1000)"),
    _argument("--impl", metavar="PATH|MODULE", help="the implementation to run (default: impl)"),
    _argument("--device", default="cpu", choices=("cpu", "cuda"), help="where learners train (default: cpu)"),
    _argument("--workers", type=_from(1), default=os.cpu_count(), metavar="N", help="variations run in parallel"),
    _argument("--register", action="store_true", help=f"write the summary of the runs to spec/{multiverse.ROWS}"),
    *PLACES,
)
def _multiverse(options: argparse.Namespace) -> int:
    """Run the variations that the file does not hold yet, then print each claim's outcome in all of them."""
    inventory = _inventory()
    registry = inventory.registry
    claims = registry.matching(options.only)
    name, place = (runs.name_of(options.impl), runs.place_of(options.impl)) if options.impl else (runs.OWN, None)
    variations = multiverse.to_run(inventory, claims)

    def kept(wanted: list[Variation]) -> list[multiverse.VariationRun]:
        found = runs.read(options.file, multiverse.VariationRun, "multiverse")
        return [run for run in found if any(run.is_of(each, options.claims_seed, name) for each in wanted)]

    asked = of_shard(variations, options.shard)
    done = {(run.experiment, run.variation) for run in kept(asked)}
    left = [variation for variation in asked if (variation.experiment, variation.name) not in done]
    # A file that cannot be written is refused before anything is trained.
    options.file[0].open("ab").close()
    costs = Costs(registry)
    expected = [costs.seconds_of_variation(variation) for variation in left]
    pace = Pace(len(left), "variations", None if None in expected else sum(filter(None, expected)), options.workers)
    run = partial(multiverse.run, seed=options.claims_seed, device=options.device, where=place)
    for each in engines.results(run, left, workers=options.workers, scheduler=options.scheduler):
        runs.append(options.file[0], each)
        of = f"{sum(row.as_registered for row in each.rows)} of {counted(len(each.rows), 'claim')} as registered"
        pace.done(f"{each.experiment}.{each.variation}: {of}, {each.seconds:.0f} s")
    if options.register:
        multiverse.register(registry, kept(variations))
    print(terminal.multiverse([row for each in kept(variations) for row in each.rows], claims), end="")
    return 0


@_command(
    "report",
    "write the results of a run as one web page",
    _argument("results", metavar="claims.json", type=to_path, help="what --claims-json wrote"),
    _argument("--out", type=to_path, required=True, metavar="FILE", help="the page to write"),
)
def _report(options: argparse.Namespace) -> int:
    """Write the page of a run from its `claims.json` and the figure data beside it."""
    # Jinja and matplotlib take a second to import, and no other command uses them.
    from .report import page

    out = options.out
    if out.is_dir() or not out.resolve().parent.is_dir():
        raise SpecificationError(f"--out {out}: expected a file to write, in an existing folder")
    page.write(results.read(options.results), options.results.parent, out)
    print(f"wrote {out}")
    return 0
