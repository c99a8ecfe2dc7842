"""The environment of the processes that a run starts."""

import os


def for_children() -> dict[str, str]:
    """The environment of a pytest that this process starts: what concerns the run that this may be part of left out."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "GITHUB_"))}
