"""Runs an implementation that is not to be trusted in another process, which can return data and do nothing else."""

from enum import Enum

UNSANDBOXED = (
    "UNSANDBOXED: the implementation ran in another process, with your rights; these results deserve no more trust"
)


def is_unsandboxed(label: str) -> bool:
    """Whether what `claims.json` says of the sandbox is that there was none to hold the other process."""
    return label.endswith("(unsandboxed)")


class ReturnKind(Enum):
    """What the contract says a function returns."""

    VALUE = "plain data"
    HANDLE = "an object that stays where it is"
    NOTHING = "nothing"
