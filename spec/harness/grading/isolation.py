"""Which sandbox a class is graded in, and how that is said to pytest."""

from ..errors import SpecificationError
from ..sandbox import probe
from .assignment import Limits

ENOUGH = ("bubblewrap", "landlock")
"""What keeps one submission from the grader and from the others."""


def backend(asked: str, allow_unsandboxed: bool) -> str:
    """The backend that a class is graded in, probed; `SpecificationError` where it does not work or is not enough."""
    found = asked if asked == "none" else probe.chosen(asked)
    if found not in ENOUGH and not allow_unsandboxed:
        raise SpecificationError(
            f"--sandbox {asked}: the strongest isolation to be had here is {found!r}; expected one out of "
            f"{', '.join(ENOUGH)} (or --allow-unsandboxed, for submissions that you trust as you trust your own code)"
        )
    return found


def arguments(sandbox: str, limits: Limits) -> list[str]:
    """The options of pytest that say how a submission is shut in, and what it may take."""
    given = {name: getattr(limits, name) for name in limits.__struct_fields__}
    stated = [f"--limit-{name.replace('_', '-')}={limit}" for name, limit in given.items() if limit is not None]
    return [f"--sandbox={sandbox}", *stated]
