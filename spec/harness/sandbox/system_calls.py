"""The filter of system calls for workers, beside whatever else confines them: a list of what is refused.

It closes what namespaces and Landlock leave open: sockets, other processes' memory, new namespaces, files that live in
memory only, and much that no implementation needs. Compiled here, by libseccomp; the forkserver only loads it.
"""

import errno
import platform
import tempfile

REFUSED = (
    # the network, and sockets of the machine's services
    "socket", "connect", "bind", "listen",
    # other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "process_madvise",
    # memory that no limit counts
    "memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open",
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
CLONE_NEW_NAMESPACES = 0x7E020000
"""Every flag of clone(2) that asks for a namespace."""


class Unavailable(Exception):
    """There is no libseccomp; the message says why."""


def compiled(*more: str) -> bytes:
    """The filter as a BPF program, which refuses the calls `more` as well. Raises `Unavailable`."""
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError, OSError) as error:
        raise Unavailable(f"libseccomp: {error}") from error
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in (*REFUSED, *more):
        # Not every call exists on every machine.
        if seccomp.resolve_syscall(seccomp.system_arch(), name) != -1:
            rules.add_rule(seccomp.ERRNO(errno.EPERM), name)
    # glibc falls back to clone(2), whose flags can be looked at.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    flags = 1 if platform.machine().startswith("s390") else 0
    for bit in range(32):
        if CLONE_NEW_NAMESPACES >> bit & 1:
            requested = seccomp.Arg(flags, seccomp.MASKED_EQ, 1 << bit, 1 << bit)
            rules.add_rule(seccomp.ERRNO(errno.EPERM), "clone", requested)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
