"""Submissions: a folder, a `.py`, a `.zip` or a `.tar.gz`, unpacked without trusting a byte of them.

Nothing leaves the folder that a submission is unpacked into, no link is followed or made, and size, number of files and
compression are capped while reading, whatever an archive says of itself. Whatever is wrong with a submission is one
sentence, and its outcome.
"""

import gzip
import hashlib
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from spec.contract import TOPICS

from ..errors import SpecificationError
from .text import one_line

CHUNK = 1 << 16
ARCHIVES = (".zip", ".tar.gz", ".tgz")
JUNK = ("__MACOSX", "__pycache__", ".git", ".DS_Store", ".ipynb_checkpoints", ".venv")
"""What file managers and editors leave beside a submission; it is neither unpacked nor counted."""


class Unusable(Exception):
    """A submission cannot be read; the message says why, and what was expected."""


class Caps(msgspec.Struct, frozen=True):
    """What a submission may be at most."""

    size: int = 100 * 2**20
    """Bytes in all, unpacked."""
    files: int = 2000
    ratio: int = 200
    """Unpacked size over packed size; an archive that unpacks to a megabyte or less is never refused for it."""
    path: int = 400
    """Characters of a file's path within the submission."""


CAPS = Caps()


class Submission(msgspec.Struct, frozen=True):
    """One submission: under which name it is graded, and where it lies."""

    name: str
    path: Path

    @property
    def file(self) -> str:
        """A file name for its result, which no other name has, whatever characters the name is made of."""
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", self.name).lstrip(".-")[:100]
        changed = safe != self.name or safe != safe.lower()
        return f"{safe}-{hashlib.sha256(self.name.encode(errors='replace')).hexdigest()[:8]}" if changed else safe


def find(paths: list[Path]) -> list[Submission]:
    """The submissions at these paths by name: the file's or folder's, with as many folders before it as it takes."""
    unique: dict[Path, Path] = {}
    for path in paths:
        if not os.path.lexists(path):
            raise SpecificationError(f"submission {str(path)!r}: there is no such file or folder")
        unique.setdefault(path.absolute(), path)
    if not unique:
        raise SpecificationError("no submission given; expected at least one folder, .py, .zip or .tar.gz")
    depth = dict.fromkeys(unique, 1)
    while True:
        names = {path: _name(path, depth[path]) for path in unique}
        shared = [path for path, name in names.items() if list(names.values()).count(name) > 1]
        longer = [path for path in shared if depth[path] < len(path.parts)]
        if not shared:
            return sorted((Submission(name, path) for path, name in names.items()), key=lambda each: each.name)
        if not longer:
            raise SpecificationError(
                f"submissions {', '.join(repr(str(unique[path])) for path in shared)}: they would share the name "
                f"{names[shared[0]]!r}; expected a name for each"
            )
        for path in longer:
            depth[path] += 1


def _name(path: Path, depth: int) -> str:
    parts = list(path.parts[-depth:])
    for suffix in (*ARCHIVES, ".py"):
        if parts[-1].lower().endswith(suffix) and not path.is_dir():
            parts[-1] = parts[-1][: -len(suffix)]
            break
    return one_line("/".join(part.strip("/") for part in parts))


def fingerprint(path: Path, caps: Caps = CAPS) -> str:
    """A hash of what a submission holds; of what is wrong with it where it cannot be read."""
    digest = hashlib.sha256()
    try:
        for name, source in _files(path, caps):
            digest.update(f"{name}\0".encode())
            with _reading(), source.open("rb") as data:
                for block in iter(lambda: data.read(CHUNK), b""):
                    digest.update(block)
            digest.update(b"\0")
    except Unusable as error:
        digest.update(str(error).encode(errors="replace"))
    return digest.hexdigest()


def unpack(path: Path, target: Path, caps: Caps = CAPS) -> Path:
    """Put a submission into the new folder `target`; return what of it is the implementation: a folder or a `.py`.

    Raises `Unusable` for whatever is the submission's fault, and `OSError` for what is not.
    """
    target.mkdir()
    writer = _Writer(target, caps)
    kind = _kind(path)
    if kind == ".zip":
        _unpack_zip(path, writer)
    elif kind in (".tar.gz", ".tgz"):
        _unpack_tar(path, writer)
    else:
        for name, source in _files(path, caps):
            with _reading():
                data = source.open("rb")
            with data:
                writer.write(name, data)
    # A `.py` that was handed in as such is everything, even if it is called like one topic's module.
    return target / path.name if kind == ".py" else _implementation(target)


def _kind(path: Path) -> str:
    """What a submission is, by its name: "folder", or the suffix of a file."""
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return "folder"
    if not stat.S_ISREG(mode):
        raise Unusable(f"it is a {_special(mode)}; expected a folder, a .py, a .zip or a .tar.gz")
    for suffix in (*ARCHIVES, ".py"):
        if path.name.lower().endswith(suffix):
            return suffix
    raise Unusable(f"it is called {one_line(path.name)!r}; expected a folder, a .py, a .zip or a .tar.gz")


def _files(path: Path, caps: Caps) -> Iterator[tuple[str, Path]]:
    """The files of a folder with their names in it, in order; a file itself where it is no folder."""
    if _kind(path) != "folder":
        size = path.stat().st_size
        if size > caps.size:
            raise Unusable(f"it has {size:,} bytes; expected at most {caps.size:,}")
        yield path.name, path
        return
    total = count = 0
    folders = [path]
    while folders:
        folder = folders.pop()
        with _reading():
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        for entry in entries:
            name = PurePosixPath(Path(entry.path).relative_to(path)).as_posix()
            mode = entry.stat(follow_symlinks=False).st_mode
            if entry.name in JUNK:
                continue
            if stat.S_ISDIR(mode):
                folders.append(Path(entry.path))
                count += 1
            elif stat.S_ISREG(mode):
                total += entry.stat(follow_symlinks=False).st_size
                count += 1
            else:
                raise Unusable(f"{one_line(name)!r} is a {_special(mode)}; expected nothing but files and folders")
            if count > caps.files:
                raise Unusable(f"it holds more than {caps.files:,} files and folders; expected at most so many")
            if total > caps.size:
                raise Unusable(f"it has more than {caps.size:,} bytes; expected at most so many")
            if stat.S_ISREG(mode):
                yield name, Path(entry.path)


def _special(mode: int) -> str:
    kinds = {stat.S_IFLNK: "link", stat.S_IFIFO: "named pipe", stat.S_IFSOCK: "socket"}
    return kinds.get(stat.S_IFMT(mode), "device")


@contextmanager
def _reading() -> Iterator[None]:
    """What cannot be read of a submission is its own fault."""
    try:
        yield
    except PermissionError as error:
        raise Unusable(f"{one_line(str(error.filename))!r} cannot be read: {error.strerror}") from error


class _Writer:
    """Writes files below a folder, after checking their names; counts, and stops at the caps."""

    def __init__(self, target: Path, caps: Caps) -> None:
        self.target, self.caps = target, caps
        self.names: dict[str, str] = {}
        self.folders: set[str] = set()
        self.size = 0
        self.packed: int | None = None
        """The size of the archive, where it is one."""

    def path(self, name: str) -> PurePosixPath | None:
        """Where an entry belongs, below the folder; None for what is not part of the submission."""
        shown = one_line(name, 100)
        if "\0" in name or "\\" in name or any(ord(letter) < 32 for letter in name):
            raise Unusable(f"it holds {shown!r}; expected names without backslashes and control characters")
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise Unusable(f"it holds {shown!r}; expected names in UTF-8") from error
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
            raise Unusable(f"it holds {shown!r}; expected names below the submission's own folder")
        if len(name) > self.caps.path or any(len(part.encode()) > 255 for part in path.parts):
            raise Unusable(f"it holds {shown!r}; expected paths of at most {self.caps.path} characters")
        return None if not path.parts or set(path.parts) & set(JUNK) else path

    def count(self, path: PurePosixPath, is_folder: bool) -> None:
        """Take note of an entry; refuse it where a name comes twice, or there are too many."""
        # Two names that differ in case only are one file on some systems.
        name = path.as_posix().casefold()
        parents = {parent.as_posix().casefold() for parent in path.parents} - {"."}
        taken = name in self.names or bool(parents & self.names.keys()) or (name in self.folders and not is_folder)
        if taken:
            raise Unusable(f"it holds {one_line(path.as_posix(), 100)!r} twice; expected each name once")
        self.folders |= parents
        if is_folder:
            self.folders.add(name)
        else:
            self.names[name] = path.as_posix()
        if len(self.names) + len(self.folders) > self.caps.files:
            raise Unusable(f"it holds more than {self.caps.files:,} files and folders; expected at most so many")

    def write(self, name: str, data: IO[bytes]) -> None:
        """Write one file, counting what is really there."""
        path = self.path(name)
        if path is None:
            return
        self.count(path, is_folder=False)
        file = self.target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as out:
            for block in iter(lambda: data.read(CHUNK), b""):
                self.size += len(block)
                self.check_size()
                out.write(block)

    def check_size(self) -> None:
        """Refuse what is larger than it may be, or was compressed more than honest files ever are."""
        if self.size > self.caps.size:
            raise Unusable(f"it has more than {self.caps.size:,} bytes unpacked; expected at most so many")
        if self.packed is not None and self.size > max(2**20, self.caps.ratio * self.packed):
            raise Unusable(
                f"it unpacks to more than {self.caps.ratio} times its {self.packed:,} bytes; expected an archive of "
                "ordinary files"
            )


def _unpack_zip(path: Path, writer: _Writer) -> None:
    writer.packed = path.stat().st_size
    try:
        with _reading(), zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if len(entries) > 2 * writer.caps.files:
                raise Unusable(f"it holds {len(entries):,} entries; expected at most {writer.caps.files:,}")
            for entry in entries:
                shown, mode = one_line(entry.filename, 100), entry.external_attr >> 16
                # Only Unix writes what kind of file an entry is; elsewhere it is 0.
                if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                    raise Unusable(f"{shown!r} is a {_special(mode)}; expected nothing but files and folders")
                if entry.flag_bits & 0x1:
                    raise Unusable(f"{shown!r} is encrypted; expected an archive without a password")
                if entry.is_dir():
                    place = writer.path(entry.filename)
                    if place is not None:
                        writer.count(place, is_folder=True)
                        (writer.target / place).mkdir(parents=True, exist_ok=True)
                    continue
                with archive.open(entry) as data:
                    writer.write(entry.filename, data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError) as error:
        raise Unusable(f"it is not a sound .zip: {one_line(str(error))}") from error


def _unpack_tar(path: Path, writer: _Writer) -> None:
    writer.packed = path.stat().st_size
    try:
        # Padding and headers count as well: an archive of nothing else would otherwise be read for ever.
        most = 2 * writer.caps.size + 4096 * writer.caps.files
        with _reading(), _Limited(path, most) as limited, tarfile.open(fileobj=limited, mode="r|") as archive:
            for member in archive:
                _unpack_member(archive, member, writer)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError) as error:
        raise Unusable(f"it is not a sound .tar.gz: {one_line(str(error))}") from error


def _unpack_member(archive: tarfile.TarFile, member: tarfile.TarInfo, writer: _Writer) -> None:
    shown = one_line(member.name, 100)
    if not (member.isreg() or member.isdir()):
        kind = "link" if member.islnk() or member.issym() else "device"
        raise Unusable(f"{shown!r} is a {kind}; expected nothing but files and folders")
    place = writer.path(member.name)
    if place is None:
        return
    try:
        tarfile.data_filter(member, str(writer.target))
    except tarfile.FilterError as error:
        raise Unusable(f"it holds {shown!r}: {one_line(str(error))}") from error
    if member.isdir():
        writer.count(place, is_folder=True)
        (writer.target / place).mkdir(parents=True, exist_ok=True)
        return
    if member.size > writer.caps.size:
        raise Unusable(f"{shown!r} has {member.size:,} bytes; expected at most {writer.caps.size:,} in all")
    data = archive.extractfile(member)
    assert data is not None, "a regular file has contents"
    with data:
        writer.write(member.name, data)


class _Limited(gzip.GzipFile):
    """An unzipped file that ends its reader once it gave more than so many bytes."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(path, "rb")
        self.left = most

    def read(self, size: int | None = -1) -> bytes:
        """As of any file."""
        block = super().read(size)
        self.left -= len(block)
        if self.left < 0:
            raise Unusable("it holds too many bytes that are no file's; expected an archive of ordinary files")
        return block


def _implementation(folder: Path) -> Path:
    """Look through a single folder that everything lies in, and find a single `.py` that is everything."""
    while True:
        entries = sorted(folder.iterdir())
        if len(entries) != 1 or entries[0].stem in TOPICS:
            return folder
        if entries[0].is_file():
            return entries[0] if entries[0].suffix == ".py" else folder
        folder = entries[0]
