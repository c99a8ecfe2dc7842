"""An assignment: which claims count, what they weigh, and how much time and memory a submission may take.

A small TOML file; every key may be left out:

    title = "Homework 5"
    points = 100
    due = 2026-06-01T23:59:00+02:00              # for days late; without a time zone, that of this machine;
                                                 # without a time, the end of the day
    claims = ["metrics", "one-hot.equidistant"]  # prefixes of claim ids; default: all graded claims
    exclude = ["metrics.trade-off"]
    exact = true                                 # only claims that are decided without training

    [weights]                                    # default: 1
    q2_classification_metrics = 2                # a question, relative to the other questions
    "metrics.recall" = 3                         # a claim, relative to the others of its question

    [limits]                                     # the same as the options --limit-…
    seconds = 60                                 # CPU-seconds of one call; wall-clock limit: ten times as long
    total_seconds = 3600                         # CPU-seconds of all calls together
    memory = 2048                                # MiB

    [hints]
    "metrics.recall" = "Exercise sheet 2, part b."

    [visibility]                                 # to students; the longest matching prefix applies; default: "visible"
    "metrics" = "after-due-date"
    "metrics.recall" = "hidden"                  # its points count, but are shown only in a sum

    [hint_level]                                 # what students see about a failure; default: "hint"
    "metrics" = "outcome"                        # or "reason": also why, with the call; or "hint": also advice
"""

import argparse
import math
import tomllib
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..claims.inventory import Inventory
from ..claims.registry import Registry
from ..errors import SpecificationError
from ..sandbox.limits import Limits, out_of_bounds
from .apportion import apportion

Visibility = Literal["visible", "after-due-date", "hidden"]
HintLevel = Literal["outcome", "reason", "hint"]
VISIBLE: Visibility = "visible"
AFTER_DUE_DATE: Visibility = "after-due-date"


END_OF_DAY = time(23, 59, 59)
"""When a day is over that is due without a time."""


class Assignment(msgspec.Struct, frozen=True):
    """The content of an assignment file."""

    title: str = "The claims of the homework"
    points: float = 100.0
    claims: list[str] = []
    exclude: list[str] = []
    exact: bool = False
    weights: dict[str, float] = {}
    limits: Limits = Limits()
    hints: dict[str, str] = {}
    due: datetime | None = None
    visibility: dict[str, Visibility] = {}
    hint_level: dict[str, HintLevel] = {}

    def visibility_of(self, claim: str) -> Visibility:
        """When students are shown a claim."""
        return self.visibility[found] if (found := _longest(claim, self.visibility)) is not None else VISIBLE

    def hint_level_of(self, claim: str) -> HintLevel:
        """How much students read of the claim's failure."""
        return self.hint_level[found] if (found := _longest(claim, self.hint_level)) is not None else "hint"


NO_ASSIGNMENT = Assignment()
"""What counts where nothing is said."""


def _longest(claim: str, prefixes: Iterable[str]) -> str | None:
    """The longest of the prefixes that an id begins with."""
    return max((prefix for prefix in prefixes if claim.startswith(prefix)), key=len, default=None)


class AssignedClaims(msgspec.Struct, frozen=True):
    """The claims that an assignment counts, in the homework's order, with their points in hundredths."""

    assignment: Assignment
    points: dict[str, int]
    exact: bool
    """Whether no test that trains has to run."""


def read(file: Path) -> Assignment:
    """Read an assignment file; `SpecificationError` names the file, the key, its value and what was expected."""
    try:
        # Some editors begin a file with a mark of its encoding.
        table = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SpecificationError(f"--assignment {file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecificationError(f"{file}: not valid TOML: {error}") from error
    _refuse_unknown_keys(file, "", table, Assignment.__struct_fields__)
    if isinstance(limits := table.get("limits"), dict):
        _refuse_unknown_keys(file, "limits.", limits, tuple(field.name for field in fields(Limits)))
    if table.get("claims") == []:
        raise SpecificationError(
            f"{file}: claims = []: expected at least one prefix of claims; without the key, all graded claims count"
        )
    if type(due := table.get("due")) is date:
        table["due"] = datetime.combine(due, END_OF_DAY)
    try:
        return msgspec.convert(table, Assignment)
    except msgspec.ValidationError as error:
        raise SpecificationError(f"{file}: {_explain(str(error), table)}") from error


def _refuse_unknown_keys(file: Path, section: str, table: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise SpecificationError(f"{file}: {section}{key}: unknown key; expected one of {', '.join(known)}")


def _explain(message: str, table: dict[str, Any]) -> str:
    """A message of msgspec, with the key and its value in front."""
    expected, _, path = message.partition(" - at `$")
    key = path.strip("`.").partition("[")[0]
    value: Any = table
    for part in key.split("."):
        value = value.get(part, value) if isinstance(value, dict) else value
    if key == "due":
        expected = "expected a date, or a date and time, such as 2026-06-01T23:59:00+02:00"
    return f"{key} = {value!r}: {expected}"


def selected(
    options: argparse.Namespace, inventory: Inventory, otherwise: Assignment = NO_ASSIGNMENT
) -> AssignedClaims:
    """The claims of the assignment that a command's options name, or of another, narrowed down by them."""
    file = options.assignment
    return assign(
        read(file) if file else otherwise,
        inventory,
        where=str(file) if file else "selection" if otherwise is NO_ASSIGNMENT else "--assignment as before",
        only=options.only,
        exclude=options.exclude,
        exact=options.exact,
    )


def assign(
    assignment: Assignment,
    inventory: Inventory,
    *,
    where: str = "assignment",
    only: Iterable[str] = (),
    exclude: Iterable[str] = (),
    exact: bool = False,
) -> AssignedClaims:
    """The graded claims of an assignment, narrowed down by the options; messages of errors start with `where`."""
    registry = inventory.registry
    _check(assignment, registry, where)
    selected = set(_matching(registry, f"{where}: claims", assignment.claims))
    for option, prefixes in ((f"{where}: exclude", assignment.exclude), ("--exclude", list(exclude))):
        if prefixes:
            selected -= set(_matching(registry, option, prefixes))
    selected &= set(_matching(registry, "--only", list(only)))
    if ungraded := [claim for claim in assignment.claims if claim in registry.claims and not registry[claim].graded]:
        raise SpecificationError(
            f"{where}: claims = {ungraded[0]!r}: its subject is {registry[ungraded[0]].subject!r} and its verdict "
            f"{registry[ungraded[0]].verdict!r}; expected claims that are graded (● in `claims list`)"
        )
    claims = [claim for claim in registry.claims if claim in selected and registry[claim].graded]
    if assignment.exact or exact:
        claims = [claim for claim in claims if not inventory.trains(claim)]
    if not claims:
        raise SpecificationError(
            f"{where}: no graded claim is left after the selection; `claims list` marks graded claims with ●"
        )
    points = _points(assignment, registry, claims, where)
    return AssignedClaims(assignment, points, exact=not any(inventory.trains(claim) for claim in claims))


def _matching(registry: Registry, key: str, prefixes: list[str]) -> list[str]:
    try:
        return registry.matching(prefixes)
    except SpecificationError as error:
        raise SpecificationError(f"{key} = {prefixes}: {error}") from error


def _points(assignment: Assignment, registry: Registry, claims: list[str], where: str) -> dict[str, int]:
    """The hundredths of each claim: questions by weight, then the claims of each question by weight."""
    weights = assignment.weights
    by_question: dict[str, dict[str, float]] = {}
    for claim in claims:
        by_question.setdefault(registry.question_of[claim], {})[claim] = weights.get(claim, 1.0)
    question_weights = {name: weights.get(name, weights.get(name.partition("_")[0], 1.0)) for name in by_question}
    question_points = apportion(round(assignment.points * 100), question_weights)
    points: dict[str, int] = {}
    for question, claim_weights in by_question.items():
        points |= apportion(question_points[question], claim_weights)
    if worthless := [claim for claim, share in points.items() if share == 0]:
        raise SpecificationError(
            f"{where}: points = {assignment.points}: nothing is left for {worthless[0]!r}; expected more points, or "
            "less uneven weights, so that every claim is worth at least 0.01"
        )
    return points


def _check(assignment: Assignment, registry: Registry, where: str) -> None:
    """Refuse values that have the right type and are wrong all the same."""

    def refuse(key: str, value: object, expected: str) -> None:
        raise SpecificationError(f"{where}: {key} = {value!r}: expected {expected}")

    if not 0.01 <= assignment.points <= 1_000_000 or abs(round(assignment.points, 2) - assignment.points) > 1e-9:
        refuse("points", assignment.points, "a number from 0.01 to 1000000 with at most two decimals")
    questions = {name for folder in registry.questions for name in (folder, folder.partition("_")[0])}
    for key, weight in assignment.weights.items():
        if key not in questions and key not in registry.claims:
            refuse(
                f"weights.{key}", weight, f"the id of a claim, or one of the questions {', '.join(registry.questions)}"
            )
        if not (math.isfinite(weight) and weight > 0):
            refuse(f"weights.{key}", weight, "a finite number above 0 (`exclude` leaves a claim out)")
        if (short := key.partition("_")[0]) != key and key in questions and short in assignment.weights:
            refuse(f"weights.{short}", assignment.weights[short], f"one weight of the question; {key!r} has another")
    for name, limit, expected in out_of_bounds(assignment.limits):
        refuse(f"limits.{name}", limit, expected)
    for table, prefixes in (("visibility", assignment.visibility), ("hint_level", assignment.hint_level)):
        for prefix, value in prefixes.items():
            if not any(claim.startswith(prefix) for claim in registry.claims):
                refuse(f"{table}.{prefix}", value, "a prefix of a claim's id")
    # In the first and the last year of all, not every zone has every date.
    if assignment.due is not None and not 1970 <= assignment.due.year < 9999:
        refuse("due", str(assignment.due), "a date and time from 1970 on")
    if assignment.due is None and AFTER_DUE_DATE in assignment.visibility.values():
        refuse("due", None, "a date and time, because `visibility` uses after-due-date")
    for claim, hint in assignment.hints.items():
        if claim not in registry.claims:
            refuse(f"hints.{claim}", hint, "the id of a claim")
