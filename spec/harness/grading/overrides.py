"""Points and comments given by hand: a CSV with the columns `student`, `points`, `comment`, merged into exports.

Points replace the total; where their cell is empty the total stays. Result files and `grades.csv` stay as they are.
"""

import re
from fractions import Fraction
from pathlib import Path

import msgspec

from ..counts import counted
from ..errors import SpecificationError
from . import tables
from .records import Override
from .standings import Standing
from .text import bare, csv_cell, format_points, one_line

COLUMNS = ("student", "points", "comment")
MOST = 1_000_000
NUMBER = re.compile(r"\d{1,9}(\.\d{0,9})?|\.\d{1,9}")
"""As people write one: Python's own numbers have underscores and exponents."""
BY_HAND = "by hand"
"""The status of somebody whose points were given so."""


def read(file: Path) -> dict[str, Override]:
    """The overrides by student; `SpecificationError` names the file, the row and what was expected."""
    rows = tables.read(file, "--overrides").rows
    head = [bare(name).casefold() for name in rows[0]] if rows else []
    if sorted(head) != sorted(COLUMNS):
        raise SpecificationError(
            f"--overrides {file}: the header row has the columns {one_line(', '.join(head), 120) or 'none'}; expected "
            f"{', '.join(COLUMNS)}"
        )
    overrides: dict[str, Override] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        where = f"--overrides {file}: row {line}"
        if len(row) != len(head):
            raise SpecificationError(f"{where}: {counted(len(row), 'cell')}; expected {len(head)}")
        cells = {name: bare(cell) for name, cell in zip(head, row, strict=True)}
        if not cells["student"] or cells["student"] in overrides:
            raise SpecificationError(
                f"{where}: student = {cells['student']!r}; expected every student once, and no empty cell"
            )
        overrides[cells["student"]] = Override(_points(cells["points"], where), one_line(cells["comment"], 2000))
    return overrides


def _points(cell: str, where: str) -> int | None:
    """The hundredths in a cell."""
    if not cell:
        return None
    if NUMBER.fullmatch(cell):
        hundredths = Fraction(cell) * 100
        if hundredths.denominator == 1 and hundredths <= MOST * 100:
            return int(hundredths)
    raise SpecificationError(
        f"{where}: points = {one_line(cell, 40)!r}; expected nothing, or a number from 0 to {MOST} with at "
        "most two decimals"
    )


def merge(standings: list[Standing], overrides: dict[str, Override], where: str) -> list[Standing]:
    """The standings with the overrides in them; `SpecificationError` where one is of nobody, or two of one student."""
    merged, used = [], set()
    for each in standings:
        # `grades.csv` has names as cells that no spreadsheet executes.
        names = [each.row.student, each.row.submission]
        its = [name for name in dict.fromkeys([*names, *map(csv_cell, names)]) if name in overrides]
        if len(its) > 1:
            raise SpecificationError(
                f"{where}: student = {one_line(its[1], 60)!r}: is who {one_line(its[0], 60)!r} is; expected every "
                "student once"
            )
        used.update(its)
        merged.append(_merged(each, overrides[its[0]]) if its else each)
    if unknown := [name for name in overrides if name not in used]:
        raise SpecificationError(
            f"{where}: student = {one_line(unknown[0], 60)!r}; expected a student or a submission listed in grades.csv"
        )
    return merged


def _merged(standing: Standing, override: Override) -> Standing:
    row, record = standing.row, standing.record
    note = "; ".join(filter(None, (override.comment, row.note)))
    row = msgspec.structs.replace(row, note=note)
    if override.points is not None:
        before = "nothing" if row.points is None else format_points(row.points)
        note = "; ".join(filter(None, (f"by hand instead of {before}", note)))
        row = msgspec.structs.replace(row, points=override.points, status=BY_HAND, note=note)
    return Standing(row, record and msgspec.structs.replace(record, override=override))
