"""Points and comments given by hand: a CSV with the columns `student`, `points`, `comment`, merged into exports.

Points replace the total; where their cell is empty the total stays. Result files and `grades.csv` stay as they are.
"""

from decimal import Decimal
from pathlib import Path

import msgspec

from ..counts import counted
from ..errors import SpecificationError
from . import tables
from .records import Override
from .standings import Standing
from .text import format_points, one_line

COLUMNS = ("student", "points", "comment")
MOST = 1_000_000
BY_HAND = "by hand"
"""The status of somebody whose points were given so."""


def read(file: Path) -> dict[str, Override]:
    """The overrides by student; `SpecificationError` names the file, the row and what was expected."""
    rows = tables.read(file, "--overrides").rows
    head = [name.strip().casefold() for name in rows[0]] if rows else []
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
        cells = {name: cell.strip() for name, cell in zip(head, row, strict=True)}
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
    try:
        hundredths = Decimal(cell) * 100
        if hundredths == int(hundredths) and 0 <= hundredths <= MOST * 100:
            return int(hundredths)
    except (ArithmeticError, ValueError):
        pass
    raise SpecificationError(
        f"{where}: points = {one_line(cell, 40)!r}; expected nothing, or a number from 0 to {MOST} with at "
        "most two decimals"
    )


def merge(standings: list[Standing], overrides: dict[str, Override], where: str) -> list[Standing]:
    """The standings with the overrides in them; `SpecificationError` where one is of nobody in the class."""
    known = {name for each in standings for name in (each.row.student, each.row.submission) if name}
    if unknown := [student for student in overrides if student not in known]:
        raise SpecificationError(
            f"{where}: student = {one_line(unknown[0], 60)!r}; expected a student or a submission listed in grades.csv"
        )
    return [
        _merged(each, override)
        if (override := overrides.get(each.row.student) or overrides.get(each.row.submission))
        else each
        for each in standings
    ]


def _merged(standing: Standing, override: Override) -> Standing:
    row, record = standing.row, standing.record
    note = "; ".join(filter(None, (override.comment, row.note)))
    row = msgspec.structs.replace(row, note=note)
    if override.points is not None:
        before = "nothing" if row.points is None else format_points(row.points)
        note = "; ".join(filter(None, (f"by hand instead of {before}", note)))
        row = msgspec.structs.replace(row, points=override.points, status=BY_HAND, note=note)
    return Standing(row, record and msgspec.structs.replace(record, override=override))
