"""An assignment: which claims count, what they weigh, how long they may take, and what happens to what is undecided.

A small TOML file; every key may be left out:

    title = "Homework 5"
    points = 100
    claims = ["metrics", "one-hot.equidistant"]  # prefixes of ids; all graded claims where there are none
    exclude = ["metrics.trade-off"]
    exact = true                                 # only what is decided without training

    [weights]                                    # 1 where nothing is said
    q2_classification_metrics = 2                # a question, against the other questions
    "metrics.recall" = 3                         # a claim, against the others of its question

    [limits]                                     # as the options --limit-… of a run
    seconds = 60                                 # of one call
    total_seconds = 3600
    memory = 2048                                # MiB

    [regrade]
    inconclusive = 36                            # replicates

    [hints]
    "metrics.recall" = "Exercise sheet 2, part b."

`regrade.inconclusive` is the one larger number of replicates to which an inconclusive comparison of a graded claim
goes, once, where the registry declares no second look of its own. It is said before anything runs, so each of the two
looks has half of the comparison's alpha: a claim that is not so still passes with probability at most alpha.
"""

import math
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from ..claims.inventory import Inventory
from ..claims.registry import Registry
from ..errors import SpecificationError
from .apportion import shares


class Limits(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a submission may take, as the options `--limit-…` name it; None leaves the sandbox's own default."""

    seconds: float | None = None
    total_seconds: float = 7200.0
    memory: int | None = None
    reply: int | None = None
    output: int | None = None
    processes: int | None = None
    disk: int | None = None


class Regrade(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What happens to an inconclusive outcome."""

    inconclusive: int | None = None
    """To how many replicates in all a second look goes; no second look but the registry's where that is None."""


class Assignment(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What an assignment's file says."""

    title: str = "The claims of the homework"
    points: float = 100.0
    claims: list[str] = []
    exclude: list[str] = []
    exact: bool = False
    weights: dict[str, float] = {}
    limits: Limits = Limits()
    regrade: Regrade = Regrade()
    hints: dict[str, str] = {}


class AssignedClaims(msgspec.Struct, frozen=True):
    """An assignment as it applies: the claims that count, in the homework's order, with their points in hundredths."""

    assignment: Assignment
    points: dict[str, int]
    exact: bool
    """Whether no test that trains has to run."""


def read(file: Path) -> Assignment:
    """Read an assignment's file; what is wrong is said with file, key, value and what was expected."""
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecificationError(f"--assignment {file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecificationError(f"{file}: not valid TOML: {error}") from error
    try:
        return msgspec.convert(table, Assignment)
    except msgspec.ValidationError as error:
        raise SpecificationError(f"{file}: {_explained(str(error), table)}") from error


def _explained(message: str, table: dict[str, Any]) -> str:
    """Msgspec's message, with the key and its value in front."""
    expected, _, path = message.partition(" - at `$")
    keys = path.rstrip("`").replace("[...]", "").strip(".")
    if "unknown field" in expected:
        name = expected.split("`")[1]
        known = ", ".join(
            {"": Assignment, "limits": Limits, "regrade": Regrade}.get(keys, Assignment).__struct_fields__
        )
        return f"{keys + '.' if keys else ''}{name}: unknown key; expected one of {known}"
    value: Any = table
    for key in keys.partition("[")[0].split("."):
        value = value.get(key, value) if isinstance(value, dict) else value
    return f"{keys.partition('[')[0]} = {value!r}: {expected}"


def choose(
    assignment: Assignment,
    inventory: Inventory,
    *,
    where: str = "assignment",
    only: Iterable[str] = (),
    exclude: Iterable[str] = (),
    exact: bool = False,
) -> AssignedClaims:
    """What counts: the claims of the assignment, narrowed down by the options; errors begin with `where`."""
    registry = inventory.registry
    _check(assignment, registry, where)
    counted = set(_matching(registry, f"{where}: claims", assignment.claims))
    for option, prefixes in ((f"{where}: exclude", assignment.exclude), ("--exclude", list(exclude))):
        if prefixes:
            counted -= set(_matching(registry, option, prefixes))
    counted &= set(_matching(registry, "--only", list(only)))
    claims = [claim for claim in registry.claims if claim in counted and registry[claim].graded]
    if named := [claim for claim in assignment.claims if claim in registry.claims and not registry[claim].graded]:
        raise SpecificationError(
            f"{where}: claims = {named[0]!r}: its subject is {registry[named[0]].subject!r} and its verdict "
            f"{registry[named[0]].verdict!r}; expected claims that are graded (● in `claims list`)"
        )
    only_exact = assignment.exact or exact
    if only_exact:
        claims = [claim for claim in claims if not inventory.trains(claim)]
    if not claims:
        raise SpecificationError(
            f"{where}: no graded claim is left to count; `claims list` marks the graded ones with ●"
        )
    points = _points(assignment, registry, claims, where)
    return AssignedClaims(assignment, points, exact=all(not inventory.trains(claim) for claim in claims))


def _matching(registry: Registry, key: str, prefixes: list[str]) -> list[str]:
    try:
        return registry.matching(prefixes)
    except SpecificationError as error:
        raise SpecificationError(f"{key} = {prefixes}: {error}") from error


def _points(assignment: Assignment, registry: Registry, claims: list[str], where: str) -> dict[str, int]:
    """Each claim's hundredths: questions by weight, then within each question its claims by weight."""
    weights = assignment.weights
    by_question: dict[str, dict[str, float]] = {}
    for claim in claims:
        by_question.setdefault(registry.question_of[claim], {})[claim] = weights.get(claim, 1.0)
    each = {question: weights.get(question, weights.get(question.partition("_")[0], 1.0)) for question in by_question}
    of_question = shares(round(assignment.points * 100), each)
    points: dict[str, int] = {}
    for question, members in by_question.items():
        points |= shares(of_question[question], members)
    if nothing := [claim for claim, share in points.items() if share == 0]:
        raise SpecificationError(
            f"{where}: points = {assignment.points}: nothing is left for {nothing[0]!r}; expected enough points, or "
            "weights that are less uneven, for every claim to bring 0.01"
        )
    return points


def _check(assignment: Assignment, registry: Registry, where: str) -> None:
    """Refuse what the types do not."""

    def refuse(key: str, value: object, expected: str) -> None:
        raise SpecificationError(f"{where}: {key} = {value!r}: expected {expected}")

    if not 0.01 <= assignment.points <= 1_000_000 or abs(round(assignment.points, 2) - assignment.points) > 1e-9:
        refuse("points", assignment.points, "a number from 0.01 to 1000000 with at most two decimals")
    questions = {name for folder in registry.questions for name in (folder, folder.partition("_")[0])}
    for key, weight in assignment.weights.items():
        if key not in questions and key not in registry.claims:
            refuse(f"weights.{key}", weight, f"the id of a claim, or a question out of {', '.join(registry.questions)}")
        if not (math.isfinite(weight) and weight > 0):
            refuse(f"weights.{key}", weight, "a finite number above 0 (`exclude` leaves a claim out)")
    for name in Limits.__struct_fields__:
        limit = getattr(assignment.limits, name)
        if limit is not None and not (math.isfinite(limit) and limit > 0):
            refuse(f"limits.{name}", limit, "a finite number above 0")
    second = assignment.regrade.inconclusive
    if second is not None and not 2 <= second <= 10_000:
        refuse("regrade.inconclusive", second, "a number of replicates from 2 to 10000")
    for claim in assignment.hints:
        if claim not in registry.claims:
            refuse(f"hints.{claim}", assignment.hints[claim], "the id of a claim")
