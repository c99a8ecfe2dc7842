"""Where the project and its parts lie, and paths as arguments of commands."""

import argparse
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SPEC = PROJECT / "spec"
IMPL = PROJECT / "impl"
AT_SCALE = SPEC / "at_scale.md"
MUTANTS = SPEC / "selfcheck" / "mutants"


def to_path(text: str) -> Path:
    """The path in an argument of a command; an empty one, as a variable that is not set leaves, is no path.

    `Path` would take it for the current folder.
    """
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a path")
    return Path(text)
