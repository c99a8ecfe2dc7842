"""Exports: what a course's platform reads, as pure functions of the result files.

Most formats have one document per submission; the gradebook of Canvas and the plain table hold the whole class.
"""

from collections.abc import Callable
from pathlib import Path

from ... import files
from ...errors import SpecificationError
from ..records import Record
from . import canvas, classroom50, ctrf, feedback, github, gradescope, junit, plain

Document = Callable[[Record], str]

EACH: dict[str, tuple[str, Document]] = {
    "html": (".html", feedback.render),
    "gradescope": (".json", gradescope.render),
    "github": (".txt", github.render),
    "classroom50": (".json", classroom50.render),
    "junit": (".xml", junit.render),
    "ctrf": (".json", ctrf.render),
}
"""Formats with a document per submission: the suffix of its file, and what it says."""
UNGRADED = ("html", "github", "junit", "ctrf")
"""Formats that can say that the grader failed; the others leave such a submission out, which charges it nothing."""
FORMATS = (*EACH, "canvas", "csv")


def export(
    format_: str,
    found: list[Record],
    out: Path,
    *,
    single: bool = False,
    gradebook: Path | None = None,
    column: str | None = None,
) -> tuple[list[Path], list[str]]:
    """Write an export to `out`; return the files, and why what was left out was."""
    if format_ in ("canvas", "csv"):
        file = out / f"{format_}.csv" if out.suffix != ".csv" else out
        if format_ == "csv":
            contents, left = plain.render(found), list[str]()
        elif gradebook is None:
            raise SpecificationError("export canvas: expected --gradebook with the CSV that Canvas exported")
        else:
            contents, left = canvas.fill(gradebook, found, column)
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write(file, contents)
        return [file], left
    suffix, render = EACH[format_]
    written, left = [], []
    for record in found:
        if record.status != "graded" and format_ not in UNGRADED:
            left.append(f"{record.submission}: {record.status}, so there is nothing to charge or to credit yet")
            continue
        file = out if single and out.suffix else out / f"{record_file(record)}{suffix}"
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write(file, render(record))
        written.append(file)
    return written, left


def record_file(record: Record) -> str:
    """The file name of a submission, without its suffix: as that of its result file."""
    from ..submissions import Submission

    return Submission(record.submission, Path()).file
