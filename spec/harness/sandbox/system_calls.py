"""The filter of system calls for workers, beside whatever else confines them: a list of what is refused.

It closes what namespaces and Landlock leave open: sockets, other processes, new namespaces, memory that no limit
counts, what all processes of a user share, and much that no implementation needs. Compiled here, by libseccomp; the
forkserver only loads it.
"""

import errno
import platform
import tempfile
from functools import partial
from typing import Any

REFUSED = (
    # the network, sockets of the machine's services, and buffers that no limit counts
    "socket", "connect", "bind", "listen", "socketpair",
    # other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise", "process_mrelease",
    "move_pages", "migrate_pages", "get_robust_list", "ioprio_set",
    # memory that no limit counts
    "memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open",
    # the same where others have made it: its number, or its name, is enough to read or remove it
    "shmat", "shmctl", "msgsnd", "msgrcv", "msgctl", "semop", "semtimedop", "semctl", "mq_unlink",
    # what all processes of a user share: events, watches and locks, with which submissions could also talk
    "io_setup", "inotify_init", "inotify_init1", "flock", "cachestat",
    # the machine
    "add_key", "keyctl", "request_key", "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "open_by_handle_at",
    "name_to_handle_at", "fanotify_init", "quotactl", "syslog", "acct", "reboot", "kexec_load", "init_module",
    "finit_module", "delete_module", "swapon", "swapoff", "settimeofday", "clock_settime", "adjtimex", "personality",
    # other namespaces and file systems
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount",
    "mount_setattr", "fspick",
)  # fmt: skip
BESIDE_FILES = (
    # what Landlock does not (or before ABI 3 did not) keep to the permitted files
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr",
    "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "utime", "utimes", "utimensat", "futimesat", "truncate",
)  # fmt: skip
SIGNALS = ("kill", "tkill", "tgkill", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
OF_ONE_PROCESS = {
    "prlimit64": 0, "sched_setaffinity": 0, "sched_setscheduler": 0, "sched_setparam": 0, "sched_setattr": 0,
    "setpriority": 1,
}  # fmt: skip
"""Calls that act on the process whose id is the argument of that position, 0 for the one that calls."""
OF_FOLDERS = {"mkdir": 1, "mkdirat": 2}
"""Calls that make a folder, with the permissions of that argument."""
OF_ITS_OWNER = (0o400, 0o200, 0o100)
"""Permissions without which a folder can be neither measured nor removed by a user who is not root."""
OF_A_WORKER = (
    "setsid",
    "sendmsg",
    "sendmmsg",
    "landlock_create_ruleset",
    "landlock_add_rule",
    "landlock_restrict_self",
)
"""What workers do not need, and the forkserver did before it met the submission.

All processes of a worker stay in one session, by which Linux may share the processor out; none passes on a file, or has
the system keep rules, which no limit counts.
"""
PR_SET_DUMPABLE = 4
CLONE_NEW_NAMESPACES = 0x7E020000
"""Every flag of clone(2) that asks for a namespace."""
FCNTL_REFUSED = (6, 7, 37, 38, 1024, 8, 15, 10, 1026, 1031)
"""Commands of fcntl(2) that lock (F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW, F_SETLEASE), have signals sent
(F_SETOWN, F_SETOWN_EX, F_SETSIG, F_NOTIFY), or enlarge a pipe's buffer (F_SETPIPE_SZ)."""
IOCTL_REFUSED = (0x8901, 0x8902)
"""FIOSETOWN and SIOCSPGRP, which have signals sent."""
MAP_SHARED_ANONYMOUS = 0x21
RWF_NOWAIT = 8


class Unavailable(Exception):
    """There is no libseccomp; the message says why."""


def compiled(*more: str) -> bytes:
    """The filter as a BPF program, which refuses the calls `more` as well. Raises `Unavailable`."""
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise Unavailable(f"libseccomp: {error}") from error
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    refuse = partial(_refuse, rules)

    for name in (*REFUSED, *more):
        refuse(name)
    for name, position in OF_ONE_PROCESS.items():
        refuse(name, seccomp.Arg(position, seccomp.NE, 0))
    # Of a process, neither of a group nor of a user.
    refuse("setpriority", seccomp.Arg(0, seccomp.NE, 0))
    for permission in OF_ITS_OWNER:
        for name, position in OF_FOLDERS.items():
            refuse(name, seccomp.Arg(position, seccomp.MASKED_EQ, permission, 0))
        refuse("umask", seccomp.Arg(0, seccomp.MASKED_EQ, permission, permission))
    # Linux reads the lower half of the argument alone.
    for name, commands in (("fcntl", FCNTL_REFUSED), ("ioctl", IOCTL_REFUSED)):
        for command in commands:
            refuse(name, seccomp.Arg(1, seccomp.MASKED_EQ, 0xFFFFFFFF, command))
    # Such pages stay when they are dropped, or unmapped in part, and belong to no process then.
    refuse("mmap", seccomp.Arg(3, seccomp.MASKED_EQ, MAP_SHARED_ANONYMOUS, MAP_SHARED_ANONYMOUS))
    # It tells what others have read.
    refuse("preadv2", seccomp.Arg(5, seccomp.MASKED_EQ, RWF_NOWAIT, RWF_NOWAIT), by=errno.EOPNOTSUPP)
    # glibc falls back to clone(2), whose flags can be looked at.
    refuse("clone3", by=errno.ENOSYS)
    flags = 1 if platform.machine().startswith("s390") else 0
    for bit in range(32):
        if CLONE_NEW_NAMESPACES >> bit & 1:
            refuse("clone", seccomp.Arg(flags, seccomp.MASKED_EQ, 1 << bit, 1 << bit))
    return _exported(rules)


def of_a_worker() -> bytes:
    """The filter that a worker adds as its last preparation. Raises `Unavailable`."""
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in OF_A_WORKER:
        _refuse(rules, name)
    # Whether the process that grades may see what it has open is not the worker's choice.
    _refuse(rules, "prctl", seccomp.Arg(0, seccomp.MASKED_EQ, 0xFFFFFFFF, PR_SET_DUMPABLE))
    return _exported(rules)


def _refuse(rules: Any, name: str, *arguments: Any, by: int = errno.EPERM) -> None:
    import pyseccomp as seccomp

    # Not every call exists on every machine.
    if seccomp.resolve_syscall(seccomp.system_arch(), name) != -1:
        rules.add_rule(seccomp.ERRNO(by), name, *arguments)


def _exported(rules: Any) -> bytes:
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
