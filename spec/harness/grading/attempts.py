"""Whose submission it is: the attempts of every student on the roster, and submissions that are nobody's."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from .attempt_order import in_order
from .book_file import Entry
from .names import NO_FILES, SUFFIX, Name, folded, read
from .roster import Student
from .text import one_line


class Attribution(msgspec.Struct, frozen=True):
    """Whose the submissions of a class are."""

    of: dict[str, list[str]]
    """Each student's, the earliest first."""
    strays: dict[str, str]
    """For each that is nobody's the reason."""
    guessed: list[str]
    """What rests on part of a name only, and what is no code: a line each."""
    unordered: list[str]
    """Students of whose submissions nothing says which is the latest."""


def assign(students: Iterable[Student], submissions: Mapping[str, Entry]) -> Attribution:
    """The attribution of the submissions of a grade book, by name."""
    students = list(students)
    owners: dict[str, set[str]] = {}
    named: dict[str, list[str]] = {}
    for student in students:
        for identity in (student.id, *student.known_as):
            owners.setdefault(folded(identity), set()).add(student.id)
        for cell in dict.fromkeys(_told(student)):
            named.setdefault(cell, []).append(student.id)
    places = {name: entry.place for name, entry in submissions.items()}
    names = {name: read(name) for name in submissions}
    by_end = _by_end({name: said for name, said in names.items() if not owners.keys() & {*said.keys}}, owners)
    found: dict[str, list[str]] = {student.id: [] for student in students}
    strays: dict[str, str] = {}
    guessed: list[str] = []
    ends: dict[str, list[tuple[str, str]]] = {}
    for name, said in names.items():
        # What the roster itself says goes before what a name looks like; a file that it gives to two is both's.
        told = next((named[key] for key in _tails(name, places[name]) if key in named), [])
        key = next((key for key in said.keys if key in owners), None)
        before, end = by_end.get(name, ("", ""))
        its = told or sorted(owners[key] if key is not None else owners[end] if end else ())
        if not its:
            strays[name] = "no student on the roster has this name"
        elif len(its) > 1 and not told:
            strays[name] = f"several students on the roster have this name: {', '.join(its)}"
        else:
            for student_id in its:
                found[student_id].append(name)
            if not told and end:
                ends.setdefault(before, []).append((name, its[0]))
            elif not told and key == said.guess:
                guessed.append(f"{one_line(name, 60)}: taken for another attempt of {one_line(its[0], 60)}")
    guessed += [_said_of_ends(before, its) for before, its in ends.items()]
    unordered = []
    for student in students:
        order = _told(student)
        code = _code(student, found[student.id], submissions, guessed)
        keys = {name: next((key for key in _tails(name, places[name]) if key in order), None) for name in code}
        positions = {name: order.index(key) % len(student.submissions) for name, key in keys.items() if key is not None}
        found[student.id], is_clear = in_order({name: places[name] for name in code}, positions)
        if not is_clear:
            unordered.append(student.id)
    return Attribution(found, strays, guessed, unordered)


def _told(student: Student) -> list[str]:
    """What the roster calls a student's submissions, in its order; then the same without suffixes."""
    cells = [folded(cell.replace("\\", "/").removeprefix("./").strip("/")) for cell in student.submissions]
    return [*cells, *(SUFFIX.sub("", cell) for cell in cells)]


def _tails(name: str, place: Path) -> list[str]:
    """What a roster may call a submission: the end of its path, or its name; what fits best first."""
    folders = place.parts[1:-1]
    files = [place.name, SUFFIX.sub("", place.name)]
    exact, bare = (["/".join([*folders[i:], file]) for i in range(len(folders) + 1)] for file in files)
    return list(map(folded, [*exact, name, *bare]))


def _code(student: Student, names: list[str], submissions: Mapping[str, Entry], said: list[str]) -> list[str]:
    """Those of a student's submissions that may be code; all of them where none may."""
    code = [name for name in names if submissions[name].is_code and not NO_FILES.search(name)]
    for name in names:
        if name not in code:
            so = "it does not count beside other submissions" if code else "it counts because there is nothing else"
            said.append(f"{one_line(student.id, 60)}: {one_line(name, 60)} is no code: {so}")
    return code or names


def _by_end(names: Mapping[str, Name], owners: Mapping[str, set[str]]) -> dict[str, tuple[str, str]]:
    """What stands before the login in names as GitHub Classroom writes them, `hw5-octocat`, and the login.

    Of logins that fit, the longest is meant.
    """
    found: dict[str, tuple[str, str]] = {}
    for name, said in names.items():
        own = {key.rpartition("/")[2]: None for key in said.keys}
        parts = [(key[:i], key[i + 1 :]) for key in own for i, sign in enumerate(key) if sign == "-"]
        if fits := [(before, end) for before, end in parts if end in owners]:
            found[name] = max(fits, key=lambda fit: len(fit[1]))
    # The assignment is the same before every login: where most have `hw5`, `hw5-tom-cat` is not cat's.
    counts = Counter(before for before, _ in found.values())
    return {
        name: (before, end)
        for name, (before, end) in found.items()
        if not any(before.startswith(f"{other}-") and counts[other] > counts[before] for other in counts)
    }


def _said_of_ends(before: str, its: list[tuple[str, str]]) -> str:
    name, student = its[0]
    number = "1 submission" if len(its) == 1 else f"{len(its)} submissions"
    return (
        f"{one_line(before, 60)}-…: {number} attributed by the end of the name only: {one_line(name, 60)} to "
        f"{one_line(student, 60)}{', …' if its[1:] else ''}"
    )
