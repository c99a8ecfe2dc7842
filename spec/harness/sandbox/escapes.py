"""Sent into a sandbox as if it were a submission: attempts what must not work there, and says what does."""

import os
import socket
from collections.abc import Iterator
from contextlib import suppress


def attempts(files: list[str], folder: str, pid: int, started: str) -> list[str]:
    """Try to read the files, to write into the folder, to reach the network, and to touch the process `pid`.

    `started` is the start time of that process, field 22 of its `/proc/PID/stat`: in a PID namespace of its own another
    process may have that number.
    """
    return [*_reads(files), *_writes(folder), *_connects(), *(_touches(pid) if _is_same(pid, started) else ())]


def _reads(files: list[str]) -> Iterator[str]:
    for path in files:
        with suppress(OSError), open(path, "rb") as file:
            file.read(1)
            yield f"it reads {path}"


def _writes(folder: str) -> Iterator[str]:
    with suppress(OSError), open(os.path.join(folder, "written"), "w"):
        yield f"it writes into {folder}"


def _connects() -> Iterator[str]:
    try:
        socket.create_connection(("127.0.0.1", 9), 0.1)
        yield "it reaches the network"
    except PermissionError:
        pass
    except OSError as error:
        yield f"it may open sockets: {error}"


def _is_same(pid: int, started: str) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[19] == started
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _touches(pid: int) -> Iterator[str]:
    with suppress(OSError):
        os.kill(pid, 0)
        yield "it may send signals to the process that grades"
    with suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        file.read(1)
        yield "it reads the environment of the process that grades"
