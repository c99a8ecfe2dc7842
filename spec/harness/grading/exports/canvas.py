"""Canvas: grades filled into the gradebook that the instructor exported from it, in the one column they belong in.

Every other cell stays as it is. A row is the submission's whose ID (or SIS User ID, or SIS Login ID) is its
name, or stands in the name where Canvas puts it when it hands out a class's files (`name_ID_number_file`, with
`LATE_` before the ID or not).
"""

import csv
import io
import re
from pathlib import Path

from ...errors import SpecificationError
from .. import text
from ..records import Record

IDENTITIES = ("ID", "SIS User ID", "SIS Login ID")
REQUIRED = ("Student", "ID", "Section")
POINTS_POSSIBLE = "points possible"


def fill(gradebook: Path, found: list[Record], column: str | None) -> tuple[str, list[str]]:
    """The gradebook with grades in it, and why each submission that is not in it is not."""
    rows = _read(gradebook)
    head = [name.strip() for name in rows[0]]
    target = _column(gradebook, head, column, found)
    _check_points(gradebook, rows, head, target, found)
    by_row: dict[int, Record] = {}
    left = []
    for record in found:
        matching = _rows_of(record, rows, head)
        if len(matching) != 1:
            count = "no row has" if not matching else f"{len(matching)} rows have"
            left.append(f"{record.submission}: {count} its ID")
        elif matching[0] in by_row:
            left.append(
                f"{record.submission}: {by_row[matching[0]].submission} has the same row; neither is filled in twice"
            )
        elif record.grade is None or record.grade.points is None or record.status != "graded":
            left.append(f"{record.submission}: {record.status}, its cell stays as it is")
        else:
            by_row[matching[0]] = record
            row = rows[matching[0]]
            row += [""] * (target + 1 - len(row))
            row[target] = text.points(record.grade.points)
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue(), left


def _read(gradebook: Path) -> list[list[str]]:
    try:
        with gradebook.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SpecificationError(f"--gradebook {gradebook}: {error}; expected the CSV that Canvas exported") from error
    head = [name.strip() for name in rows[0]] if rows else []
    if missing := [name for name in REQUIRED if name not in head]:
        raise SpecificationError(
            f"--gradebook {gradebook}: its first row has no column {missing[0]!r}; expected Student, ID, …, Section "
            "and the assignments, as Canvas exports them"
        )
    return rows


def _column(gradebook: Path, head: list[str], column: str | None, found: list[Record]) -> int:
    """The assignment's column: the one that is named, with its id or without, or called like the assignment."""
    wanted = column if column is not None else found[0].assignment
    candidates = [i for i, name in enumerate(head) if re.fullmatch(r".+ \(\d+\)", name)]
    fitting = [i for i in candidates if head[i] == wanted or re.sub(r" \(\d+\)$", "", head[i]) == wanted]
    if len(fitting) != 1:
        known = ", ".join(repr(head[i]) for i in candidates) or "none"
        raise SpecificationError(
            f"--gradebook {gradebook}: {len(fitting)} columns are called {wanted!r}; expected one (--column names it; "
            f"there are {known})"
        )
    return fitting[0]


def _check_points(gradebook: Path, rows: list[list[str]], head: list[str], target: int, found: list[Record]) -> None:
    """Refuse to fill grades out of 100 into an assignment that counts 50."""
    of = next((record.grade.of for record in found if record.grade), None)
    for row in rows[1:3]:
        if (
            row
            and row[head.index("Student")].strip().lower() == POINTS_POSSIBLE
            and len(row) > target
            and of is not None
        ):
            try:
                possible = float(row[target])
            except ValueError:
                continue
            if round(possible * 100) != of:
                raise SpecificationError(
                    f"--gradebook {gradebook}: {head[target]!r} has {possible:g} points possible, the grades are out "
                    f"of {of / 100:g}; expected the same (`points` in the assignment's file, which takes no new run)"
                )


def _rows_of(record: Record, rows: list[list[str]], head: list[str]) -> list[int]:
    """The rows whose student a submission is of."""
    name = record.submission.rpartition("/")[2]
    canvas_id = re.match(r"[^_]+_(?:LATE_)?(\d+)_\d+_", name)
    found = []
    for i, row in enumerate(rows[1:], start=1):
        cells = {head[j]: cell.strip() for j, cell in enumerate(row[: len(head)])}
        own = {cells[key] for key in IDENTITIES if cells.get(key)}
        if record.submission in own or name in own or (canvas_id and cells.get("ID") == canvas_id[1]):
            found.append(i)
    return found
