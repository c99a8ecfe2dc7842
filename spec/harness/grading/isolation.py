"""Which sandbox a class is graded in, and how that is said to pytest."""

import importlib

from ..errors import SpecificationError
from .assignment import Limits

ENOUGH = ("bubblewrap", "landlock")
"""What keeps one submission from the grader and from the others."""


def backend(asked: str, allow_unsandboxed: bool) -> str:
    """The backend that a class is graded in; `SpecificationError` where it would not be enough."""
    found = _strongest() if asked == "auto" else asked
    if found not in ENOUGH and not allow_unsandboxed:
        raise SpecificationError(
            f"--sandbox {asked}: the strongest isolation to be had here is {found!r}; expected one out of "
            f"{', '.join(ENOUGH)} (or --allow-unsandboxed, for submissions that you trust as you trust your own code)"
        )
    return found


def _strongest() -> str:
    try:
        return str(importlib.import_module("spec.harness.sandbox").strongest())
    except ModuleNotFoundError:
        return "none"


def arguments(sandbox: str, limits: Limits) -> list[str]:
    """The options of pytest that say how a submission is shut in, and what it may take."""
    try:
        importlib.import_module("spec.harness.sandbox")
    except ModuleNotFoundError:
        return []
    given = {name: getattr(limits, name) for name in limits.__struct_fields__}
    stated = [f"--limit-{name.replace('_', '-')}={limit}" for name, limit in given.items() if limit is not None]
    return [f"--sandbox={sandbox}", *stated]
