"""Runs of the trained claims in processes of their own, and the files that keep what came of them, one line per run.

A stopped series of runs resumes, later ones add to the file, and so do several processes at once. Files of machines
that do not share one are read together.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec
from filelock import FileLock

from .. import files, process_env
from ..errors import SpecificationError
from ..evidence import results
from ..evidence.results import Results
from ..implementation.loading import is_path, topics_of
from ..paths import PROJECT

T = TypeVar("T", bound=msgspec.Struct)

BEGINNING = b'{"seed":'
"""Of every line: the first field of what is kept is the seed."""
OWN = "impl"
"""The project's own implementation."""


def run(seed: int, options: Sequence[str], where: str | None = None) -> Results:
    """Run the trained claims on one list of seeds, with further options of pytest; on `impl` where `where` is None."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "claims.json"
        implementation = [f"--impl={where}"] if where else []
        arguments = ["-m", "claims and trained", "-q", "-p", "no:cacheprovider", *options, *implementation]
        completed = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments, "--claims-seed", str(seed), "--claims-json", str(file)],
            cwd=PROJECT,
            env=process_env.for_children(),
            capture_output=True,
            text=True,
            check=False,
        )
        if not file.exists():
            raise SpecificationError(f"seed {seed} could not be run:\n{completed.stdout}{completed.stderr}")
        return results.read(file)


def read(places: Sequence[Path], kept: type[T], command: str) -> list[T]:
    """The runs in these files, of which the first need not be there yet."""
    for file in places[1:]:
        if not file.is_file():
            raise SpecificationError(f"--file {file}: no such file; expected one that `claims {command}` wrote")
    return [run for file in places for run in _read(file, kept, command)]


def _read(file: Path, kept: type[T], command: str) -> list[T]:
    """Those of one file, without a last line that a stopped run left unfinished."""
    lines = file.read_bytes().splitlines(keepends=True) if file.exists() else []
    runs = []
    for number, line in enumerate(lines, start=1):
        if not line.endswith(b"\n") and BEGINNING.startswith(line[: len(BEGINNING)]):
            continue
        try:
            runs.append(msgspec.json.decode(line, type=kept))
        except msgspec.DecodeError as error:
            raise SpecificationError(
                f"{file}:{number}: {error}; expected a line that `claims {command}` wrote"
            ) from error
    return runs


def append(file: Path, kept: msgspec.Struct) -> None:
    """Add a run to the file, in place of what a stopped run may have left of its last line."""
    with FileLock(file.with_name(f".{file.name}.lock")):
        before = file.read_bytes() if file.exists() else b""
        files.write(file, before[: before.rfind(b"\n") + 1] + msgspec.json.encode(kept) + b"\n")


def place_of(where: str) -> str:
    """What `--impl` names, as a run in any folder finds it. Raises `SpecificationError` where there is none."""
    topics_of(where)
    return str(Path(where).absolute()) if is_path(where) else where


def name_of(where: str) -> str:
    """What an implementation is called in what is kept: the last part of its path or of its module's name."""
    return Path(where).stem if is_path(where) else where.rpartition(".")[2]
