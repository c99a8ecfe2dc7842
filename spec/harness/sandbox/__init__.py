"""Runs an implementation that is not to be trusted in another process, which can return data and do nothing else."""

UNSANDBOXED = "UNSANDBOXED: the implementation ran with your rights; trust these results no more than its code"
UNCONFINED = "(unsandboxed)"
"""How the label of a run ends in which nothing confined an implementation from elsewhere."""


def is_unsandboxed(label: str) -> bool:
    """Whether a sandbox's label in `claims.json` says that nothing confined the implementation's process."""
    return label.endswith(UNCONFINED)
