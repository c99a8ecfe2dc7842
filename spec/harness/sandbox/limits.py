"""What an untrusted implementation may take: time, memory, output, processes, disk.

Time is *CPU-seconds*: the processor time of a worker and of whatever comes of it, and the time in which it lets a call
wait and does nothing; see `usage`. The clock on the wall ends only what takes many times as long.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

MIB = 2**20
BY_THE_CLOCK = 10
"""A call, and a run, may take so many times its CPU-seconds by the clock: with a tenth of a core nobody is late."""


MOST_SECONDS = 10**8
"""Three years; times that by the clock are still what a system's timers can hold."""
MOST = 10**9
"""Of anything else: a petabyte of memory. What a system counts with holds it in bytes."""


def _limit(default: float, meaning: str, lowest: int = 0, highest: int = MOST_SECONDS) -> Any:
    """A limit that is above 0, and from `lowest` up to `highest`."""
    return field(default=default, metadata={"meaning": meaning, "lowest": lowest, "highest": highest})


@dataclass(frozen=True)
class Limits:
    """The limits of one submission; each is an option of pytest, `--limit-seconds` and so on."""

    seconds: float = _limit(600.0, f"CPU-seconds of one call; wall-clock limit: {BY_THE_CLOCK} times as long")
    # A plain, right implementation takes 40 minutes of a fast core; on the slowest one measured, 3.7 times as long.
    total_seconds: float = _limit(
        14400.0, f"CPU-seconds of the whole run; wall-clock limit: {BY_THE_CLOCK} times as long"
    )
    # A worker with NumPy that does nothing has 51 MiB; with less than it has, it gets no more, and answers by chance.
    memory: int = _limit(4096, "MiB of memory of one test or experiment", 64, MOST)
    reply: int = _limit(256, "MiB of arrays in one answer", 1, MOST)
    output: int = _limit(16, "KiB of printed text kept per test or experiment", 1, MOST)
    processes: int = _limit(64, "processes and threads of one test or experiment", 1, MOST)
    disk: int = _limit(256, "MiB of temporary files", 1, MOST)

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
    """The limits that the options state. Raises `ValueError` for one that is out of bounds."""
    stated = Limits(**{limit.name: getattr(options, f"limit_{limit.name}") for limit in fields(Limits)})
    for name, value, expected in out_of_bounds(stated):
        raise ValueError(f"--limit-{name.replace('_', '-')} {value}: expected {expected}")
    return stated


def out_of_bounds(limits: Limits) -> Iterator[tuple[str, float, str]]:
    """Name, value, and what was expected, of each limit that nothing could run with."""
    for limit in fields(limits):
        value, lowest, highest = getattr(limits, limit.name), limit.metadata["lowest"], limit.metadata["highest"]
        if not (value > 0 and lowest <= value <= highest):
            unit = limit.metadata["meaning"].partition(" of ")[0]
            least = f"from {lowest:,}" if lowest else "above 0,"
            yield limit.name, value, f"a number {least} up to {highest:,} ({unit})"
