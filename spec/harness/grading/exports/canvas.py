"""Canvas: grades filled into the gradebook that the instructor exported from it, in the column of the assignment.

Every other cell stays as it is. A row is the submission's if its ID (or SIS User ID, or SIS Login ID) is the
submission's name, or stands in the name where Canvas puts it when it hands out a class's files (`name_ID_number_file`,
with or without `LATE_` before the ID).
"""

import csv
import io
import re
from decimal import Decimal
from pathlib import Path

from ...errors import SpecificationError
from .. import tables
from ..grades_csv import Row
from ..names import CANVAS
from ..overrides import BY_HAND
from ..roster import NOBODY
from ..standings import Standing
from ..text import bare, format_points, one_line

IDENTITIES = ("ID", "SIS User ID", "SIS Login ID")
REQUIRED = ("Student", "ID", "Section")
COLUMN_ID = re.compile(r" \(\d+\)$")


def fill(
    file: Path, standings: list[Standing], column: str, of: int, overwrite: bool
) -> tuple[str, list[str], list[str]]:
    """The gradebook with the grades in it, which are out of `of`; why each was left out; and who is without one.

    A score that is there already, and differs, stays unless it is to be overwritten.
    """
    gradebook = _Gradebook(file)
    target = gradebook.column(column)
    gradebook.check_points(target, of)
    by_row: dict[int, str] = {}
    omitted = []
    for each in standings:
        row, name, points = each.row, each.row.submission or each.row.student, each.row.points
        if not row.submission and points is None:
            continue
        matches = gradebook.rows_of(row)
        if len(matches) != 1:
            count = "no gradebook row matches" if not matches else f"{len(matches)} gradebook rows match"
            omitted.append(f"{name}: {count} this student's ID")
        elif matches[0] in by_row:
            omitted.append(f"{name}: its gradebook row already has the grade of {by_row[matches[0]]}")
        else:
            by_row[matches[0]] = name
            before = gradebook.rows[matches[0]][target : target + 1]
            if points is None or row.status not in ("graded", BY_HAND):
                omitted.append(f"{name}: {row.status}, its cell is left unchanged")
            elif before and before[0].strip() and _number(before[0]) != Decimal(points) / 100 and not overwrite:
                omitted.append(
                    f"{name}: the gradebook has {one_line(before[0], 40)}, and this grade is {format_points(points)}; "
                    "--overwrite replaces it"
                )
            else:
                gradebook.set(matches[0], target, format_points(points))
    without = [f"no submission: {student}" for row, student in gradebook.students() if row not in by_row]
    return gradebook.render(), omitted, without


def _number(cell: str) -> Decimal | None:
    """The number in a cell, with a decimal point, or a comma as Canvas writes it in other languages; else None."""
    text = cell.strip()
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    try:
        number = Decimal(text)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


class _Gradebook:
    """The CSV that Canvas exported: a head, up to two rows about the columns, and a row for each student."""

    def __init__(self, file: Path) -> None:
        self.file = file
        table = tables.read(file, "--gradebook")
        self.rows, self.delimiter = table.rows, table.delimiter
        self.head = [bare(name) for name in self.rows[0]] if self.rows else []
        if missing := [name for name in REQUIRED if name not in self.head]:
            raise self._refusal(
                f"its first row has no column {missing[0]!r}; expected Student, ID, …, Section and the assignments, as "
                "Canvas exports them"
            )

    def _refusal(self, reason: str) -> SpecificationError:
        return SpecificationError(f"--gradebook {self.file}: {reason}")

    def column(self, name: str) -> int:
        """The index of an assignment's column, from its name with or without the column's ID."""
        assignments = [i for i, head in enumerate(self.head) if COLUMN_ID.search(head)]
        matches = [i for i in assignments if name in (self.head[i], COLUMN_ID.sub("", self.head[i]))]
        if len(matches) != 1:
            known = ", ".join(repr(self.head[i]) for i in assignments) or "none"
            raise self._refusal(
                f"{len(matches)} columns are called {name!r}; expected one (--column names it; columns: {known})"
            )
        return matches[0]

    def check_points(self, column: int, of: int) -> None:
        """Refuse to fill grades out of 100 into an assignment that counts 50."""
        id_ = self.head.index("ID")
        for row in self.rows[1:3]:
            # Canvas calls the row in the user's language; it is of nobody.
            if len(row) <= max(id_, column) or row[id_].strip():
                continue
            possible = _number(row[column])
            if possible is not None and possible * 100 != of:
                cell = one_line(row[column], 40)
                raise self._refusal(
                    f"{self.head[column]!r} has {cell} points possible, the grades are out of {of / 100:g}; "
                    "expected the same (change `points` in the assignment file; no submission is run again)"
                )

    def students(self) -> list[tuple[int, str]]:
        """The rows of students, with their names and IDs."""
        name, id_ = self.head.index("Student"), self.head.index("ID")
        return [
            (i, f"{one_line(row[name], 80)} ({one_line(row[id_], 40)})")
            for i, row in enumerate(self.rows[1:], start=1)
            if len(row) > max(name, id_) and row[id_].strip() and row[name].strip().casefold() not in NOBODY
        ]

    def rows_of(self, graded: Row) -> list[int]:
        """The indices of the rows whose student has this submission."""
        name = graded.submission.rpartition("/")[2]
        canvas_id = CANVAS.match(name)
        matches = []
        for i, row in enumerate(self.rows[1:], start=1):
            cells = {head: bare(cell) for head, cell in zip(self.head, row, strict=False)}
            identities = {cells[key] for key in IDENTITIES if cells.get(key)}
            named = identities & {graded.student, graded.submission, name}
            if named or (canvas_id and cells.get("ID") == canvas_id["id"]):
                matches.append(i)
        return matches

    def set(self, row: int, column: int, cell: str) -> None:
        """Fill one cell of a row, which may be shorter than the head."""
        cells = self.rows[row]
        cells += [""] * (column + 1 - len(cells))
        cells[column] = cell

    def render(self) -> str:
        """The CSV as Canvas imports it."""
        out = io.StringIO()
        csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n").writerows(self.rows)
        return out.getvalue()
