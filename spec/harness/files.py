"""Atomic writing of files."""

import os
import shutil
import threading
from pathlib import Path


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
