"""What can stand between a submission and the machine, strongest first, and how each backend starts the forkserver.

*bubblewrap* gives workers a file system, processes and a network of their own. *landlock* leaves them ours and forbids
all but the files they need; a filter refuses system calls in both. *subprocess* is a process with limits, no sandbox.
"""

import os
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import determinism
from . import UNCONFINED, system_calls, visible
from .inside.forkserver import SHARED
from .limits import MIB, Limits
from .memory_groups import MemoryGroups

NAMES = ("bubblewrap", "landlock", "subprocess")
FIRST_UID = 2**30
"""Workers of a privileged run become a user that nobody else is: this number plus our process id."""
PASSED = ("MKL_", "ATEN_", "OPENBLAS_", "CUBLAS_", "CUDA_", "KMP_", "LC_", "LANG", "NPY_")
"""Prefixes of the environment variables that a worker inherits, because results depend on them."""
DEVICES = ("/dev/null", "/dev/urandom", "/dev/random")
BYTES_PER_FILE = 16 * 1024
"""Of the limit on temporary files, to allow one file: an empty one takes memory as well."""
ABI_WITH_SIGNALS = 6
"""From this version on, Landlock forbids signals to processes outside; before, none can be sent at all."""
PYTHON_OPTIONS = ("-P", "-s", "-S", "-B", "-u")
"""Neither the current folder nor what `.pth` files, sitecustomize or the user's folder would add is imported; and since
a worker is killed in the end, its output is not buffered."""


@dataclass(frozen=True)
class Plan:
    """How to start one forkserver."""

    backend: str
    command: list[str]
    """Without its last arguments, the file descriptors that `main` of the module it runs takes."""
    settings: dict[str, Any]
    """The fields of the forkserver's settings that depend on the backend."""
    environment: dict[str, str]
    supervised: bool
    """Whether the command runs the supervisor, and nothing but the watch bounds the size of temporary files."""
    counts_processes: bool
    """Whether the system counts the sandbox's processes apart from all others."""


def plan(name: str, home: Path, submission: str, limits: Limits, device: str) -> Plan:
    """How a backend runs what lies in `home`: the folders `inside`, `scratch`, and `submission` in `theirs`.

    Raises `system_calls.Unavailable` or `OSError` where something it needs is not there.
    """
    match name:
        case "bubblewrap":
            return _bubblewrap(home, submission, limits, device)
        case "landlock":
            return _supervised(name, home, submission, _landlock(home))
        case "subprocess":
            return _supervised(name, home, submission, {})
    raise ValueError(f"there is no backend {name!r}; expected one of {', '.join(NAMES)}")


def described(name: str, memory_groups: MemoryGroups | None) -> str:
    """A backend with its version, and how the limit on memory is kept, for the record."""
    memory = f"memory by cgroup v{memory_groups.version} and sampling" if memory_groups else "memory by sampling"
    if name == "bubblewrap":
        version = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
        return f"bubblewrap {version}, seccomp, {memory}"
    if name == "landlock":
        from py_landlock import get_abi_version

        return f"landlock ABI {get_abi_version()}, seccomp, {memory}"
    return f"{name} {UNCONFINED}"


def supported() -> bool:
    """Whether this system has what workers need: forked processes that are handed sockets, and packets between them.

    Linux has; macOS has no such packets, and Windows none of it.
    """
    if not (hasattr(os, "fork") and hasattr(socket, "send_fds")):
        return False
    try:
        for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET):
            end.close()
    except (AttributeError, OSError):
        return False
    return True


def _environment(temporary: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        **{key: value for key, value in os.environ.items() if key.startswith(PASSED)},
        **determinism.ENVIRONMENT,
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
        "USER": "worker",
        "LOGNAME": "worker",
        "HOME": temporary,
        "TMPDIR": temporary,
    }


def _python(module: str, path: list[str]) -> list[str]:
    """The command that runs `main` of a module of `inside`."""
    code = f"import sys; sys.path += {path!r}; from inside.{module} import main; main(*map(int, sys.argv[1:]))"
    return [visible.interpreter(), *PYTHON_OPTIONS, "-c", code]


def _uid() -> int | None:
    return FIRST_UID + os.getpid() if hasattr(os, "geteuid") and os.geteuid() == 0 else None


def _bubblewrap(home: Path, submission: str, limits: Limits, device: str) -> Plan:
    if shutil.which("bwrap") is None:
        raise FileNotFoundError("the program bwrap is not installed; install bubblewrap")
    size = str(limits.disk * MIB)
    options = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    options += ["--die-with-parent", "--new-session", "--hostname", "worker", "--cap-drop", "ALL"]
    # A process that is not root in here is counted by the limit on processes, and needs no user namespace.
    options += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if os.geteuid() == 0 else ["--unshare-user"]
    # bwrap bounds the bytes of temporary files, and not their number: the forkserver does, before anything else.
    options += ["--cap-add", "CAP_SYS_ADMIN", "--perms", "1777", "--size", size, "--tmpfs", "/tmp"]
    options += ["--perms", "1777", "--dir", f"/tmp/{SHARED}"]
    options += [*_mounts(home), "--proc", "/proc", "--perms", "0755", "--tmpfs", "/dev"]
    for device_file in DEVICES:
        options += ["--dev-bind", device_file, device_file]
    # One limit holds for both, and one worker leaves in neither anything for the next.
    options += ["--symlink", f"../tmp/{SHARED}", "/dev/shm", "--symlink", "/proc/self/fd", "/dev/fd"]
    if device == "cuda":
        for file in sorted(Path("/dev").glob("nvidia*")):
            options += ["--dev-bind-try", str(file), str(file)]
        options += ["--ro-bind-try", "/sys", "/sys"]
    # All else that is no mount of its own would be a place to write without limit.
    options += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    command = ["bwrap", *options, "--", *_python("forkserver", ["/harness", *visible.site_packages()])]
    settings = {
        "submission": f"/theirs/{submission}",
        "scratch": "/tmp",
        "scratch_options": f"mode=1777,size={size},nr_inodes={limits.disk * MIB // BYTES_PER_FILE}",
        "uid": _uid(),
        **_calls(),
    }
    return Plan("bubblewrap", command, settings, _environment("/tmp"), supervised=False, counts_processes=True)


def _mounts(home: Path) -> list[str]:
    """The options that show a worker its part of the file system, read-only."""
    roots = visible.shown()
    empty = home / "empty"
    empty.mkdir(exist_ok=True)
    mounts = {path: _mount(path) for path in roots}
    for path in visible.hidden():
        if any(visible.below(path, root) and path != root for root in roots):
            mounts[path] = ["--ro-bind", str(empty) if os.path.isdir(path) else os.devnull, path]
    mounts["/harness/inside"] = ["--ro-bind", str(home / "inside"), "/harness/inside"]
    mounts["/theirs"] = ["--ro-bind", str(home / "theirs"), "/theirs"]
    # Folders on the way to them would else be for root alone.
    for path in list(mounts):
        for parent in map(str, Path(path).parents):
            if parent not in ("/", "/tmp") and not any(visible.below(parent, root) for root in roots):
                mounts.setdefault(parent, ["--perms", "0755", "--dir", parent])
    # What lies deeper comes later, whether it is shown or hidden.
    return [option for path in sorted(mounts, key=lambda path: path.count("/")) for option in mounts[path]]


def _mount(path: str) -> list[str]:
    if os.path.islink(path):
        return ["--symlink", os.readlink(path), path]
    return ["--ro-bind", path, path]


def _supervised(name: str, home: Path, submission: str, confinement: dict[str, Any]) -> Plan:
    command = _python("supervisor", [str(home), *visible.site_packages()])
    settings = {
        "submission": str(home / "theirs" / submission),
        "scratch": str(home / "scratch"),
        "visible": True,
        **confinement,
    }
    uid = _uid()
    if uid is not None:
        os.chmod(home / "scratch", 0o1777)
        settings |= {"uid": uid, "reads_all": not _readable_by_all(home)}
    environment = _environment(str(home / "scratch"))
    return Plan(name, command, settings, environment, supervised=True, counts_processes=uid is not None)


def _landlock(home: Path) -> dict[str, Any]:
    """The settings that confine the forkserver to the files it needs."""
    roots = list(dict.fromkeys(os.path.realpath(path) for path in visible.shown()))
    whole, listed = visible.without_hidden(roots, visible.hidden())
    devices = [path for path in DEVICES if os.path.exists(path)]
    devices += map(str, Path("/dev").glob("nvidia*"))
    files = [path for path in ("/proc/cpuinfo", "/proc/meminfo") if os.path.exists(path)]
    return {
        "landlock": {
            "read": [*whole, *files, str(home / "theirs"), str(home / "inside")],
            "list": listed,
            "devices": devices,
            "write": [str(home / "scratch")],
        },
        **_calls(*system_calls.BESIDE_FILES),
    }


def _calls(*more: str) -> dict[str, Any]:
    """The settings that refuse system calls, also `more`, and signals to others."""
    apart = _landlock_abi() >= ABI_WITH_SIGNALS
    signals = () if apart else system_calls.SIGNALS
    return {
        "apart": apart,
        "filter": system_calls.compiled(*more, *signals),
        "filter_of_workers": system_calls.of_a_worker(),
    }


def _landlock_abi() -> int:
    """The version of Landlock, 0 where there is none."""
    from py_landlock import LandlockError, get_abi_version

    try:
        return int(get_abi_version())
    except LandlockError:
        return 0


def _readable_by_all(home: Path) -> bool:
    """Whether any user could read Python, its libraries and the submission."""
    needed = [visible.interpreter(), *visible.standard_library(), *visible.site_packages(), str(home)]
    return all(
        os.stat(folder).st_mode & 0o005 == 0o005 for path in needed for folder in [path, *map(str, Path(path).parents)]
    )
