"""Text for grades and exports: on one line, as a cell that no spreadsheet executes, and points written out.

Text that came from a submission goes through `sanitise.clean` or `one_line` before it becomes part of a grade, so that
an export only has to escape what its own format gives a meaning to. HTML is escaped by the template that writes it.
"""

import re

from ..sandbox.inside.sanitise import clean

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a cell starts that a spreadsheet executes."""
UNSEEN = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Marks of direction, which come along when a name in Persian is copied, and marks of byte order."""
BLANK = re.compile(r"^[\s\u200b-\u200d\u2060\ufeff]+")


def bare(text: str) -> str:
    """The text without what surrounds it, or directs it, unseen: so that what looks the same is the same."""
    return UNSEEN.sub("", text).strip()


def one_line(text: str, longest: int = 300) -> str:
    """The sanitised text on a single line, cut after `longest` characters."""
    return clean(" ".join(text.split()), longest)


def listing(names: list[str]) -> str:
    """The first few of many names, and how many more there are."""
    return ", ".join(one_line(name, 60) for name in names[:8]) + (f" and {len(names) - 8} more" if names[8:] else "")


def csv_cell(text: str) -> str:
    """A spreadsheet's cell that is text whatever it starts with."""
    cell = one_line(text, 2000)
    # Spreadsheets skip blanks before they look for a formula, and people do not see all of them.
    return f"'{cell}" if BLANK.sub("", cell, count=1).startswith(FORMULA) else cell


def format_points(hundredths: int) -> str:
    """Points with their two decimals."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def median(hundredths: list[int]) -> int:
    """The median: of an even number of values the mean of the middle two, half a hundredth rounded up."""
    ordered, half = sorted(hundredths), len(hundredths) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half] + 1) // 2
