"""Atomic writing of files."""

import contextlib
import os
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path


def write_folder(folder: Path, contents: Mapping[str, str]) -> list[Path]:
    """Write files into a folder, which is made; where one cannot be written, none stays."""
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    written = [folder / name for name in contents]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in zip(written, contents.values(), strict=True):
            write(file, content)
    except BaseException:
        for file in written:
            file.unlink(missing_ok=True)
        for parent in made:
            with contextlib.suppress(OSError):
                parent.rmdir()
        raise
    return written


def write(file: Path, content: str | bytes) -> None:
    """Put `content` in place of what the file holds, as a whole or not at all; text is written as UTF-8.

    It is written beside the file and renamed, under a name of this thread's own, so that two writers do not meet.
    """
    file = file.resolve()
    data = content.encode() if isinstance(content, str) else content
    if file.exists() and not file.is_file():
        file.write_bytes(data)  # a device or a pipe is not replaced
        return
    beside = file.with_name(f".{file.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        beside.write_bytes(data)
        if file.exists():
            shutil.copymode(file, beside)
        os.replace(beside, file)
    except BaseException as error:
        beside.unlink(missing_ok=True)
        # Where a disk is full the system does not say which file it was.
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(file)
        raise
