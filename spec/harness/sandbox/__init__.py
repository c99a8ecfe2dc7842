"""Runs an implementation that is not to be trusted in another process, which can return data and do nothing else.

What a hostile implementation is after: points, the labels and the expected values; the process that grades, other
submissions and their results; the machine, its memory, disk and processors. What stands in its way:

| | bubblewrap | Landlock | subprocess |
|---|---|---|---|
| files | a view of its own, read-only, without labels | the same files are allowed, others are not | **nothing** |
| other processes | none of them is there; signals, limits, priorities, tracing refused | refused | **nothing** |
| network, sockets, System V, locks, watches | not there, refused | refused | **nothing** |
| memory | sampled, and a control group where one can be made; what is no process's is refused | the same | sampled |
| temporary files | a file system in memory of that size and number of files | sampled, deleted ones too | sampled |
| processes, threads | limited by the system, and sampled | as root the same; else with the user's others | sampled |
| processors | stopped between calls; one share for all its processes | the same | the same |
| messages | data only; time and memory in proportion to their length | the same | the same |

As root, workers become a user that nobody else is; otherwise they have the user's id, and only what is refused keeps
them from the user's processes. Sampled means that for up to half a second more can be taken than is allowed; in a
control group, no more than the limits on memory and temporary files together; without one, what the system notes about
a process besides its memory, some 15 MiB for each at most, counts nowhere. Nothing here keeps two submissions that
conspire from timing each other, or a worker from harming others of its own submission where Linux is older than 6.12,
except that it cannot send them signals. A container whose root lacks CAP_SYS_PTRACE does not see deleted files behind
Landlock.
"""

UNSANDBOXED = "UNSANDBOXED: the implementation ran with your permissions; trust these results no more than its code"
UNCONFINED = "(unsandboxed)"
"""How the label of a run ends in which nothing confined an implementation from elsewhere."""


def is_unsandboxed(label: str) -> bool:
    """Whether a sandbox's label in `claims.json` says that nothing confined the implementation's process."""
    return label.endswith(UNCONFINED)
