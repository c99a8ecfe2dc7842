"""What a process gives up before it meets the submission: privileges, files, system calls, resources.

Landlock, the filter of system calls and the hard limits are inherited by whatever the process starts.
"""

import contextlib
import ctypes
import os
import signal
from typing import Any

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
PR_SET_KEEPCAPS, PR_SET_CHILD_SUBREAPER = 8, 36
CAP_DAC_READ_SEARCH, CAP_SETGID, CAP_SETUID = 1 << 2, 1 << 6, 1 << 7
MS_NOSUID, MS_NODEV, MS_REMOUNT = 2, 4, 32
CAPABILITY_VERSION = 0x20080522


def prctl(option: int, argument: int, pointer: Any = 0) -> int:
    """The system call of that name; its result, or -1 where there is none."""
    try:
        return int(ctypes.CDLL(None, use_errno=True).prctl(option, ctypes.c_ulong(argument), pointer, 0, 0))
    except AttributeError:  # not on Linux
        return -1


def die_with_parent() -> None:
    """Have this process killed when its parent ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def prefer_for_oom_kill() -> None:
    """Should the machine run out of memory, have this process killed before any other."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def bound_temporary_files(folder: str, options: str) -> None:
    """Mount a file system in memory again, with these options; then give up every capability but to change the user.

    Raises `OSError` where the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    flags = MS_REMOUNT | MS_NOSUID | MS_NODEV
    if libc.mount(b"tmpfs", folder.encode(), None, ctypes.c_ulong(flags), options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"cannot limit the files of {folder}")
    _set_capabilities(CAP_SETGID | CAP_SETUID if os.geteuid() == 0 else 0)


def enter(uid: int | None, reads_all: bool, landlock: dict[str, list[str]] | None, filter_: bytes | None) -> None:
    """Become the user `uid`, who may read every file if `reads_all`; then keep to the files and system calls allowed.

    `landlock` lists paths to "read", to "list", of "devices" and to "write"; `filter_` is a seccomp program. What is
    None changes nothing. Raises `OSError` where the kernel refuses.
    """
    if uid is not None:
        if reads_all:
            prctl(PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        _set_capabilities(CAP_DAC_READ_SEARCH if reads_all else 0)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    # Neither its memory nor its environment can be read by another process of the same user, and it dumps no core.
    prctl(PR_SET_DUMPABLE, 0)
    if landlock is not None:
        _restrict_files(landlock)
    if filter_ is not None:
        restrict_calls(filter_)


def prepare_to_part() -> None:
    """Load what `part_from_others` needs, so that not every worker has to look for it."""
    from py_landlock import get_abi_version

    get_abi_version()


def part_from_others(folder: str | None) -> None:
    """Send signals to no process but this one and those it starts; write nowhere but in the folder, if there is one.

    Needs Linux 6.12. Raises `OSError` where the kernel refuses.
    """
    from py_landlock import AccessFs, PathBeneathAttr, RulesetAttr, Scope, add_rule, create_ruleset, restrict_self

    writing = AccessFs(0)
    if folder is not None:
        for access in AccessFs:
            if access.name and access.name.startswith(("WRITE_", "MAKE_", "REMOVE_", "TRUNCATE", "REFER")):
                writing |= access
    ruleset = create_ruleset(RulesetAttr(handled_access_fs=writing, scoped=Scope.SIGNAL))
    for path, access in ((folder, writing), (os.devnull, AccessFs.WRITE_FILE)) if folder is not None else ():
        file = os.open(path, os.O_PATH)
        add_rule(ruleset, PathBeneathAttr(allowed_access=access, parent_fd=file))
        os.close(file)
    restrict_self(ruleset, None)
    os.close(ruleset)


def limit(limits: dict[str, int]) -> None:
    """Set soft and hard resource limits, by their names in `resource`; nothing raises them again."""
    import resource

    for name, value in limits.items():
        number = getattr(resource, name, None)
        if number is not None:
            _, hard = resource.getrlimit(number)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            # Some systems do not know the limit, or refuse it.
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(number, (value, value))


def address_space() -> int:
    """Bytes of address space that this process uses; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _set_capabilities(mask: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    # Effective, permitted and inheritable capabilities below 32, then those above.
    if libc.capset(header, (ctypes.c_uint32 * 6)(mask, mask, 0, 0, 0, 0)) != 0:
        raise OSError(ctypes.get_errno(), "cannot drop capabilities")


def _restrict_files(allowed: dict[str, list[str]]) -> None:
    from py_landlock import AccessFs, Landlock

    file = AccessFs.READ_FILE | AccessFs.EXECUTE
    rules = Landlock(strict=False)
    for path in allowed["read"]:
        rules.add_path_rule(path, access=file | AccessFs.READ_DIR if os.path.isdir(path) else file)
    rules.add_path_rule(*allowed["list"], access=AccessFs.READ_DIR)
    rules.add_path_rule(*allowed["devices"], access=AccessFs.READ_FILE | AccessFs.WRITE_FILE | AccessFs.IOCTL_DEV)
    # With it, files may also go from one folder to another, without which deep ones cannot be removed.
    rules.allow_read_write(*allowed["write"]).add_path_rule(*allowed["write"], access=AccessFs.REFER)
    rules.apply()


def restrict_calls(program: bytes) -> None:
    """Refuse the system calls that a seccomp program does. Raises `OSError` where the kernel refuses."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))

    mode_filter = 2
    if prctl(PR_SET_SECCOMP, mode_filter, ctypes.byref(Program(len(program) // 8, program))) != 0:
        raise OSError(ctypes.get_errno(), "cannot filter system calls")
