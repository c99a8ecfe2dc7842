"""Names of submissions as courses' platforms write them, and what they say of whose it is.

Canvas hands out `doejane_LATE_101_998_hw5.zip` (a student's ID, then a number that grows with every file), Moodle
`Jane Doe_12345_assignsubmission_file_` (the participant's number), GitHub Classroom `hw5-octocat`. Elsewhere a
submission has its student's name, perhaps with a number behind it: `jane`, `jane_2`, `jane (3)`, `2/jane`.
"""

import re
from unicodedata import normalize

import msgspec

from .text import bare

CANVAS = re.compile(r"(?P<display>[^_]+)_(?P<late>late_)?(?P<id>\d+)_(?P<file>\d+)_", re.IGNORECASE)
MOODLE = re.compile(r"(?P<display>.+?)_(?P<id>\d+)_assignsubmission_", re.IGNORECASE)
NO_FILES = re.compile(r"_assignsubmission_(?!file)", re.IGNORECASE)
"""What Moodle hands out beside a student's files: a text that was typed in, comments."""
NUMBERED = re.compile(r"[ _.-]+(?:attempt|try|v)?[ _-]*\(?(\d{1,4})\)?$", re.IGNORECASE)
LIKE_A_LOGIN = re.compile(r"[.-]\d{1,4}$")
"""A number that may count attempts, and may as well tell logins apart."""
SUFFIX = re.compile(r"\.(zip|tar\.gz|tgz|py)$", re.IGNORECASE)


class Name(msgspec.Struct, frozen=True):
    """What the name of a submission says."""

    keys: tuple[str, ...]
    """Whose it may be: the first that is a student's decides."""
    guess: str = ""
    """The one of these that is meant only if the number behind it is no part of a login, as in `j.doe.2`."""
    late: bool = False
    display: str = ""


def read(name: str) -> Name:
    """What a name says, in whatever form its platform wrote it."""
    own = name.rpartition("/")[2]
    if match := CANVAS.match(own) or MOODLE.match(own):
        return Name((match["id"],), late=bool(match.groupdict().get("late")), display=match["display"])
    label = folded(SUFFIX.sub("", own))
    unnumbered = NUMBERED.sub("", label)
    keys = tuple(dict.fromkeys((folded(name), folded(own), label, unnumbered)))
    return Name(keys, unnumbered if LIKE_A_LOGIN.search(label) else "")


def folded(text: str) -> str:
    """The text without what people do not see: case, how accents are composed, marks of direction."""
    return bare(normalize("NFC", text).casefold())
