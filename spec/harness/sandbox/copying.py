"""A submission, copied to where a worker may read it: plain files only, within bounds."""

import os
import shutil
from pathlib import Path

from ..errors import SpecificationError

MOST_FILES = 10_000
MOST_BYTES = 2**30
LEFT_OUT = ("__pycache__", ".git", ".venv", "node_modules")


def copied(source: Path, folder: Path) -> str:
    """Copy a file, or a folder without its links, pipes and the like, into `folder`; return the name it has there.

    Raises `SpecificationError` where it is larger than anything meant to be graded.
    """
    name = "submission" if source.is_dir() else "submission.py"
    if not source.is_dir():
        _copy(source, folder / name, 0)
        return name
    (folder / name).mkdir()
    count = total = 0
    for place, folders, files in os.walk(source):
        folders[:] = [each for each in folders if each not in LEFT_OUT and not Path(place, each).is_symlink()]
        target = folder / name / Path(place).relative_to(source)
        target.mkdir(exist_ok=True)
        for file in files:
            path = Path(place, file)
            if path.is_symlink() or not path.is_file():
                continue
            count += 1
            total = _copy(path, target / file, total)
            if count > MOST_FILES:
                raise SpecificationError(f"--impl {source}: more than {MOST_FILES} files")
    _readable(folder / name)
    return name


def _copy(source: Path, target: Path, total: int) -> int:
    total += source.stat().st_size
    if total > MOST_BYTES:
        raise SpecificationError(f"--impl {source}: more than {MOST_BYTES >> 20} MiB")
    shutil.copyfile(source, target, follow_symlinks=False)
    return total


def _readable(folder: Path) -> None:
    for place, _, files in os.walk(folder):
        os.chmod(place, 0o755)
        for file in files:
            os.chmod(Path(place, file), 0o644)
