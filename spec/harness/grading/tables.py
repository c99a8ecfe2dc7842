"""CSV files as spreadsheets and platforms write them: with commas, semicolons or tabs, in UTF-8 or UTF-16."""

import codecs
import csv
import io
import re
from pathlib import Path

import msgspec

from ..errors import SpecificationError

QUOTED = re.compile(r'"[^"]*"')
WORKBOOK = b"PK\x03\x04"
"""How a file of Excel begins."""


class Table(msgspec.Struct, frozen=True):
    """The rows of a CSV, and what stands between its cells."""

    rows: list[list[str]]
    delimiter: str


def read(file: Path, option: str) -> Table:
    """The table in the file that an option names; `SpecificationError` where there is none."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SpecificationError(f"{option} {file}: cannot be read: {error.strerror}") from error
    if data.startswith(WORKBOOK):
        raise SpecificationError(f"{option} {file}: is a workbook; expected a CSV: save it as one")
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if is_utf16 else "utf-8-sig")
        # Not `splitlines`, which knows more ends of a line than a CSV has.
        lines = list(io.StringIO(text, newline=""))
        head = QUOTED.sub("", lines[0]) if lines else ""
        delimiter = max(",;\t", key=head.count)
        return Table(list(csv.reader(lines, delimiter=delimiter, strict=True)), delimiter)
    except (UnicodeDecodeError, csv.Error) as error:
        raise SpecificationError(f"{option} {file}: {error}; expected a CSV in UTF-8") from error
