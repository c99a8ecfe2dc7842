"""The plain table of a class, from its result files alone."""

from .. import table
from ..records import Record


def render(found: list[Record]) -> str:
    """A row per submission that has a result."""
    of: dict[str, int] = {}
    for record in found:
        for question in record.grade.questions if record.grade else []:
            of[question.question] = question.of
    return table.render([table.row_of(record) for record in found], dict(sorted(of.items())))
