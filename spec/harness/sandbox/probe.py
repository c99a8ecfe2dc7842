"""Which backend works on this machine, found by running it: a worker tries to get out, and says how far it came."""

import os
import tempfile
import textwrap
from pathlib import Path

from ..errors import ImplementationFault, SpecificationError
from . import ReturnKind, system_calls, visible
from .backends import NAMES, supported
from .limits import Limits
from .session import Refused, Sandbox

UNSANDBOXED = "subprocess"
ATTEMPTS = '''
    import os, socket

    def attempts(outside, labels, folder, pid, began):
        """What of all that should not work does."""
        found = []
        for path in [outside, *labels]:
            try:
                with open(path, "rb") as file:
                    file.read(1)
                found.append(f"it reads {path}")
            except OSError:
                pass
        try:
            with open(os.path.join(folder, "written"), "w"):
                found.append(f"it writes into {folder}")
        except OSError:
            pass
        try:
            socket.create_connection(("127.0.0.1", 9), 0.1)
            found.append("it reaches the network")
        except PermissionError:
            pass
        except OSError as error:
            found.append(f"it may open sockets: {error}")
        try:
            with open(f"/proc/{pid}/stat") as file:
                same = file.read().rpartition(")")[2].split()[19] == began
        except FileNotFoundError:
            same = False
        except OSError:
            same = True
        if same:
            try:
                os.kill(pid, 0)
                found.append("it may send signals to the process that grades")
            except OSError:
                pass
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    file.read(1)
                found.append("it reads the environment of the process that grades")
            except OSError:
                pass
        return found
'''


def flaw(name: str) -> str | None:
    """Why a backend does not do what it is for on this machine; None where it does."""
    if not supported():
        return "this system has no forked processes that are handed sockets"
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _flaw(name, Path(folder))
    except (SpecificationError, OSError, ImportError, system_calls.Unavailable) as error:
        return str(error)
    except (ImplementationFault, Refused) as error:
        return f"a worker does not answer: {error}"


def _flaw(name: str, folder: Path) -> str | None:
    for each in ("theirs", "outside"):
        (folder / each).mkdir()
    (folder / "theirs" / "metrics.py").write_text(textwrap.dedent(ATTEMPTS))
    (folder / "outside" / "file").write_text("outside")
    for path in (folder, folder / "outside"):
        path.chmod(0o777)
    sandbox = Sandbox(folder / "theirs", "_probe", name, Limits(seconds=30))
    try:
        worker = sandbox.worker("probe")
        labels = [path for path in visible.hidden() if os.path.isfile(path)]
        labels += [str(file) for path in visible.hidden() for file in sorted(Path(path).glob("*.*"))[:20]]
        outside = str(folder / "outside")
        arguments = [f"{outside}/file", labels, outside, os.getpid(), _began()]
        found = worker.call("attempts", "metrics", "attempts", arguments, {}, ReturnKind.VALUE)
    finally:
        sandbox.close()
    return None if name == UNSANDBOXED or not found else "; ".join(map(str, found))[:500]


def _began() -> str:
    try:
        return Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def chosen(asked: str) -> str:
    """The backend that was asked for, or the strongest that works, for "auto".

    Raises `SpecificationError` where it does not work; there is no falling back from what was asked for.
    """
    flaws = {}
    for name in NAMES if asked == "auto" else (asked,):
        flaws[name] = flaw(name)
        if flaws[name] is None:
            return name
    reasons = "; ".join(f"{name}: {reason}" for name, reason in flaws.items())
    raise SpecificationError(
        f"--sandbox {asked}: does not work here ({reasons}); expected one that does, or none for code you trust"
    )
