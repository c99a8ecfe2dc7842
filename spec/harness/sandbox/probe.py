"""Which backend works on this machine, found by running it: code behind it tries to get out."""

import os
import tempfile
from pathlib import Path

from ..errors import ImplementationFault, SpecificationError
from . import escapes, system_calls, visible
from .backends import NAMES, supported
from .calls import Call, ReturnKind
from .inside.faults import Faulted
from .limits import Limits
from .session import Sandbox


def flaw(name: str) -> str | None:
    """Why a backend does not do what it is for on this machine; None where it does."""
    if not supported():
        return "sandboxes need Linux (fork, and SOCK_SEQPACKET sockets)"
    try:
        with tempfile.TemporaryDirectory() as folder:
            successes = _escapes(name, Path(folder))
    except (SpecificationError, OSError, ImportError, system_calls.Unavailable) as error:
        return str(error)
    except (ImplementationFault, Faulted) as error:
        return f"the worker does not answer: {error}"
    # A plain subprocess is no sandbox, and does what it is for.
    return None if name == "subprocess" or not successes else "; ".join(map(str, successes))[:500]


def _escapes(name: str, folder: Path) -> list[str]:
    """What succeeds, behind the backend, of what `escapes` attempts on a folder, labels, and this process."""
    folder.chmod(0o777)
    outside = folder / "file"
    outside.write_text("outside")
    files = [str(outside)]
    for path in map(Path, visible.hidden()):
        files += [str(path)] if path.is_file() else map(str, sorted(path.glob("*.*"))[:20])
    sandbox = Sandbox(Path(escapes.__file__), "_probe", name, Limits(seconds=30))
    try:
        arguments = [files, str(folder), os.getpid(), _start_time()]
        call = Call("attempts", "metrics", "attempts", arguments, {}, ReturnKind.VALUE)
        return sandbox.worker("probe").call(call)
    finally:
        sandbox.close()


def _start_time() -> str:
    try:
        return Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def chosen(requested: str) -> str:
    """The backend that was requested, or the strongest that works, for "auto".

    Raises `SpecificationError` where it does not work: no weaker backend takes the place of one that was requested.
    """
    flaws = {}
    for name in NAMES if requested == "auto" else (requested,):
        flaws[name] = flaw(name)
        if flaws[name] is None:
            return name
    reasons = "; ".join(f"{name}: {reason}" for name, reason in flaws.items())
    raise SpecificationError(
        f"--sandbox {requested}: does not work here ({reasons}); expected one that works, or none for code you trust"
    )
