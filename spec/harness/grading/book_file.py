"""`grade-book.json`: what a grade book knows of its class, whatever part of it is graded at a time.

One book has one way of running: the same claims, seed, limits and specification for everybody. What needs no run
(points, weights, title, hints, the roster, which attempt counts) may change from one command to the next, and then
changes for all.
"""

import os
from pathlib import Path
from typing import Literal
from urllib.parse import unquote_to_bytes

import msgspec

from ..counts import counted
from ..errors import SpecificationError
from ..sandbox.limits import Limits
from . import seals
from .assignment import Assignment
from .roster import Student
from .text import one_line

SCHEMA = 1
NAME = "grade-book.json"
WHAT = "a grade book of `claims grade`"
Attempts = Literal["latest", "best"]


class RunSettings(msgspec.Struct, frozen=True):
    """What the outcomes of every submission of a class depend on, besides the submission."""

    specification: str
    """Its hash."""
    seed: int
    device: str
    claims: list[str]
    exact: bool
    limits: Limits


class Entry(msgspec.Struct, frozen=True):
    """A submission that a grade book knows."""

    path: str
    """As a `file:` address, which can hold any name."""
    fingerprint: str
    """Of its contents, when it was last listed."""
    is_code: bool = True
    """Whether it was a folder or a file that may be code: what is neither counts only where there is nothing else."""

    @property
    def place(self) -> Path:
        """Where it was when it was last listed."""
        return Path(os.fsdecode(unquote_to_bytes(self.path.removeprefix("file://"))))


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `grade-book.json`."""

    seal: str = ""
    schema: int = SCHEMA
    settings: RunSettings
    assignment: Assignment
    points: dict[str, int]
    """Of each claim, in hundredths."""
    questions: dict[str, int]
    """Of each question, in hundredths."""
    attempts: Attempts = "latest"
    students: list[Student] = []
    submissions: dict[str, Entry] = {}


def there(out: Path) -> bool:
    """Whether there is a grade book in the folder."""
    return (out / NAME).exists()


def read(out: Path, key: bytes) -> Book:
    """The grade book in the folder, whose seal has to fit."""
    try:
        book = seals.read(out / NAME, Book, key, WHAT)
    except seals.Edited as error:
        raise SpecificationError(f"{error} and the secret it was made with (or --start-over)") from error
    if book.schema != SCHEMA:
        raise SpecificationError(f"{out / NAME}: schema = {book.schema}; this version reads schema {SCHEMA}")
    return book


def write(book: Book, out: Path, key: bytes) -> None:
    """Put the book into the folder."""
    seals.write(book, out / NAME, key)


def refuse_other_settings(book: Book, settings: RunSettings, out: Path) -> None:
    """Refuse what would have to grade everybody anew: that has to be asked for."""
    for field in RunSettings.__struct_fields__:
        before, now = getattr(book.settings, field), getattr(settings, field)
        if before == now:
            continue
        if field == "claims":
            described = f"{counted(len(before), 'claim')}, now {len(now)} ({_difference(before, now)})"
        else:
            described = f"{field} = {_shown(before)}, now {_shown(now)}"
        raise SpecificationError(
            f"--out {out}: was graded with {described}; expected the same, another folder, or "
            "--start-over, which moves the earlier results aside and grades every submission again"
        )


def _difference(before: list[str], now: list[str]) -> str:
    """What was left out and what was added."""
    changed = [f"-{claim}" for claim in before if claim not in now] + [
        f"+{claim}" for claim in now if claim not in before
    ]
    return ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")


def _shown(value: object) -> str:
    """A value in a message; of a hash its beginning."""
    return one_line(msgspec.json.encode(value).decode() if isinstance(value, Limits) else str(value)[:12], 200)
