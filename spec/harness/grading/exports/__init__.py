"""Exports: what a course's platform reads, as pure functions of the grade book and its result files.

Most formats have a document for each submission; the gradebook of Canvas and the plain CSV hold the whole class.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ... import files
from ...errors import SpecificationError
from ..assignment import NO_ASSIGNMENT, Assignment
from ..overrides import BY_HAND
from ..records import Record
from ..shown import for_student
from ..standings import Standing, file_names
from . import canvas, classroom50, ctrf, feedback, github, gradescope, junit, plain_csv, summary

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
OF_THE_CLASS = {"csv": ".csv", "canvas": ".csv", "summary": ".html"}
"""The formats with one document for the whole class."""
FORMATS = (*DOCUMENTS, *OF_THE_CLASS)
NO_SUBMISSION = "no submission"


class Options(msgspec.Struct, frozen=True):
    """What may be said of an export."""

    single: bool = False
    """It is of one submission."""
    own_folder: bool = False
    """It is written where nothing but this export is."""
    gradebook: Path | None = None
    column: str | None = None
    overwrite: bool = False
    assignment: Assignment = NO_ASSIGNMENT
    questions: dict[str, int] = {}
    """The points of each, in hundredths."""
    now: datetime = datetime.fromtimestamp(0, UTC)
    """When students see it: what is shown after the due date depends on it."""


class Written(msgspec.Struct):
    """What came of an export."""

    files: list[Path]
    omitted: list[str]
    """The reason for each submission that was left out."""
    remarks: list[str] = []


def export(format_: str, standings: list[Standing], out: Path, options: Options) -> Written:
    """Write an export.

    `out` is a folder, or for a format with one file that file; so it may be of one submission.
    """
    if suffix := OF_THE_CLASS.get(format_):
        written = Written([out if out.suffix == suffix else out / f"{format_}{suffix}"], [])
        if format_ == "csv":
            content = plain_csv.render(standings, options.questions)
        elif format_ == "summary":
            content = summary.render(standings, options.assignment.title, options.questions)
        elif options.gradebook is None:
            raise SpecificationError("export canvas: expected --gradebook with the CSV that Canvas exported")
        else:
            content, written.omitted, written.remarks = canvas.fill(
                options.gradebook,
                standings,
                options.assignment.title if options.column is None else options.column,
                sum(options.questions.values()),
                options.overwrite,
            )
        _write(written.files[0], content)
        return written
    suffix, render = DOCUMENTS[format_]
    documents: dict[Path, str] = {}
    written = Written([], [])
    for each, name in zip(standings, file_names(standings), strict=True):
        record, row = each.record, each.row
        who = row.student or row.submission
        if row.status == NO_SUBMISSION:
            written.remarks.append(f"no submission: {who}")
        elif record is None or (format_ not in REPORT_FAILURES and (record.status != "graded" or record.grade is None)):
            reason = f" ({row.note})" if record is None and row.note else ""
            why = f"{row.status}{reason}, so it has no grade to export yet"
            if row.status == BY_HAND:
                why = f"no graded submission; its points by hand are in the exports {', '.join(OF_THE_CLASS)}"
            written.omitted.append(f"{who}: {why}")
        else:
            file = out if options.single and out.suffix else out / f"{name}{suffix}"
            # Gradescope itself shows a claim by its visibility.
            seen = record if format_ == "gradescope" else for_student(record, options.assignment.due, options.now)
            if documents.setdefault(file, document := render(seen)) != document:
                raise SpecificationError(
                    f"--submission {row.submission!r}: several students share it, with other points by hand; expected "
                    "one of the students, or a folder as --out"
                )
    # Everything is rendered before anything is written.
    for file, content in documents.items():
        _write(file, content)
    written.files = list(documents)
    if not options.single:
        # Of a submission that is left out now, an older document would still be handed on.
        for file in sorted(set(out.glob(f"*{suffix}")) - documents.keys()):
            if options.own_folder:
                file.unlink()
            remark = "removed, as it is not part of this export" if options.own_folder else "not part of this export"
            written.remarks.append(f"{file}: {remark}")
    return written


def _write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    files.write(file, content)
