"""The attempts of one student in their order: `class1/jane` and `class2/jane`, `jane` and `jane_2`.

They are ordered by where they lie. The name in a grade book is no help: it is as long as it had to be when the
submission was first listed.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from .names import CANVAS, NUMBERED, SUFFIX, folded


class _Level(msgspec.Struct, frozen=True):
    """A file or a folder that a submission lies in: the words and the numbers in its name."""

    words: str
    numbers: tuple[int, ...]


def in_order(attempts: Mapping[str, Path], told: Mapping[str, int]) -> tuple[list[str], bool]:
    """The names of attempts that lie there, the earliest first; and whether anything says which is the latest.

    `told` is the place in the order that the roster gives some of them; those that it does not name come before.
    Otherwise numbers decide, of folders before those of files, where the words around them are the same.
    """
    levels = {name: _levels(place) for name, place in attempts.items()}
    from_canvas = {name: bool(CANVAS.match(place.name)) for name, place in attempts.items()}
    depth = min((len(each) for each in levels.values()), default=0)
    alike = [i for i in range(-depth, 0) if len({each[i].words for each in levels.values()}) == 1]
    same_words = len(alike) == max((len(each) for each in levels.values()), default=0)
    if all(from_canvas.values()):
        # Canvas numbers its files from the first to the last of all.
        alike, same_words = [-1], True

    def numbers(name: str) -> list[tuple[int, ...]]:
        return [levels[name][i].numbers for i in alike]

    def key(name: str) -> tuple[object, ...]:
        # What does not come from Canvas, beside what does, was put there since.
        decisive = told.get(name, -1), not from_canvas[name], numbers(name)
        return *decisive, [(level.words, level.numbers) for level in levels[name]], str(attempts[name])

    ordered = sorted(attempts, key=key)
    if not ordered[1:]:
        return ordered, True
    before, last = ordered[-2:]
    by_roster = told.get(before, -1) != told.get(last, -1)
    return ordered, by_roster or (same_words and numbers(before) != numbers(last))


def _levels(place: Path) -> list[_Level]:
    """The folders that a submission lies in, and itself."""
    own = _level(SUFFIX.sub("", place.name))
    if canvas := CANVAS.match(place.name):
        own = _Level("from Canvas", (int(canvas["file"]),))
    return [*map(_level, place.parts[1:-1]), own]


def _level(text: str) -> _Level:
    text = NUMBERED.sub(r" \1", folded(text))
    return _Level(re.sub(r"[\W\d_]+", "", text), tuple(map(int, re.findall(r"\d+", text))))
