"""The grades of a class as a plain CSV: the table of `grades.csv`, with nobody under way."""

from .. import grades_csv
from ..standings import Standing


def render(standings: list[Standing], questions: dict[str, int]) -> str:
    """A row for everybody; `questions` has the points of each, in hundredths."""
    return grades_csv.render((each.row for each in standings), questions)
