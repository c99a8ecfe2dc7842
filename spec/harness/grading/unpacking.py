"""Unpacking a submission without trusting a byte of it.

Nothing is written outside the target folder, no link is made, and size, number of files and compression are capped
while reading, whatever an archive claims of itself. Any fault of a submission raises `Unusable` with one sentence.
"""

import contextlib
import gzip
import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from spec.contract import TOPICS

from .diagnosis import content_of, find_implementation, flaw_of
from .submissions import (
    ARCHIVES,
    BLOCK,
    CAPS,
    MOST_IGNORED,
    Caps,
    Unusable,
    files_of,
    is_ignored,
    kind_of,
    special_type,
    unreadable_is_unusable,
)
from .text import one_line

LONGEST_NAME = 255
"""Bytes that a file's or folder's name may have, as the usual file systems limit it."""
CONTROL = re.compile("[\0-\x1f]")
PLAIN = re.compile(r"[\w ()=+-][\w .()=+-]*")


def unpack(path: Path, target: Path, wanted: Iterable[str] = TOPICS, caps: Caps = CAPS) -> tuple[Path, list[str]]:
    """Copy a submission into the new folder `target`; the path of the implementation in it, and remarks on what it is.

    `wanted` are the topics that count. Raises `Unusable` for whatever is the submission's fault, and `OSError` for what
    is not.
    """
    target.mkdir()
    kind = kind_of(path)
    writer = _Writer(target, caps, path.stat().st_size if kind in ARCHIVES else None)
    _copy(path, kind, writer)
    # A `.py` that was submitted by itself holds all topics, even if it is named like a single topic.
    if kind == ".py":
        (file,) = target.iterdir()
        return file, [f"{one_line(file.name)} {flaw}" for flaw in [flaw_of(file)] if flaw]
    left_out = writer.remarks + _unpack_nested(target, caps)
    try:
        implementation, remarks = find_implementation(target, wanted)
    except Unusable as error:
        raise Unusable("; ".join([str(error), *left_out])) from error
    return implementation, left_out + remarks


def _copy(path: Path, kind: str, writer: "_Writer") -> None:
    if kind == ".zip":
        _unpack_zip(path, writer)
    elif kind in ARCHIVES:
        _unpack_tar(path, writer)
    else:
        for name, file in files_of(path, writer.caps):
            # What it is called by itself is nobody's concern, so it may be no name to write, or to import.
            if kind == ".py":
                stem = name[: -len(kind)]
                name = f"{stem if PLAIN.fullmatch(stem) else 'submission'}.py"
            with unreadable_is_unusable(path):
                data = file.open("rb")
            with data:
                writer.add_file(name, data)


def _unpack_nested(folder: Path, caps: Caps) -> list[str]:
    """Unpack the archive that a submission without Python files consists of, beside other files: once.

    Returns remarks on what was left out of it.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    archives = [path for path in files if path.name.lower().endswith(ARCHIVES)]
    if len(archives) != 1 or any(path.suffix == ".py" for path in files):
        return []
    (archive,) = archives
    names = ("unpacked", *(f"unpacked ({number})" for number in range(2, caps.files + 3)))
    (inside := next(folder / name for name in names if not os.path.lexists(folder / name))).mkdir()
    kind = next(suffix for suffix in ARCHIVES if archive.name.lower().endswith(suffix))
    writer = _Writer(inside, caps, archive.stat().st_size)
    try:
        _copy(archive, kind, writer)
    except Unusable as error:
        raise Unusable(f"in its {one_line(archive.name, 80)!r}: {error}") from error
    # What it held stands in its place.
    archive.unlink()
    return writer.remarks


class _Writer:
    """Writes files below a folder, after checking their names; counts, and stops at the caps."""

    def __init__(self, target: Path, caps: Caps, packed_size: int | None = None) -> None:
        """`packed_size` is the size of the archive that the files come from, if they come from one."""
        self.target, self.caps, self.packed_size = target, caps, packed_size
        self.size = 0
        self.remarks: list[str] = []
        """What was left out, and why."""
        self.entries: set[PurePosixPath] = set()
        """The files and folders so far."""
        self.ignored = 0

    def ignores(self, name: str) -> bool:
        """Whether an entry of an archive, of whatever type, is not part of the submission."""
        # Archives made on Windows may have its separators.
        if not any(map(is_ignored, name.replace("\\", "/").split("/"))):
            return False
        self.ignored += 1
        if self.ignored > MOST_IGNORED:
            raise Unusable(f"it contains more than {MOST_IGNORED:,} entries; expected an archive without libraries")
        return True

    def add_folder(self, name: str) -> None:
        """Make a folder; of a name that comes again, nothing."""
        path = self._checked(name)
        if path is not None:
            self._count(path)
            with _once(path):
                (self.target / path).mkdir(parents=True, exist_ok=True)

    def add_file(self, name: str, data: IO[bytes]) -> None:
        """Write one file, counting the bytes that there really are."""
        path = self._checked(name)
        if path is None:
            return
        self._count(path)
        file = self.target / path
        with _once(path):
            file.parent.mkdir(parents=True, exist_ok=True)
            opened = file.open("xb")
        with opened as out:
            while block := data.read(BLOCK):
                self.size += len(block)
                self._check_size()
                out.write(block)

    def _checked(self, name: str) -> PurePosixPath | None:
        """The path of an entry below the folder; None for that folder itself, and for a name that is left out."""
        shown = repr(one_line(name, 100))
        if CONTROL.search(name):
            raise Unusable(f"it contains {shown}; expected names without control characters")
        path = PurePosixPath(name.replace("\\", "/"))
        # Only some systems have drives; elsewhere `C:` is a name like any other.
        if path.is_absolute() or ".." in path.parts or os.path.splitdrive(path)[0]:
            raise Unusable(f"it contains {shown}, a path outside the submission; expected relative paths without ..")
        if not path.parts:
            return None
        if len(name) > self.caps.path:
            raise Unusable(f"it contains {shown}; expected paths of at most {self.caps.path} characters")
        if any(len(os.fsencode(part)) > LONGEST_NAME for part in path.parts):
            raise Unusable(f"it contains {shown}; expected names of at most {LONGEST_NAME} bytes in UTF-8")
        try:
            name.encode()
        except UnicodeEncodeError:
            self.remarks.append(f"{shown} is left out: its name is not in UTF-8")
            return None
        return path

    def _count(self, path: PurePosixPath) -> None:
        """Refuse more entries than there may be."""
        self.entries |= {path, *path.parents} - {PurePosixPath()}
        if len(self.entries) > self.caps.files:
            raise Unusable(
                f"it contains more than {self.caps.files:,} files and folders; expected at most {self.caps.files:,}"
            )

    def _check_size(self) -> None:
        if self.size > self.caps.size:
            raise Unusable(f"it has more than {self.caps.size:,} bytes unpacked; expected at most {self.caps.size:,}")
        if self.packed_size is not None and self.size > max(2**20, self.caps.ratio * self.packed_size):
            raise Unusable(
                f"it unpacks to more than {self.caps.ratio} times its {self.packed_size:,} bytes; expected an archive "
                "of ordinary files"
            )


@contextlib.contextmanager
def _once(path: PurePosixPath) -> Iterator[None]:
    """Refuse an entry whose place is taken, as the system sees it: to some, names that differ in case are the same."""
    try:
        yield
    except (FileExistsError, NotADirectoryError) as error:
        raise Unusable(f"it contains {one_line(path.as_posix(), 100)!r} twice; expected each name once") from error


def _unpack_zip(path: Path, writer: _Writer) -> None:
    with unreadable_is_unusable(path), _flaws_are_its_own(path, ".zip"), zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if not writer.ignores(entry.filename):
                _unpack_zip_entry(archive, entry, writer)


@contextlib.contextmanager
def _flaws_are_its_own(path: Path, kind: str) -> Iterator[None]:
    """Whatever reading an archive raises is its own fault, but for what the system says, and for memory."""
    try:
        yield
    except (Unusable, MemoryError):
        raise
    except Exception as error:
        # That of a broken stream is none of the system's.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        with path.open("rb") as file:
            found = content_of(file.read(8))
        expected = {".zip": "a zip archive", ".tar.gz": "a gzip archive"}[kind]
        flaw = f"it is {found}" if found not in ("", expected) else one_line(str(error)) or type(error).__name__
        raise Unusable(f"it is not a valid {kind} file: {flaw}") from error


def _unpack_zip_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, writer: _Writer) -> None:
    name, mode = repr(one_line(entry.filename, 100)), entry.external_attr >> 16
    # Only Unix writes the type of an entry; elsewhere it is 0.
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Unusable(f"{name} is a {special_type(mode)}; expected only files and folders")
    if entry.flag_bits & 0x1:
        raise Unusable(f"{name} is encrypted; expected an archive without a password")
    # So do folders end that Windows has packed.
    if entry.filename.endswith(("/", "\\")):
        writer.add_folder(entry.filename)
    else:
        with archive.open(entry) as data:
            writer.add_file(entry.filename, data)


def _unpack_tar(path: Path, writer: _Writer) -> None:
    # Padding and headers count as well: an archive of nothing else would otherwise be read for ever.
    most = 2 * writer.caps.size + 4096 * writer.caps.files
    with (
        unreadable_is_unusable(path),
        _flaws_are_its_own(path, ".tar.gz"),
        _CappedGzip(path, most) as unzipped,
        tarfile.open(fileobj=unzipped, mode="r|") as archive,
    ):
        for member in archive:
            if not writer.ignores(member.name):
                _unpack_tar_member(archive, member, writer)


def _unpack_tar_member(archive: tarfile.TarFile, member: tarfile.TarInfo, writer: _Writer) -> None:
    if member.isdir():
        writer.add_folder(member.name)
    elif member.isreg():
        data = archive.extractfile(member)
        assert data is not None, "a regular file has contents"
        with data:
            writer.add_file(member.name, data)
    else:
        kind = "link" if member.islnk() or member.issym() else "device"
        raise Unusable(f"{one_line(member.name, 100)!r} is a {kind}; expected only files and folders")


class _CappedGzip(gzip.GzipFile):
    """A gzip file that raises `Unusable` once more than `most` bytes were unzipped."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(path, "rb")
        self.left = most

    def read(self, size: int | None = -1) -> bytes:
        """Unzip up to `size` bytes."""
        block = super().read(size)
        self.left -= len(block)
        if self.left < 0:
            raise Unusable("it has too many bytes that belong to no file; expected an archive of ordinary files")
        return block
