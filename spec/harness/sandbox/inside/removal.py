"""Removes a folder of somebody else's making, however deep it is."""

import contextlib
import os
import stat
from itertools import count


def remove(path: str | os.PathLike[str]) -> None:
    """Remove a folder with all that is in it, or a file; what cannot be removed stays. Never follows a link.

    Folders in folders are moved up first: no path is longer than two names, and no function calls itself.
    """
    path = os.fspath(path)
    if not _is_folder(path):
        with contextlib.suppress(OSError):
            os.unlink(path)
        return
    numbers = count()
    stuck: set[str] = set()
    while folders := [entry for entry in _emptied(path) if entry not in stuck]:
        for folder in folders:
            for inner in _emptied(folder):
                with contextlib.suppress(OSError):
                    os.rename(inner, _free_name(path, numbers))
            try:
                os.rmdir(folder)
            except OSError:
                stuck.add(folder)
    with contextlib.suppress(OSError):
        os.rmdir(path)


def _is_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _emptied(folder: str) -> list[str]:
    """The folders in a folder, after everything else in it was removed."""
    folders = []
    with contextlib.suppress(OSError):
        os.chmod(folder, 0o700)
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    for name in names:
        if _is_folder(inner := os.path.join(folder, name)):
            folders.append(inner)
        else:
            with contextlib.suppress(OSError):
                os.unlink(inner)
    return folders


def _free_name(folder: str, numbers: "count[int]") -> str:
    """A name that nothing in the folder has."""
    return next(name for number in numbers if not os.path.lexists(name := os.path.join(folder, f".removed-{number}")))
