"""What an untrusted implementation may take: time, memory, output, processes, disk.

Time is *CPU-seconds*: the processor time of a worker and of whatever comes of it, and the time in which it lets a call
wait and does nothing; see `usage`. The clock on the wall ends only what takes many times as long.
"""

import argparse
from dataclasses import dataclass, field, fields
from typing import Any

MIB = 2**20
BY_THE_CLOCK = 10
"""A call, and a run, may take so many times its CPU-seconds by the clock: with a tenth of a core nobody is late."""


def _limit(default: float, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Limits:
    """The limits of one submission; each is an option of pytest, `--limit-seconds` and so on."""

    seconds: float = _limit(600.0, f"CPU-seconds of one call; wall-clock limit: {BY_THE_CLOCK} times as long")
    # A plain, right implementation takes 40 minutes of a fast core; on the slowest one measured, 3.7 times as long.
    total_seconds: float = _limit(
        14400.0, f"CPU-seconds of the whole run; wall-clock limit: {BY_THE_CLOCK} times as long"
    )
    memory: int = _limit(4096, "MiB of memory of one test or experiment")
    reply: int = _limit(256, "MiB of arrays in one answer")
    output: int = _limit(16, "KiB of printed text kept per test or experiment")
    processes: int = _limit(64, "processes and threads of one test or experiment")
    disk: int = _limit(256, "MiB of temporary files")

    def of_process(self, others: int) -> dict[str, int]:
        """The resource limits of a worker's process, by their names in `resource`.

        `others` is how many processes and threads its user may have without it.
        """
        return {
            "RLIMIT_CORE": 0,
            # Beyond what the watch leaves to any process, so that it is the watch that ends it, and says why.
            "RLIMIT_CPU": int(self.total_seconds) + 60,
            "RLIMIT_DATA": self.memory * MIB,
            "RLIMIT_FSIZE": self.disk * MIB,
            "RLIMIT_NOFILE": 256,
            # The user's others count as well; ordinary signals are sent beyond it.
            "RLIMIT_SIGPENDING": 1024,
            "RLIMIT_MSGQUEUE": 0,
            "RLIMIT_MEMLOCK": 0,
            "RLIMIT_NPROC": others + self.processes,
        }


def add_options(group: Any) -> None:
    """Declare an option of pytest for each limit."""
    for limit in fields(Limits):
        group.addoption(
            f"--limit-{limit.name.replace('_', '-')}",
            type=type(limit.default),
            default=limit.default,
            metavar="N",
            help=f"for a sandboxed implementation: {limit.metadata['meaning']} (default: {limit.default})",
        )


def of_options(options: argparse.Namespace) -> Limits:
    """The limits that the options state. Raises `ValueError` for one that is not positive."""
    values = {limit.name: getattr(options, f"limit_{limit.name}") for limit in fields(Limits)}
    for name, value in values.items():
        if not value > 0:
            raise ValueError(f"--limit-{name.replace('_', '-')} {value}: expected a number above 0")
    return Limits(**values)
