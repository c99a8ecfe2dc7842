"""Copies a submission to where a worker may read it: plain files only, within bounds."""

import os
import shutil
from pathlib import Path

from ..errors import SpecificationError
from .limits import MIB

MAX_FILES = 10_000
MAX_BYTES = 1024 * MIB
IGNORED_FOLDERS = ("__pycache__", ".git", ".venv", "node_modules")


def copy_submission(source: Path, folder: Path) -> str:
    """Copy a `.py` file, or a folder without its links, pipes and the like, into `folder`; return the copy's name.

    Raises `SpecificationError` where it is larger than anything meant to be graded.
    """
    name = source.name if source.is_dir() and source.name.isidentifier() else "submission"
    if not source.is_dir():
        _copy(source, folder / f"{name}.py", 0)
        return f"{name}.py"
    count = total = 0
    for place, folders, files in os.walk(source):
        folders[:] = [sub for sub in folders if sub not in IGNORED_FOLDERS and not Path(place, sub).is_symlink()]
        target = folder / name / Path(place).relative_to(source)
        target.mkdir()
        for file in files:
            path = Path(place, file)
            if path.is_symlink() or not path.is_file():
                continue
            count += 1
            total = _copy(path, target / file, total)
            if count > MAX_FILES:
                raise SpecificationError(f"--impl {source}: more than {MAX_FILES} files")
    _make_readable(folder / name)
    return name


def _copy(source: Path, target: Path, total: int) -> int:
    """Copy a file; return the total of bytes with it."""
    total += source.stat().st_size
    if total > MAX_BYTES:
        raise SpecificationError(f"--impl {source}: more than {MAX_BYTES // MIB} MiB")
    shutil.copyfile(source, target, follow_symlinks=False)
    return total


def _make_readable(folder: Path) -> None:
    for place, _, files in os.walk(folder):
        os.chmod(place, 0o755)
        for file in files:
            os.chmod(Path(place, file), 0o644)
