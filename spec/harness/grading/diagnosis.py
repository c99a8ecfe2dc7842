"""Before a submission is run: where in it the contract's modules are, what is missing, and what cannot be read.

A submission comes as its author packed it: a folder deeper, beside a report, as one file among others, in the encoding
of somebody's editor. Whatever costs points is said; what cannot be graded at all is `Unusable`, with the reason.
"""

import ast
import re
import sys
import tokenize
from collections.abc import Iterable
from pathlib import Path

from spec.contract import TOPICS

from ..sandbox.inside.sanitise import clean
from .submissions import ARCHIVES, Unusable
from .text import one_line

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version that grades: another may read what this one does not."""
NAMES = 4
"""Files that a message names."""
PACKED = (*ARCHIVES, ".tar", ".rar", ".7z")
"""How the names of archives end, whether they can be unpacked here or not."""


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
        raise Unusable(_nothing_found(folder, files, topics))
    modules = _modules_by_folder(python, topics)
    if not modules:
        return _single_file(folder, files, python, topics)
    best = min(modules, key=lambda place: (-len(modules[place]), len(place.parts), str(place)))
    remarks = [] if best == folder else [f"the modules were found in {_shown(best, folder)}/"]
    if missing := [topic for topic in topics if topic not in modules[best]]:
        remarks.append(f"missing: {', '.join(f'{topic}.py' for topic in missing)}")
        remarks += _nearly_found(files, missing, folder)
    # Where there is a package, Python reads no module of the same name.
    read = {files[0] for files in modules[best].values()}
    packages = [path.parent for path in read if path.name == "__init__.py"]
    named = {path for place in modules.values() for files in place.values() for path in files} - read
    copies = [path for path in named if not any(path.is_relative_to(package) for package in packages)]
    # What lies among the modules may serve them, whatever it defines of theirs.
    others = [path for path in python if path not in read | named and (missing or not path.is_relative_to(best))]
    defined = {path: _definitions(path) for path in others}
    for topic in missing:
        if found := [path for path in others if path.is_relative_to(best) and _functions(topic) & defined[path]]:
            remarks.append(f"{_listed(found, folder)}: functions of {topic}, but not called {topic}.py")
    functions = set().union(*map(_functions, topics))
    copies += [path for path in others if not path.is_relative_to(best) and functions & defined[path]]
    remarks += _ignored(copies, folder)
    remarks += _unreadable([path for path in python if path.is_relative_to(best)], folder)
    return best, remarks


def _modules_by_folder(python: Iterable[Path], topics: list[str]) -> dict[Path, dict[str, list[Path]]]:
    """The modules of the topics in each folder that has any; of a package and a file, the package comes first."""
    places: dict[Path, dict[str, list[Path]]] = {}
    for path in sorted(python, key=lambda path: path.name != "__init__.py"):
        is_package = path.name == "__init__.py"
        place, topic = (path.parent.parent, path.parent.name) if is_package else (path.parent, path.stem)
        if topic in topics:
            places.setdefault(place, {}).setdefault(topic, []).append(path)
    return places


def _single_file(folder: Path, files: list[Path], python: list[Path], topics: list[str]) -> tuple[Path, list[str]]:
    """The file that is all topics."""
    functions = set().union(*map(_functions, topics))
    defined = {path: functions & _definitions(path) for path in python}
    best = max(python, key=lambda path: (len(defined[path]), -len(path.parts)))
    others = [path for path in python if path != best]
    if others and not defined[best]:
        expected = ", ".join(f"{topic}.py" for topic in topics)
        reason = (
            f"none of its {len(python)} Python files ({_listed(python, folder)}) is named after a topic or defines a "
            f"function of the contract; expected {expected}, or one .py with their functions"
        )
        raise Unusable("; ".join([reason, *_nearly_found(files, topics, folder)]))
    lacking = [topic for topic in topics if not _functions(topic) <= defined[best]]
    remarks = [f"all functions are read from {_shown(best, folder)}"] if others else []
    # One file may have any name.
    remarks += _nearly_found([path for path in files if others or path != best], lacking, folder)
    remarks += _ignored([path for path in others if defined[path]], folder)
    return best, remarks + _unreadable([best], folder)


def _functions(topic: str) -> set[str]:
    """The functions that the contract asks for."""
    return {name for name in vars(TOPICS[topic]) if not name.startswith("_")}


def _nearly_found(files: Iterable[Path], topics: list[str], folder: Path) -> list[str]:
    """Remarks on files of any kind in which missing topics may be: by their names, or in an archive."""
    remarks = []
    for topic in topics:
        name = re.compile(
            rf"\s*{topic.replace('_', '[-_ ]?')}( ?\(\d+\)|[-_ ]*copy)?\s*(\.py.*|\.ipynb|\.txt)?",
            re.IGNORECASE | re.DOTALL,
        )
        nearly = [path for path in files if path.name != f"{topic}.py" and name.fullmatch(path.name)]
        notebooks = [path for path in nearly if path.suffix.lower() == ".ipynb"]
        if others := [path for path in nearly if path not in notebooks]:
            remarks.append(f"{_listed(others, folder)} {_is(others)} not called {topic}.py")
        if notebooks:
            remarks.append(f"{_listed(notebooks, folder)} {_is(notebooks)} not Python: export as {topic}.py")
    packed = [path for path in files if topics and path.name.lower().endswith(PACKED)]
    return remarks + ([f"{_listed(packed, folder)} {_is(packed)} not unpacked"] if packed else [])


def _ignored(files: Iterable[Path], folder: Path) -> list[str]:
    """A remark on what nobody reads, if anything."""
    ignored = sorted(files)
    return [f"{_listed(ignored, folder)} {_is(ignored)} ignored"] if ignored else []


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
        return f"is not valid Python {PYTHON}: {where}{one_line(str(error.msg), 100)}"
    except (RecursionError, MemoryError):  # versions of Python word it differently, or not at all
        return "cannot be parsed: it is nested too deeply, or too large"
    except ValueError as error:
        return f"cannot be parsed: {one_line(str(error), 100)}"
    return ""


def _nothing_found(folder: Path, files: list[Path], topics: list[str]) -> str:
    if not files:
        return "it has no files, or none that count (those in __pycache__, .git and the like do not); expected modules"
    notebooks = [path for path in files if path.suffix == ".ipynb"]
    if notebooks:
        return f"it has no Python file, only {_listed(notebooks, folder)}; expected modules: export the notebook as .py"
    reason = f"it has no Python file ({_listed(files, folder)}); expected modules named after topics"
    return "; ".join([reason, *_nearly_found(files, topics, folder)])


def _listed(files: list[Path], folder: Path) -> str:
    names = ", ".join(_shown(path, folder) for path in files[:NAMES])
    return f"{names} and {len(files) - NAMES} more" if len(files) > NAMES else names


def _is(files: list[Path]) -> str:
    return "is" if len(files) == 1 else "are"


def _shown(path: Path, folder: Path) -> str:
    """A file's name in the submission; where blanks in it would not be seen, in quotation marks."""
    name = path.relative_to(folder).as_posix()
    return one_line(name, 80) if name == " ".join(name.split()) else repr(clean(name, 80))
