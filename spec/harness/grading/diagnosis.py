"""Before a submission is run: where in it the contract's modules are, what is missing, and what cannot be read.

A submission comes as its author packed it: a folder deeper, beside a report, as one file among others, in the encoding
of somebody's editor. Whatever costs points is said; what cannot be graded at all is `Unusable`, with the reason.
"""

import ast
import re
import tokenize
from collections.abc import Iterable
from pathlib import Path

from spec.contract import TOPICS

from .submissions import Unusable
from .text import one_line

NAMES = 4
"""Files that a message names."""


CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=]", re.MULTILINE)
CONTENTS = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "a zip archive",
    b"Rar!": "a rar archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a gzip archive",
    b"\xfd7zXZ": "an xz archive",
    b"BZh": "a bzip2 archive",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "a Word document",
    b"{\\rtf": "a Word document",
    b"<!DOCTYPE": "a web page",
    b"<html": "a web page",
}
"""What files are, by how they begin."""


def content_of(begins: bytes) -> str:
    """What a file is that is not what its name says, from its beginning; nothing where that does not tell."""
    if begins.lstrip().startswith(b"{") and (b'"cells"' in begins or b'"nbformat' in begins):
        return "a notebook"
    return next((content for start, content in CONTENTS.items() if begins.startswith(start)), "")


def find_implementation(folder: Path, wanted: Iterable[str] = TOPICS) -> tuple[Path, list[str]]:
    """The folder or the `.py` in an unpacked submission that holds the contract's topics, and remarks on it.

    `wanted` are the topics that count. Of several folders the one with most of their modules is taken, of those the
    uppermost; where no module is named after a topic, the file that defines most of the contract's functions.
    """
    topics = [topic for topic in TOPICS if topic in set(wanted)]
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    python = [path for path in files if path.suffix == ".py"]
    if not python:
        raise Unusable(_nothing_found(folder, files))
    places = _modules_by_folder(python)
    best = min(
        places, key=lambda place: (-len(places[place] & set(topics)), len(place.parts), str(place)), default=None
    )
    if best is None or not places[best] & set(topics):
        return _single_file(folder, python, topics)
    found = places[best]
    remarks = [] if best == folder else [f"the modules were found in {_shown(best, folder)}/"]
    if missing := [topic for topic in topics if topic not in found]:
        remarks.append(f"missing: {', '.join(f'{topic}.py' for topic in missing)}")
    remarks += _misnamed(python, missing, folder)
    elsewhere = {topic: place for place in places for topic in places[place] - found if topic in topics}
    remarks += [f"{_shown(place, folder)}/{topic}.py is ignored" for topic, place in elsewhere.items()]
    remarks += _unreadable([path for path in python if path.is_relative_to(best)], folder)
    return best, remarks


def _modules_by_folder(python: Iterable[Path]) -> dict[Path, set[str]]:
    """The topics whose modules or packages lie in each folder."""
    places: dict[Path, set[str]] = {}
    for path in python:
        module = path.parent if path.name == "__init__.py" else path
        if module.stem in TOPICS:
            places.setdefault(module.parent, set()).add(module.stem)
    return places


def _single_file(folder: Path, python: list[Path], topics: list[str]) -> tuple[Path, list[str]]:
    """The file that is all topics."""
    functions = {name for topic in topics for name in vars(TOPICS[topic]) if not name.startswith("_")}
    defined = {path: len(functions & _definitions(path)) for path in python}
    best = max(python, key=lambda path: (defined[path], -len(path.parts)))
    if len(python) > 1 and not defined[best]:
        expected = ", ".join(f"{topic}.py" for topic in topics)
        raise Unusable(
            f"none of its {len(python)} Python files ({_listed(python, folder)}) is named after a topic or defines a "
            f"function of the contract; expected {expected}, or one .py with their functions"
        )
    others = len(python) - 1
    remarks = [f"all functions are read from {_shown(best, folder)}"] if others else []
    remarks += _misnamed(python, topics, folder) if others else []
    return best, remarks + _unreadable([best], folder)


def _misnamed(python: Iterable[Path], topics: list[str], folder: Path) -> list[str]:
    """A remark on each file whose name is nearly that of a topic."""
    nearly = {
        topic: re.compile(rf"{topic.replace('_', '[-_ ]?')}( ?\(\d+\)|[-_ ]?copy)?", re.IGNORECASE) for topic in topics
    }
    return [
        f"{_shown(path, folder)} is not called {topic}.py"
        for path in python
        for topic, name in nearly.items()
        if path.stem != topic and name.fullmatch(path.stem)
    ]


def _definitions(path: Path) -> set[str]:
    """The names of the functions that a file defines; none where it cannot be parsed."""
    try:
        module = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.name for node in module.body if isinstance(node, ast.FunctionDef)}


def _unreadable(python: Iterable[Path], folder: Path) -> list[str]:
    """A remark on each file that Python cannot read or parse."""
    remarks = []
    for path in python:
        if flaw := flaw_of(path):
            remarks.append(f"{_shown(path, folder)} {flaw}")
    return remarks


def flaw_of(path: Path) -> str:
    """Why Python cannot read a file; nothing where it can."""
    with path.open("rb") as source:
        begins = source.read(2000)
    if content := content_of(begins):
        return f"is {content}, not Python"
    if begins[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in begins[:4]:
        return "seems to be in UTF-16, not in UTF-8: save it as UTF-8"
    try:
        with path.open("rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        text = path.read_text(encoding=encoding)
    # Some codecs are no encodings of text, and raise a `UnicodeError` of no particular kind.
    except (SyntaxError, UnicodeError, LookupError):
        if CODING.search(b"\n".join(begins.splitlines()[:2])):
            return "declares an encoding with which Python cannot read it: save it as UTF-8"
        return "is not valid UTF-8 and declares no other encoding: save it as UTF-8"
    try:
        ast.parse(text)
    except SyntaxError as error:
        where = f"line {error.lineno}: " if error.lineno else ""
        return f"is not valid Python: {where}{one_line(str(error.msg), 100)}"
    except (RecursionError, MemoryError):  # versions of Python word it differently, or not at all
        return "cannot be parsed: it is nested too deeply, or too large"
    except ValueError as error:
        return f"cannot be parsed: {one_line(str(error), 100)}"
    return ""


def _nothing_found(folder: Path, files: list[Path]) -> str:
    notebooks = [path for path in files if path.suffix == ".ipynb"]
    if notebooks:
        return f"it has no Python file, only {_listed(notebooks, folder)}; expected modules: export the notebook as .py"
    return f"it has no Python file ({_listed(files, folder) or 'it is empty'}); expected modules named after topics"


def _listed(files: list[Path], folder: Path) -> str:
    names = ", ".join(_shown(path, folder) for path in files[:NAMES])
    return f"{names} and {len(files) - NAMES} more" if len(files) > NAMES else names


def _shown(path: Path, folder: Path) -> str:
    return one_line(path.relative_to(folder).as_posix(), 80)
