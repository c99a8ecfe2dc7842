"""Exports: what a course's platform reads, as pure functions of the result files.

Most formats have a document for each submission; the gradebook of Canvas and the plain CSV hold the whole class.
"""

from collections.abc import Callable
from pathlib import Path

from ... import files
from ...errors import SpecificationError
from ..records import Record
from ..submissions import file_stem
from . import canvas, classroom50, ctrf, feedback, github, gradescope, junit, plain_csv

DOCUMENTS: dict[str, tuple[str, Callable[[Record], str]]] = {
    "html": (".html", feedback.render),
    "gradescope": (".json", gradescope.render),
    "github": (".txt", github.render),
    "classroom50": (".json", classroom50.render),
    "junit": (".xml", junit.render),
    "ctrf": (".json", ctrf.render),
}
"""The formats with a document for each submission: the suffix of its file, and the function that renders it."""
REPORT_FAILURES = ("html", "github", "junit", "ctrf")
"""Formats that can report a failure of the grader; the others omit such a submission, which charges it nothing."""
FORMATS = (*DOCUMENTS, "canvas", "csv")


def export(
    format_: str,
    records: list[Record],
    out: Path,
    *,
    single: bool = False,
    gradebook: Path | None = None,
    column: str | None = None,
) -> tuple[list[Path], list[str]]:
    """Write an export; return its files, and for each submission that was left out the reason.

    `out` is a folder, or for a format with one file that file; so it may be where `single` is true, of one submission.
    """
    if format_ in ("canvas", "csv"):
        omitted: list[str] = []
        if format_ == "csv":
            content = plain_csv.render(records)
        elif gradebook is None:
            raise SpecificationError("export canvas: expected --gradebook with the CSV that Canvas exported")
        else:
            content, omitted = canvas.fill(gradebook, records, column)
        file = out if out.suffix == ".csv" else out / f"{format_}.csv"
        _write(file, content)
        return [file], omitted
    suffix, render = DOCUMENTS[format_]
    written, omitted = [], []
    for record in records:
        if record.status != "graded" and format_ not in REPORT_FAILURES:
            omitted.append(f"{record.submission}: {record.status}, so there is nothing to charge or to credit yet")
            continue
        file = out if single and out.suffix else out / f"{file_stem(record.submission)}{suffix}"
        _write(file, render(record))
        written.append(file)
    return written, omitted


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    files.write(file, content)
