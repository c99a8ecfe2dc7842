"""Runs an implementation that is not to be trusted in another process, which can return data and do nothing else."""

UNSANDBOXED = (
    "UNSANDBOXED: the implementation ran in another process, with your rights; these results deserve no more trust"
)


def is_unsandboxed(label: str) -> bool:
    """Whether a sandbox's label in `claims.json` says that nothing confined the implementation's process."""
    return label.endswith("(unsandboxed)")
