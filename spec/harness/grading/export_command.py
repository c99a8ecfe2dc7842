"""`claims export`."""

import argparse
import sys
from datetime import UTC, datetime

from ..claims.inventory import Inventory
from ..claims.registry import Registry
from ..errors import SpecificationError
from . import class_folder, overrides, seals, standings
from .assignment import assign
from .assignment import read as read_assignment
from .exports import FORMATS, Options, export
from .exports.autograder import write_autograder
from .seeds import read_secret

AUTOGRADER = "gradescope-autograder"
OF_FORMATS = {
    "assignment": (AUTOGRADER,),
    "gradebook": ("canvas",),
    "column": ("canvas",),
    "overwrite": ("canvas",),
    "out": FORMATS,
    "seed_secret": FORMATS,
    "submission": FORMATS,
    "overrides": FORMATS,
}
"""The formats that each option is for."""


def export_grades(options: argparse.Namespace) -> int:
    """Write an export, and print where it is; exit status 1 where a submission had to be left out."""
    for name, formats in OF_FORMATS.items():
        if getattr(options, name) not in (None, False) and options.format not in formats:
            raise SpecificationError(
                f"export {options.format}: --{name.replace('_', '-')} has no effect here; expected it with "
                f"{', '.join(formats)} only"
            )
    if options.format == AUTOGRADER:
        if options.assignment:
            # A flaw in it is better reported now than in the container.
            assign(read_assignment(options.assignment), Inventory(Registry()), where=str(options.assignment))
        write_autograder(options.directory, options.assignment)
        print(f"wrote setup.sh and run_autograder to {options.directory}; zip its contents, and upload that")
        return 0
    key = seals.key_of(read_secret(options.seed_secret, options.directory))
    folder = class_folder.opened(options.directory, key)
    selected = standings.read(folder)
    if options.overrides:
        selected = overrides.merge(selected, overrides.read(options.overrides), f"--overrides {options.overrides}")
    if options.submission is not None:
        selected = [each for each in selected if options.submission in (each.row.submission, each.row.student)]
        if not selected:
            raise SpecificationError(
                f"--submission {options.submission!r}: no result of that name in {options.directory}"
            )
    written = export(
        options.format,
        selected,
        options.out or options.directory / "exports" / options.format,
        Options(
            single=options.submission is not None,
            own_folder=options.out is None,
            gradebook=options.gradebook,
            column=options.column,
            overwrite=options.overwrite,
            assignment=folder.book.assignment,
            questions=folder.book.questions,
            now=datetime.now(UTC),
        ),
    )
    if files := written.files:
        print(f"wrote {files[0]}{f' and {len(files) - 1} more in the same folder' if len(files) > 1 else ''}")
    for reason in written.omitted:
        print(f"left out: {reason}", file=sys.stderr)
    for remark in written.remarks:
        print(remark, file=sys.stderr)
    return int(bool(written.omitted))
