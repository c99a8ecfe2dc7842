"""Whose submission it is: names as courses' platforms write them, and the attempts of one student in their order.

Canvas hands out `doejane_LATE_101_998_hw5.zip` (a student's ID, then a number that grows with every file), Moodle
`Jane Doe_12345_assignsubmission_file_` (the participant's number), GitHub Classroom `hw5-octocat`. Elsewhere a
submission has its student's name, perhaps with a number behind it: `jane`, `jane_2`, `jane (3)`, `2/jane`.
"""

import re
from collections.abc import Iterable
from unicodedata import normalize

import msgspec

from .roster import Student

CANVAS = re.compile(r"(?P<display>[^_]+)_(?P<late>late_)?(?P<id>\d+)_(?P<file>\d+)_", re.IGNORECASE)
MOODLE = re.compile(r"(?P<display>.+?)_(?P<id>\d+)_assignsubmission_", re.IGNORECASE)
NUMBERED = re.compile(r"[ _.-]+(?:attempt|try|v)?[ _-]*\(?(\d{1,4})\)?$", re.IGNORECASE)
SUFFIX = re.compile(r"\.(zip|tar\.gz|tgz|py)$", re.IGNORECASE)


class Name(msgspec.Struct, frozen=True):
    """What the name of a submission says."""

    keys: tuple[str, ...]
    """Whose it may be: the first that is a student's decides."""
    late: bool = False
    display: str = ""


def read(name: str) -> Name:
    """What a name says, in whatever form its platform wrote it."""
    own = name.rpartition("/")[2]
    if match := CANVAS.match(own) or MOODLE.match(own):
        return Name((match["id"],), bool(match.groupdict().get("late")), match["display"])
    bare = SUFFIX.sub("", own)
    return Name(tuple(dict.fromkeys(map(folded, (name, own, bare, NUMBERED.sub("", bare))))))


def folded(text: str) -> str:
    """The text without what people do not see: case, and how accents are composed."""
    return normalize("NFC", text).casefold().strip()


def order(name: str) -> list[tuple[int, int, str]]:
    """The place of a name among the attempts of one student: by the numbers in it, as people count."""
    if match := CANVAS.match(name.rpartition("/")[2]):
        return [(1, int(match["file"]), "")]
    parts = re.split(r"(\d+)", folded(name))
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]


def assign(students: Iterable[Student], names: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Each student's submissions, the earliest first; and for each that is nobody's the reason."""
    students, names = list(students), list(names)
    owners: dict[str, set[str]] = {}
    named: dict[str, list[str]] = {}
    for student in students:
        for identity in (student.id, *student.known_as):
            owners.setdefault(folded(identity), set()).add(student.id)
        for submission in student.submissions:
            named.setdefault(folded(SUFFIX.sub("", submission)), []).append(student.id)
    attempts: dict[str, list[str]] = {student.id: [] for student in students}
    strays: dict[str, str] = {}
    for name in names:
        # What the roster itself says goes before what a name looks like; a file that it gives to two is both's.
        told = named.get(folded(name)) or named.get(folded(SUFFIX.sub("", name.rpartition("/")[2])))
        found = told or sorted(_owners(read(name), owners))
        if not found:
            strays[name] = "no student on the roster has this name"
        elif len(found) > 1 and not told:
            strays[name] = f"several students on the roster have this name: {', '.join(found)}"
        else:
            for student_id in found:
                attempts[student_id].append(name)
    for student in students:
        told_order = [folded(SUFFIX.sub("", each)) for each in student.submissions]
        attempts[student.id].sort(key=lambda name: (_position(name, told_order), order(name)))
    return attempts, strays


def _position(name: str, told: list[str]) -> int:
    """The place that the roster gives an attempt; before all of them where it gives none."""
    own = folded(SUFFIX.sub("", name.rpartition("/")[2]))
    return told.index(own) if own in told else -1


def _owners(name: Name, owners: dict[str, set[str]]) -> set[str]:
    """Whose a submission may be, after its name."""
    for key in name.keys:
        if key in owners:
            return owners[key]
    # GitHub Classroom writes the assignment before the login: of logins that fit, the longest is meant.
    ends = [key for key in owners if any(given.endswith(f"-{key}") for given in name.keys)]
    return owners[max(ends, key=len)] if ends else set()
