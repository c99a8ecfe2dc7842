"""What can stand between a submission and the machine, strongest first, and which of it works here.

*bubblewrap* gives the worker a file system, processes and a network of its own. *landlock* leaves it ours and forbids
all but the files it needs; a filter refuses system calls in both. *subprocess* is a process with limits and no sandbox.
"""

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import determinism
from . import system_calls, visible
from .limits import MIB, Limits

NAMES = ("bubblewrap", "landlock", "subprocess")
FIRST_UID = 2**30
"""Workers of a privileged run get a user of their own, whom nobody else is: this, and our process's number."""
PASSED = ("MKL_", "ATEN_", "OPENBLAS_", "CUBLAS_", "CUDA_", "KMP_", "LC_", "LANG", "NPY_")
"""Beginnings of the names of environment variables that a worker gets, because results depend on them."""
PYTHON = ("-P", "-s", "-S", "-B", "-u")
"""Neither the current folder nor what `.pth` files, sitecustomize or the user's folder would add; and a worker is
killed in the end, so that what it prints must not wait."""


@dataclass(frozen=True)
class Plan:
    """How to start one nursery: the command, without the numbers of its sockets, and its settings."""

    command: list[str]
    settings: dict[str, Any]
    environment: dict[str, str]
    bound: bool
    """Whether the system counts its processes apart from all others."""


def plan(name: str, home: Path, submission: str, limits: Limits, device: str) -> Plan:
    """How a backend runs what lies in `home`: the folders `inside`, `scratch`, and `submission` in `theirs`.

    Raises `system_calls.Unavailable` or `OSError` where something it needs is not there.
    """
    return {"bubblewrap": _bubblewrap, "landlock": _landlock, "subprocess": _subprocess}[name](
        home, submission, limits, device
    )


def described(name: str) -> str:
    """A backend with its version, for the record."""
    if name == "bubblewrap":
        version = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
        return f"bubblewrap {version}, seccomp"
    if name == "landlock":
        from py_landlock import get_abi_version

        return f"landlock ABI {get_abi_version()}, seccomp"
    return f"{name} (unsandboxed)"


def _environment(temporary: str) -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if key.startswith(PASSED)}
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        **ours,
        **determinism.ENVIRONMENT,
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
        "USER": "worker",
        "LOGNAME": "worker",
        "HOME": temporary,
        "TMPDIR": temporary,
    }


def _python(module: str, path: list[str]) -> list[str]:
    code = f"import sys; sys.path += {path!r}; from inside.{module} import main; main(*map(int, sys.argv[1:]))"
    return [visible.interpreter(), *PYTHON, "-c", code]


def _uid() -> int | None:
    return FIRST_UID + os.getpid() if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def _bubblewrap(home: Path, submission: str, limits: Limits, device: str) -> Plan:
    if shutil.which("bwrap") is None:
        raise FileNotFoundError("there is no program bwrap; install bubblewrap")
    roots, hidden = visible.shown(), visible.hidden()
    empty = home / "empty"
    empty.mkdir(exist_ok=True)
    size = ["--size", str(limits.disk * MIB)]
    privileged = os.geteuid() == 0
    options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    options += ["--die-with-parent", "--new-session", "--hostname", "worker", "--cap-drop", "ALL"]
    # A process that is not root in here is counted by the limit on processes, and needs no namespace of users.
    options += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if privileged else ["--unshare-user"]
    options += ["--perms", "1777", *size, "--tmpfs", "/tmp"]
    mounts = {path: _shown(path) for path in roots}
    for path in hidden:
        if any(visible.below(path, root) and path != root for root in roots):
            mounts[path] = ["--ro-bind", str(empty) if os.path.isdir(path) else os.devnull, path]
    mounts |= {"/harness/inside": ["--ro-bind", str(home / "inside"), "/harness/inside"]}
    mounts |= {"/theirs": ["--ro-bind", str(home / "theirs"), "/theirs"]}
    # Folders on the way to them would else be for root alone.
    for path in list(mounts):
        for parent in map(str, Path(path).parents):
            if parent not in ("/", "/tmp") and not any(visible.below(parent, root) for root in roots):
                mounts.setdefault(parent, ["--perms", "0755", "--dir", parent])
    # What lies deeper comes later, whether it is shown or hidden.
    for path in sorted(mounts, key=lambda path: path.count("/")):
        options += mounts[path]
    options += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", *size, "--tmpfs", "/dev/shm"]
    if device == "cuda":
        for each in sorted(Path("/dev").glob("nvidia*")):
            options += ["--dev-bind-try", str(each), str(each)]
        options += ["--ro-bind-try", "/sys", "/sys"]
    # All else that is no mount of its own would be a place to write without limit.
    options += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    command = ["bwrap", *options, "--", *_python("nursery", ["/harness", *visible.site_packages()])]
    settings = {
        "submission": f"/theirs/{submission}",
        "scratch": "/tmp",
        "uid": _uid(),
        "filter": system_calls.compiled(),
    }
    return Plan(command, settings, _environment("/tmp"), bound=True)


def _shown(path: str) -> list[str]:
    if os.path.islink(path):
        return ["--symlink", os.readlink(path), path]
    return ["--ro-bind", path, path]


def _landlock(home: Path, submission: str, limits: Limits, device: str) -> Plan:
    del limits, device
    from py_landlock import get_abi_version

    roots = list(dict.fromkeys(os.path.realpath(path) for path in visible.shown()))
    whole, listed = visible.without_hidden(roots, visible.hidden())
    theirs, scratch = home / "theirs", home / "scratch"
    devices = [path for path in ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random") if os.path.exists(path)]
    devices += [str(each) for each in Path("/dev").glob("nvidia*")]
    files = [path for path in ("/proc/cpuinfo", "/proc/meminfo") if os.path.exists(path)]
    settings = {
        "submission": str(theirs / submission),
        "scratch": str(scratch),
        "landlock": {
            "read": [*whole, *files, str(theirs), str(home / "inside")],
            "list": listed,
            "devices": devices,
            "write": [str(scratch)],
        },
        # Before ABI 6 Landlock lets signals pass.
        "filter": system_calls.compiled(
            *system_calls.BESIDE_FILES, *(() if get_abi_version() >= 6 else system_calls.SIGNALS)
        ),
    }
    return _supervised(home, settings)


def _subprocess(home: Path, submission: str, limits: Limits, device: str) -> Plan:
    del limits, device
    settings = {
        "submission": str(home / "theirs" / submission),
        "scratch": str(home / "scratch"),
    }
    return _supervised(home, settings)


def _supervised(home: Path, settings: dict[str, Any]) -> Plan:
    command = _python("supervisor", [str(home), *visible.site_packages()])
    uid = _uid()
    if uid is not None:
        os.chmod(home / "scratch", 0o1777)
        settings |= {"uid": uid, "reads_all": not _readable_by_all(home)}
    return Plan(command, settings, _environment(str(home / "scratch")), bound=uid is not None)


def _readable_by_all(home: Path) -> bool:
    """Whether any user could read Python, its libraries and the submission."""
    needed = [visible.interpreter(), *visible.standard_library(), *visible.site_packages(), str(home)]
    return all(
        os.stat(folder).st_mode & 0o005 == 0o005 for path in needed for folder in [path, *map(str, Path(path).parents)]
    )


def supported() -> bool:
    """Whether this system has what a worker is made of: forked processes that are handed sockets."""
    return hasattr(os, "fork") and hasattr(socket, "send_fds")
