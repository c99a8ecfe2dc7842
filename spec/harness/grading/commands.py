"""The options of `claims grade`, `claims check` and `claims export`."""

import argparse
from pathlib import Path
from typing import Any, get_args

from ..claims.inventory import Inventory
from ..cluster import DIGITS, shard
from ..paths import to_path
from .assignment import assign
from .assignment import read as read_assignment
from .book_file import Attempts
from .export_command import AUTOGRADER
from .exports import FORMATS


def add_parsers(commands: Any) -> None:
    """Declare the subcommands."""
    grade = commands.add_parser("grade", help="grade one submission, or a whole class of them")
    grade.add_argument(
        "submissions", metavar="SUBMISSION", nargs="+", type=to_path, help="a folder, .py, .zip or .tar.gz"
    )
    grade.add_argument(
        "--out",
        type=to_path,
        required=True,
        metavar="DIR",
        help="where results are kept; name it again to resume",
    )
    grade.add_argument(
        "--roster",
        type=to_path,
        metavar="CSV",
        help="all students: a CSV with a column id, or an export of Canvas, Moodle or GitHub",
    )
    grade.add_argument(
        "--attempts", choices=get_args(Attempts), help="which of a student's submissions counts (default: latest)"
    )
    grade.add_argument(
        "--regrade",
        action="append",
        default=[],
        metavar="NAME",
        help="grade this submission again, changed or not (repeatable)",
    )
    grade.add_argument(
        "--forget",
        action="append",
        default=[],
        metavar="NAME",
        help="remove a submission from the grade book (repeatable)",
    )
    grade.add_argument(
        "--start-over", action="store_true", help="move the results in DIR aside, and grade every submission again"
    )
    _add_selection(grade)
    grade.add_argument(
        "--workers", type=_positive, metavar="N", help="submissions graded in parallel (default: all cores)"
    )
    grade.add_argument(
        "--shard", type=shard, default=(1, 1), metavar="I/N", help="only every N-th submission, from the I-th"
    )
    grade.add_argument(
        "--engine",
        choices=("local", "dask"),
        default="local",
        help="where submissions are graded: on this machine, or on dask workers",
    )
    grade.add_argument("--scheduler", metavar="ADDRESS", help="address of the dask scheduler, such as tcp://host:8786")
    grade.add_argument(
        "--seed-secret", metavar="FILE|env:NAME", help="secret that the seed is derived from (default: one kept in DIR)"
    )
    grade.add_argument("--allow-unsandboxed", action="store_true", help="grade even without a working sandbox")
    check = commands.add_parser("check", help="check a submission before handing it in: its points, and what is wrong")
    check.add_argument("submission", metavar="DIR", type=to_path, help="a folder, .py, .zip or .tar.gz")
    _add_selection(check)
    export = commands.add_parser("export", help="write grades in the format of a course platform, or as feedback")
    export.add_argument("format", choices=(*FORMATS, AUTOGRADER), help="the format to write")
    export.add_argument(
        "directory",
        metavar="DIR",
        type=to_path,
        help="a folder that `claims grade --out` wrote; for gradescope-autograder a new folder",
    )
    export.add_argument(
        "--out",
        type=to_path,
        metavar="PATH",
        help="where to write: a folder, or a file if the format is one file (default: DIR/exports/FORMAT)",
    )
    export.add_argument(
        "--seed-secret", metavar="FILE|env:NAME", help="secret that the class was graded with (default: the one in DIR)"
    )
    export.add_argument("--submission", metavar="NAME", help="export only this submission; --out is then the file")
    export.add_argument("--gradebook", type=to_path, metavar="CSV", help="canvas: the gradebook that Canvas exported")
    export.add_argument(
        "--column", metavar="NAME", help="canvas: the assignment's column (default: the one named after the assignment)"
    )
    export.add_argument(
        "--overrides",
        type=to_path,
        metavar="CSV",
        help="points and comments by hand: columns student, points, comment",
    )
    export.add_argument(
        "--overwrite", action="store_true", help="canvas: replace scores that the gradebook already has"
    )
    export.add_argument(
        "--assignment", type=to_path, metavar="FILE", help="gradescope-autograder: the assignment to grade"
    )


def _add_selection(parser: argparse.ArgumentParser) -> None:
    """Declare what counts, and where it runs."""
    parser.add_argument(
        "--assignment", type=to_path, metavar="FILE", help="a TOML file: claims, weights, limits, hints, due date"
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="PREFIX",
        help="only claims whose id starts with PREFIX (repeatable)",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="PREFIX",
        help="leave out claims whose id starts with PREFIX (repeatable)",
    )
    parser.add_argument("--exact", action="store_true", help="only claims decided without training")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"), help="where learners train (default: cpu)")
    parser.add_argument(
        "--sandbox",
        default="auto",
        choices=("auto", "bubblewrap", "landlock", "subprocess", "none"),
        help="sandbox of submissions (default: the strongest available)",
    )


def assigned(file: Path, inventory: Inventory) -> list[str]:
    """The claims that an assignment file assigns."""
    return list(assign(read_assignment(file), inventory, where=str(file)).points)


def _positive(text: str) -> int:
    if not (text.isdecimal() and len(text) <= DIGITS and int(text) >= 1):
        raise argparse.ArgumentTypeError(f"{text!r}; expected a whole number from 1 up, of at most {DIGITS} digits")
    return int(text)
