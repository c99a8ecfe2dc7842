"""Submissions on disk: the names they are graded under, the files they consist of, and a fingerprint of these.

A submission is a folder, a `.py`, a `.zip` or a `.tar.gz`. No link is followed, and sizes and numbers are capped while
reading.
"""

import hashlib
import os
import re
import stat
from collections import Counter
from collections.abc import Container, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from unicodedata import normalize

import msgspec

from ..errors import SpecificationError
from .text import bare, one_line

BLOCK = 1 << 16
"""Bytes that are read at a time."""
ARCHIVES = (".zip", ".tar.gz", ".tgz")
SUFFIXES = (*ARCHIVES, ".py")
IGNORED = frozenset(
    ("__MACOSX", "__pycache__", ".git", ".DS_Store", "Icon\r", ".ipynb_checkpoints", ".venv", "venv", "site-packages",
     "node_modules")
)  # fmt: skip
"""What file managers and editors leave beside a submission; it is neither unpacked nor counted."""
APPLE_DOUBLE = "._"
"""How the files begin that a Mac puts beside each file in an archive."""
UNNAMED = "unnamed"
"""What a submission is called whose name has nothing that can be shown."""
MOST_IGNORED = 100_000
"""Entries of an archive that may be ignored."""


class Unusable(Exception):
    """A submission cannot be read; the message says why, and what was expected."""


def is_ignored(name: str) -> bool:
    """Whether a file or folder of this name is not part of a submission."""
    return name in IGNORED or name.startswith(APPLE_DOUBLE)


class Caps(msgspec.Struct, frozen=True):
    """Upper limits of a submission."""

    size: int = 100 * 2**20
    """Bytes of all its files together, unpacked."""
    files: int = 2000
    """Files and folders."""
    ratio: int = 200
    """Unpacked size over packed size; an archive that unpacks to a megabyte or less is never refused for it."""
    path: int = 400
    """Characters of a file's path within the submission."""


CAPS = Caps()


class Submission(msgspec.Struct, frozen=True):
    """One submission: the name it is graded under, and its path."""

    name: str
    path: Path


def file_stem(name: str) -> str:
    """A file name, without suffix, for a submission of this name: ASCII, and different for different names."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".-")[:100]
    # Names that differ in case only are one file on some systems.
    if safe == name == name.lower():
        return safe
    return f"{safe}-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:8]}"


def find(paths: list[Path], out: Path | None = None) -> list[Submission]:
    """The submissions at these paths, by name: that of the file or folder, after as many of its parents as it takes.

    The folder `out`, to which grades are written, is none, nor does it lie in one: grading would change what it grades.
    """
    unique: dict[Path, Path] = {}
    for path in paths:
        if not os.path.lexists(path):
            raise SpecificationError(f"submission {str(path)!r}: there is no such file or folder")
        if out is not None and out.resolve().is_relative_to(path.resolve()):
            raise SpecificationError(
                f"submission {str(path)!r}: --out {out} is this folder, or lies in it; expected --out outside the "
                "submissions"
            )
        unique.setdefault(path.absolute(), path)
    if not unique:
        raise SpecificationError("no submission given; expected at least one folder, .py, .zip or .tar.gz")
    labels = _labels(list(unique))
    depth = dict.fromkeys(unique, 0)
    while True:
        ends = {path: (path.parts[-depth[path] - 1 : -1], labels[path]) for path in unique}
        counts = Counter(ends.values())
        ambiguous = [path for path, end in ends.items() if counts[end] > 1]
        if not ambiguous:
            break
        for path in ambiguous:
            depth[path] += 1
    # Folders may look alike as well, once what cannot be shown is replaced in their names.
    names: dict[str, Path] = {}
    for path in sorted(unique):
        names[numbered(_name(path, labels[path], depth[path]), names)] = path
    return [Submission(name, path) for name, path in sorted(names.items())]


def numbered(name: str, taken: Container[str]) -> str:
    """The name, with the first number behind it that makes it none of those taken."""
    return next(new for number in count(1) if (new := f"{name} ({number})" if number > 1 else name) not in taken)


def _labels(paths: list[Path]) -> dict[Path, str]:
    """What each is called in its folder: without suffix, and numbered where two would be called alike."""
    labels: dict[Path, str] = {}
    taken: dict[Path, set[str]] = {}
    for path in sorted(paths):
        suffix = next((suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)), "")
        stem = path.name if path.is_dir() else path.name[: len(path.name) - len(suffix)]
        # A file may be called ".py", and a folder " ".
        label = numbered(_shown(stem) or _shown(path.name) or UNNAMED, taken.setdefault(path.parent, set()))
        taken[path.parent].add(label)
        labels[path] = label
    return labels


def _name(path: Path, label: str, depth: int) -> str:
    """The label, after so many of the folders that it lies in."""
    folders = "/".join(part.strip("/") for part in path.parts[-depth - 1 : -1])
    return f"{_shown(folders)}/{label}" if depth else label


def _shown(text: str) -> str:
    return one_line(bare(normalize("NFC", text)))


def kind_of(path: Path) -> str:
    """The kind of a submission: "folder", or the suffix of its file."""
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return "folder"
    if not stat.S_ISREG(mode):
        raise Unusable(f"it is a {special_type(mode)}; expected a folder, a .py, a .zip or a .tar.gz")
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise Unusable(f"it is called {one_line(path.name)!r}; expected a folder, a .py, a .zip or a .tar.gz")


def may_be_code(path: Path) -> bool:
    """Whether it is of a kind that submissions have, whatever is in it."""
    try:
        return bool(kind_of(path))
    except Unusable:
        return False


def special_type(mode: int) -> str:
    """The type of what is neither a file nor a folder, from its mode."""
    types = {stat.S_IFLNK: "link", stat.S_IFIFO: "named pipe", stat.S_IFSOCK: "socket"}
    return types.get(stat.S_IFMT(mode), "device")


def files_of(path: Path, caps: Caps = CAPS) -> Iterator[tuple[str, Path]]:
    """The files of a folder with their names in it, in a fixed order; or the one file that a submission is."""
    if kind_of(path) != "folder":
        size = path.stat().st_size
        if size > caps.size:
            raise Unusable(f"it has {size:,} bytes; expected at most {caps.size:,}")
        yield path.name, path
        return
    size = count = 0
    folders = [path]
    while folders:
        with unreadable_is_unusable(path):
            entries = sorted(folders.pop().iterdir())
        for entry in entries:
            if is_ignored(entry.name):
                continue
            name = entry.relative_to(path).as_posix()
            if len(name) > caps.path:
                raise Unusable(f"it contains {one_line(name, 100)!r}; expected paths of at most {caps.path} characters")
            status = entry.lstat()
            is_folder = stat.S_ISDIR(status.st_mode)
            if not is_folder and not stat.S_ISREG(status.st_mode):
                raise Unusable(
                    f"{one_line(name)!r} is a {special_type(status.st_mode)}; expected only files and folders"
                )
            count += 1
            size += 0 if is_folder else status.st_size
            if count > caps.files:
                raise Unusable(
                    f"it contains more than {caps.files:,} files and folders; expected at most {caps.files:,}"
                )
            if size > caps.size:
                raise Unusable(f"it has more than {caps.size:,} bytes; expected at most {caps.size:,}")
            if is_folder:
                folders.append(entry)
            else:
                yield name, entry


def fingerprint(path: Path, caps: Caps = CAPS) -> str:
    """A hash of the names and contents of a submission's files, or of the reason why they cannot be read.

    What a submission that is one file is called by itself does not matter, but for its kind.
    """
    digest = hashlib.sha256()
    try:
        kind = kind_of(path)
        for name, file in files_of(path, caps):
            name = name if kind == "folder" else kind
            digest.update(os.fsencode(name) + b"\0")
            with unreadable_is_unusable(path), file.open("rb") as data:
                while block := data.read(BLOCK):
                    digest.update(block)
            digest.update(b"\0")
    except Unusable as error:
        digest.update(str(error).encode(errors="replace"))
    except OSError as error:
        # Whoever grades it will be told; the others are graded all the same.
        digest.update(f"error {error.errno}".encode())
    return digest.hexdigest()


@contextmanager
def unreadable_is_unusable(submission: Path) -> Iterator[None]:
    """Missing permissions to read a submission are its own fault; what cannot be read is called as it is called there.

    Where it lies on the grader's machine is no student's concern.
    """
    try:
        yield
    except PermissionError as error:
        file = Path(os.fsdecode(error.filename or submission))
        inside = file.is_relative_to(submission) and file != submission
        name = file.relative_to(submission).as_posix() if inside else file.name
        raise Unusable(f"{one_line(name)!r} cannot be read: {error.strerror}") from error
