"""The environment of the processes that a run starts."""

import os

from .paths import PROJECT


def for_children() -> dict[str, str]:
    """The environment of a pytest that this process starts: what concerns the run that this may be part of left out."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_", "GITHUB_"))}
    # Hypothesis would keep its tables of characters in whichever folder a command is called.
    return {"HYPOTHESIS_STORAGE_DIRECTORY": str(PROJECT / ".hypothesis"), **kept}
