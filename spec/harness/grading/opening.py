"""Opening a grade book: what it knew of the class, with what is given now.

Nothing starts over unasked: other claims, limits, code or seed, a lost or edited book, a name that stands for another
submission are refused, with what can be done.
"""

import contextlib
import os
import re
from itertools import count
from pathlib import Path

import msgspec

from ..errors import SpecificationError
from . import book_file, seals, seeds
from .assignment import AssignedClaims
from .book_file import Attempts, Book, Entry, RunSettings
from .class_folder import ClassFolder
from .roster import Student
from .submissions import Submission, fingerprint, may_be_code, numbered
from .text import listing, one_line

KEPT = (book_file.NAME, "grades.csv", "results", "failures", seeds.NAME)
"""What is set aside when a class is graded anew."""
ASIDE = re.compile("earlier-([0-9]{1,9})")
"""The name of the folder that it is set aside in."""


class Given(msgspec.Struct, frozen=True):
    """What one command says of the class; None is what the book knows already."""

    submissions: list[Submission]
    assigned: AssignedClaims
    questions: dict[str, int]
    settings: RunSettings
    roster: list[Student] | None = None
    attempts: Attempts | None = None
    forget: list[str] = []
    anew: bool = False
    """Nothing that was graded counts any more; what was said of the class does."""


def _set_aside_before(out: Path) -> list[Path]:
    """The folders that `set_aside` has made, the newest first."""
    folders = [(int(match[1]), path) for path in out.glob("earlier-*") if (match := ASIDE.fullmatch(path.name))]
    return [path for _, path in sorted(folders, reverse=True)]


def cut_short(out: Path) -> bool:
    """Whether a start over has set everything aside, and was killed before it wrote another book."""
    left = book_file.there(out) or any((out / "results").glob("*.json"))
    return not left and any(map(book_file.there, _set_aside_before(out)))


def earlier(out: Path, secret: bytes) -> tuple[Book | None, list[str]]:
    """The book that is or will be set aside, sealed with this secret or its own; and a line on what is lost with it."""
    folder = next(filter(book_file.there, (out, *_set_aside_before(out))), None)
    if folder is None:
        return None, []
    for of in (lambda: secret, lambda: seeds.read_secret(None, folder), lambda: seeds.read_secret(None, out)):
        with contextlib.suppress(SpecificationError):
            return book_file.read(folder, seals.key_of(of())), []
    return None, [
        f"{folder / book_file.NAME}: edited, of another version, or sealed with another secret: its roster, assignment "
        "and --attempts are forgotten"
    ]


def set_aside(out: Path) -> Path | None:
    """Move everything graded so far into a folder of its own; where it is now, if there was anything."""
    kept = [out / name for name in KEPT if (out / name).exists()]
    if not kept:
        return None
    folder = next(folder for number in count(1) if not os.path.lexists(folder := out / f"earlier-{number}"))
    folder.mkdir()
    # The secret last: until then the same command goes on with what is left.
    for path in kept:
        os.replace(path, folder / path.name)
    return folder


def refuse_strange_folder(out: Path) -> None:
    """Refuse a folder with results and no book: who was graded there, and how, is not known."""
    if not book_file.there(out) and any((out / "results").glob("*.json")):
        raise SpecificationError(
            f"--out {out}: has results but no {book_file.NAME}: it was lost, or the results are of an earlier version; "
            "expected that file, another folder, or --start-over"
        )


def opened(out: Path, key: bytes, given: Given, known: Book | None) -> tuple[Book, list[Submission], list[str]]:
    """The book with what is given, the submissions under the names it knows, and what has to be said."""
    if known is not None and not given.anew:
        book_file.refuse_other_settings(known, given.settings, out)
    entries = dict(known.submissions) if known and not given.anew else {}
    for name in given.forget:
        if entries.pop(name, None) is None:
            raise SpecificationError(f"--forget {name!r}: expected the name of a submission in the grade book of {out}")
    submissions = _under_known_names(given.submissions, entries)
    listed = {each.name: _entry(each.path) for each in submissions}
    said = _left_behind(known, listed) if known and given.anew else _renamed(entries, listed)
    book = Book(
        settings=given.settings,
        assignment=given.assigned.assignment,
        points=given.assigned.points,
        questions=given.questions,
        attempts=given.attempts or (known.attempts if known else "latest"),
        students=given.roster if given.roster is not None else known.students if known else [],
        submissions=dict(sorted({**entries, **listed}.items())),
    )
    if book.students:
        folder = ClassFolder(out, key, book)
        everybody = folder.attempts
        said += folder.attribution.guessed
        if book.attempts == "latest":
            said += [_unordered(student, folder.attribution.of[student]) for student in folder.attribution.unordered]
        said += [f"{one_line(each.student.id, 60)}: {each.stray}" for each in everybody if each.stray]
        if without := [each for each in everybody if not each.submissions]:
            said.append(f"without a submission: {len(without)} of {len(book.students)}")
    return book, submissions, said


def _entry(path: Path) -> Entry:
    return Entry(path.absolute().as_uri(), fingerprint(path), may_be_code(path))


def _unordered(student: str, submissions: list[str]) -> str:
    return (
        f"{one_line(student, 60)}: {len(submissions)} submissions; {one_line(submissions[-1], 60)} counts, though no "
        "number says that it is the latest (the roster's column submission can)"
    )


def _under_known_names(submissions: list[Submission], entries: dict[str, Entry]) -> list[Submission]:
    """The submissions under the names that the book has for their places; a name for two places is refused."""
    names = {entry.place: name for name, entry in entries.items()}
    places = [each.path.absolute() for each in submissions]
    taken = {names[place] for place in places if place in names}
    found = []
    for each, place in zip(submissions, places, strict=True):
        name = names.get(place, each.name)
        if place not in names and name in taken:
            # The name is that of another that is given as well, under which the book knows it.
            name = numbered(name, {*taken, *entries})
        other = name in entries and entries[name].place != place and os.path.lexists(entries[name].place)
        # A copy of the same is the same.
        if other and entries[name].fingerprint != fingerprint(each.path):
            raise SpecificationError(
                f"submission {str(each.path)!r}: the grade book has {str(entries[name].place)!r} under the name "
                f"{one_line(name, 80)!r}; expected another name, or --forget {one_line(name, 80)!r}"
            )
        taken.add(name)
        found.append(Submission(name, each.path))
    return found


def _left_behind(known: Book, listed: dict[str, Entry]) -> list[str]:
    """A line on submissions that were graded before, and are not given again."""
    places = {entry.place for entry in listed.values()}
    gone = [name for name, entry in known.submissions.items() if entry.place not in places]
    return [f"graded before, and not given now: {listing(gone)}"] if gone else []


def _renamed(entries: dict[str, Entry], listed: dict[str, Entry]) -> list[str]:
    """A line for each submission that is gone, while another has what it held."""
    new = {entry.fingerprint: name for name, entry in listed.items() if name not in entries}
    return [
        f"{one_line(name, 60)} no longer exists, and {one_line(new[entry.fingerprint], 60)} has the same content: both "
        f"are listed; if it was renamed, add --forget {one_line(name, 60)!r}"
        for name, entry in entries.items()
        if entry.fingerprint in new and not os.path.lexists(entry.place)
    ]
