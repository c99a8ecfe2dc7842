"""A Gradescope autograder: `setup.sh`, `run_autograder`, and what of the project they need, in a folder to be zipped.

Gradescope's container has 768 MB of memory, half a core and ten minutes unless the instructor asks for more. That is
enough for the claims without training; `spec/guide/grading.md` says what they take.
"""

import shutil
from pathlib import Path

from ...errors import SpecificationError
from ...paths import PROJECT
from ...sandbox.inside.removal import remove

NEEDED = ("conftest.py", "pyproject.toml", "constraints.txt", "README.md", "LICENSE", "spec")
"""What grading needs of the project; its own implementations stay away from students' code."""

SETUP = r"""#!/usr/bin/env bash
# Runs once, when Gradescope builds the container's image.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update
apt-get install -y --no-install-recommends bubblewrap ca-certificates python3 python3-pip python3-venv
project=/autograder/source/project
environment=/autograder/environment
if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python3 -m venv "$environment"
else
    # The image's own Python is too old: take one from elsewhere.
    python3 -m pip install uv
    python3 -m uv venv --seed --python 3.12 "$environment"
fi
"$environment/bin/pip" install --no-cache-dir torch==@TORCH@ --index-url https://download.pytorch.org/whl/cpu
"$environment/bin/pip" install --no-cache-dir -c "$project/constraints.txt" -e "$project"
"""

RUN = r"""#!/usr/bin/env bash
# Runs for each submission. Where the grader itself fails there is no results.json: Gradescope then shows the submission
# as not graded, no points are lost, and it can be run again.
set -uo pipefail
claims=/autograder/environment/bin/claims
out=$(mktemp -d)
"$claims" grade /autograder/submission --out "$out" --workers 1 @OPTIONS@ || exit 1
mkdir -p /autograder/results
"$claims" export gradescope "$out" --submission submission --out /autograder/results/results.json
"""


def write_autograder(folder: Path, assignment: Path | None) -> None:
    """Write the autograder into a new or empty folder; without an assignment it grades what needs no training."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SpecificationError(f"export gradescope-autograder {folder}: expected a new or an empty folder")
    try:
        _write_into(folder, assignment)
    except BaseException:
        for name in ("project", "assignment.toml", "setup.sh", "run_autograder"):
            remove(folder / name)
        raise


def _write_into(folder: Path, assignment: Path | None) -> None:
    project = folder / "project"
    project.mkdir(parents=True)
    for name in NEEDED:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, project / name, ignore=shutil.ignore_patterns("__pycache__", "selfcheck"))
        elif source.exists():
            shutil.copy(source, project / name)
    options = "--exact"
    if assignment is not None:
        shutil.copy(assignment, folder / "assignment.toml")
        options = "--assignment /autograder/source/assignment.toml"
    _write(folder / "setup.sh", SETUP.replace("@TORCH@", _torch()))
    _write(folder / "run_autograder", RUN.replace("@OPTIONS@", options))


def _torch() -> str:
    """The version of torch that the project pins."""
    pins = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return next(pin.partition("==")[2] for pin in pins if pin.startswith("torch=="))


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")
    file.chmod(0o755)
