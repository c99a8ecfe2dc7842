"""A `sitecustomize` that takes away what Windows has not, from this project's code: to be put first on PYTHONPATH.

Libraries keep what they use here: on Windows they use something else. macOS lacks less: `/proc`, the number of cores
that one may use, and packets between processes.
"""

import builtins
import os
import signal
import socket
import sys
from types import ModuleType

HERE = os.environ["CLAIMS_PROJECT"] + os.sep
MODULES = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "py_landlock", "pyseccomp"}
ATTRIBUTES = {
    os: "chown fork forkpty getpgid geteuid getgid getpgrp getsid getuid kill killpg lchown mkfifo nice pread "
    "sched_getaffinity sched_setaffinity setpgid setsid statvfs sysconf uname wait wait4 waitid waitpid WNOHANG",
    signal: "SIGALRM SIGCHLD SIGCONT SIGHUP SIGKILL SIGQUIT SIGSTOP SIGUSR1 SIGXCPU alarm setitimer sigwait",
    socket: "AF_UNIX CMSG_LEN SCM_RIGHTS SOCK_SEQPACKET recv_fds send_fds",
}


def asked_by_the_project() -> bool:
    """Whether a file of the project, but for its environment, asks: the first that is none of Python's own."""
    frame = sys._getframe(2)
    while frame and (frame.f_code.co_filename.startswith("<") or frame.f_code.co_filename == __file__):
        frame = frame.f_back  # type: ignore[assignment]
    file = frame.f_code.co_filename if frame else ""
    return file.startswith(HERE) and "site-packages" not in file


class Elsewhere(ModuleType):
    """A module of which the project finds some names missing."""

    def __getattribute__(self, name: str) -> object:
        if name in missing.get(id(self), ()) and asked_by_the_project():
            raise AttributeError(f"module has no attribute {name!r} on this system")
        return super().__getattribute__(name)


missing = {id(module): set(names.split()) for module, names in ATTRIBUTES.items()}
for module in ATTRIBUTES:
    module.__class__ = Elsewhere

whole_import, whole_open = builtins.__import__, builtins.open


def importing(name, *args, **kwargs):  # type: ignore[no-untyped-def]
    """`__import__`, without what is not there."""
    if name in MODULES and asked_by_the_project():
        raise ModuleNotFoundError(f"No module named {name!r} on this system", name=name)
    return whole_import(name, *args, **kwargs)


def opening(file, *args, **kwargs):  # type: ignore[no-untyped-def]
    """`open`, without /proc."""
    if str(file).startswith(("/proc", "/sys")) and asked_by_the_project():
        raise FileNotFoundError(2, "No such file or directory", str(file))
    return whole_open(file, *args, **kwargs)


builtins.__import__, builtins.open = importing, opening
