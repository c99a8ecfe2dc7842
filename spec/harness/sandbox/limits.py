"""What an untrusted implementation may take: time, memory, output, processes, disk."""

import argparse
from dataclasses import dataclass, fields
from typing import Any

MIB = 2**20


HELP = {
    "seconds": "wall-clock seconds of one call",
    "total_seconds": "wall-clock seconds of the whole run",
    "memory": "MiB that one test or experiment may take",
    "reply": "MiB of arrays in one answer",
    "output": "KiB of printed text kept per test or experiment",
    "processes": "processes and threads of one test or experiment",
    "disk": "MiB of temporary files",
}


@dataclass(frozen=True)
class Limits:
    """Limits of one submission, as `HELP` has them; each is an option, `--limit-seconds` and so on."""

    seconds: float = 600.0
    total_seconds: float = 7200.0
    memory: int = 4096
    reply: int = 256
    output: int = 16
    processes: int = 64
    disk: int = 256

    def of_worker(self, others: int, bound: bool) -> dict[str, int]:
        """The resource limits of a worker's process, by their names in `resource`.

        `others` is how many processes and threads of its user there are without it; `bound` says whether the system
        counts them at all.
        """
        limits = {
            "RLIMIT_CORE": 0,
            "RLIMIT_CPU": int(self.total_seconds) + 1,
            "RLIMIT_DATA": self.memory * MIB,
            "RLIMIT_FSIZE": self.disk * MIB,
            "RLIMIT_NOFILE": 512,
            "RLIMIT_MSGQUEUE": 0,
            "RLIMIT_MEMLOCK": 0,
        }
        return {**limits, "RLIMIT_NPROC": others + self.processes} if bound else limits


def add_options(group: Any) -> None:
    """Declare an option for each limit."""
    for field in fields(Limits):
        group.addoption(
            f"--limit-{field.name.replace('_', '-')}",
            type=type(field.default),
            default=field.default,
            metavar="N",
            help=f"of an implementation in a sandbox: {HELP[field.name]} (default: {field.default})",
        )


def of_options(option: argparse.Namespace) -> Limits:
    """The limits that the options state; raises `ValueError` for one that is not positive."""
    given = {field.name: getattr(option, f"limit_{field.name}") for field in fields(Limits)}
    for name, value in given.items():
        if not value > 0:
            raise ValueError(f"--limit-{name.replace('_', '-')} {value}: expected a number above 0")
    return Limits(**given)
