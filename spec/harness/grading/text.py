"""Text that came from a submission, made harmless: for terminals, XML, spreadsheets; and points, written out.

HTML is escaped by the template that writes it. Everything a grade says went through `clean`, so that an export has only
to escape what its own format gives a meaning to.
"""

import re

LONGEST = 100_000
"""How many characters of an output Gradescope shows."""

# What a terminal obeys: CSI, OSC and the like up to their end, then other two-character sequences.
_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_].*?(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?", re.DOTALL)
# Control characters but tab and line feed, half characters, what XML does not admit, and what turns text around.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def clean(text: str, longest: int = LONGEST) -> str:
    """The text without anything that a terminal obeys or XML refuses, and cut where it is too long."""
    text = text[: 4 * longest].replace("\r\n", "\n").replace("\r", "\n")
    text = _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", _SEQUENCES.sub("", text))
    mark = " … (cut)"
    return text if len(text) <= longest else text[: longest - len(mark)] + mark


def one_line(text: str, longest: int = 300) -> str:
    """As `clean`, on a single line."""
    return clean(" ".join(text.split()), longest)


def cell(text: str) -> str:
    """A spreadsheet's cell that is text whatever it begins with: spreadsheets execute formulas."""
    text = one_line(text, 2000)
    # Spreadsheets skip blanks before they look for a formula.
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def points(hundredths: int) -> str:
    """Points with their two decimals."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"
