"""Writes `RESULTS.md` from the JSON of a benchmark run: ratios first, then how costs grow, the GPU, and everything.

    pytest benchmarks --benchmark-json=FILE
    pytest -m claims --impl=benchmarks/peers/plain_torch --claims-json=PEER
    python -m benchmarks.results FILE --claims spec/baseline.json --peer PEER --out benchmarks/RESULTS.md

A pure function of the JSON, and of the runs of all claims on ours and on the peer: no figure comes from anywhere else.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Hashable, Iterable
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np


class Entry(NamedTuple):
    """One benchmark: what `Measure` said of it, and its times in seconds."""

    piece: str
    by: str
    n: int | None
    of: str | None
    items: float
    unit: str
    device: str
    median: float
    iqr: float
    rounds: int
    memory: int | None = None
    """bytes"""
    processor: float | None = None
    """seconds of processor time, by all threads together, of each call on average"""
    target: float | None = None
    target_rate: float | None = None
    peak_rate: float | None = None
    operations: int | None = None
    """in floating point"""
    least_bytes: int | None = None
    """which have to be read and written"""
    precision: str = "single"
    quality: str = ""

    @property
    def rate(self) -> float:
        """Items per second."""
        return self.items / self.median

    @property
    def cost(self) -> float:
        """What grows with size: processor time where it is known, as no other process is in its way; else time."""
        return self.median if self.processor is None or self.device != "cpu" else self.processor

    @property
    def work(self) -> str:
        """The piece of work with its size."""
        return self.piece if self.n is None else f"{self.piece}, {self.of}: {self.n}"


def entries(run: dict[str, Any]) -> list[Entry]:
    """Every benchmark of a run, in its order."""
    measured = []
    for benchmark in run["benchmarks"]:
        times = benchmark["stats"]
        try:
            measured.append(
                Entry(median=times["median"], iqr=times["iqr"], rounds=times["rounds"], **benchmark["extra_info"])
            )
        except TypeError as error:
            raise ValueError(f"{benchmark['fullname']} was not measured by benchmarks.measuring: {error}") from error
    return measured


def written(run: dict[str, Any], claims: dict[str, Any] | None = None, peer: dict[str, Any] | None = None) -> str:
    """The whole page; `claims` and `peer` are what `pytest -m claims --claims-json` kept of ours and of a peer."""
    every = entries(run)
    cpu, gpu = ([entry for entry in every if (entry.device == "cpu") == on_cpu] for on_cpu in (True, False))
    parts = [
        "# What the benchmarks found",
        "Written by `python -m benchmarks.results`; do not edit. Times are medians of one run on one machine, in which "
        "the parts of a ratio were measured one after the other; each pair did the same work on the same input, and "
        "was checked to come to the same result before. On a CPU all computes on one thread, but for what says "
        "otherwise. Memory is what one call adds to the resident memory at its worst moment.",
        "## Beside what one would use instead",
        "A ratio above 1 says that ours is faster. An aim was set before this run. The "
        "ratio of processor times, of all threads together, differs where several threads work; and where other "
        "processes were in the way of one of the two, in which case it is the one to believe.",
        ratios(cpu),
        "## How near the machine's limits",
        limits(cpu),
        "## How cost grows",
        GROWTH,
        growth(cpu),
        *(["## Where the time of the claims goes", profile(claims)] if claims else []),
        *(
            ["## The whole specification, ours beside plain PyTorch", beside_peer(claims, peer)]
            if claims and peer
            else []
        ),
        "## On a GPU",
        on_gpu(gpu, run["machine_info"]),
        "## Every measurement",
        everything(cpu),
        "## Machine, versions, commands",
        machine(run),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


GROWTH = (
    "Processor time (on a GPU, time) ∝ size^exponent, by least squares on the logarithms: over all sizes, and over the "
    "last two, where what costs the same at any size matters least. An exponent below 1 for replicates says that a "
    "batch is cheaper than a loop."
)


def ratios(measured: list[Entry]) -> str:
    """Ours against everything else of the same work, and what has an aim of its own; first what has an aim."""
    rows = []
    for work, group in grouped(measured, lambda entry: entry.work):
        ours = [entry for entry in group if entry.by == "ours"]
        for entry in ours:
            if entry.target_rate is not None:
                aim = aimed(entry.rate, entry.target_rate, f" {entry.unit}/s")
                rows.append(
                    [work, of(entry), "", f"**{quantity(entry.rate)} {entry.unit}/s**", "", aim, memory(entry), ""]
                )
            for other in group:
                if other.by != "ours":
                    times = f"**{quantity(other.median / entry.median)}×**", processor_ratio(entry, other)
                    aim = "" if other.target is None else aimed(other.median / entry.median, other.target, "×")
                    memories = memory(entry), memory(other)
                    rows.append([work, of(entry), f"{other.by}: {of(other)}", *times, aim, *memories])
    rows.sort(key=lambda row: not row[5])
    head = ["work", "ours", "instead", "ratio", "of processor time", "aim", "memory of ours", "of the other"]
    return table(head, rows)


def aimed(found: float | None, target: float, unit: str) -> str:
    """The aim, and whether what was found misses it."""
    return f"≥ {target:g}{unit}" + (", missed" if found is None or found < target else "")


def processor_ratio(entry: Entry, other: Entry) -> str:
    """The same ratio of processor times, where both have any to speak of: what waits for a GPU has not."""
    if entry.processor is None or other.processor is None or entry.device != "cpu":
        return ""
    return f"{quantity(other.processor / entry.processor)}×"


def growth(measured: list[Entry]) -> str:
    """The fitted exponent of every piece of work that was measured at three sizes or more."""
    rows = []
    for (piece, by, size), group in grouped(measured, lambda entry: (entry.piece, entry.by, entry.of)):
        ordered = sorted((entry for entry in group if entry.n is not None), key=lambda entry: entry.n or 1)
        if len(ordered) < 3:
            continue
        first, last = ordered[0], ordered[-1]
        rows.append(
            [
                piece if by == "ours" else f"{piece}, {by}",
                f"{size}: {first.n} … {last.n}",
                f"**{exponent(ordered):.2f}**".replace("-", "−"),
                f"{exponent(ordered[-2:]):.2f}".replace("-", "−"),
                f"{seconds(first.cost)} … {seconds(last.cost)}",
                f"{memory(first)} … {memory(last)}",
            ]
        )
    return table(["work", "sizes", "exponent", "of the last two", "time", "memory"], rows)


def exponent(measured: list[Entry]) -> float:
    """The slope of log cost over log size."""
    sizes, times = [entry.n or 1 for entry in measured], [entry.cost for entry in measured]
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


PRODUCT, COPY = "limit: product of two matrices", "limit: copy of 256 MiB"
"""What `test_limits.py` measures of the machine itself."""


def limits(measured: list[Entry]) -> str:
    """What ours reaches of the arithmetic and of the memory bandwidth of one core, at the largest size of each work."""
    product = {entry.precision: entry.rate for entry in measured if entry.piece == PRODUCT}
    copied = next((entry.rate for entry in measured if entry.piece == COPY), None)
    if not product or copied is None:
        return ""
    rows = []
    for _, group in grouped(measured, lambda entry: entry.piece):
        ours = [entry for entry in group if entry.by == "ours" and (entry.operations or entry.least_bytes)]
        if not ours:
            continue
        entry = max(ours, key=lambda entry: entry.n or 0)
        arithmetic = (entry.operations or 0) / entry.median
        moved = (entry.least_bytes or 0) / entry.median
        rows.append(
            [
                entry.work,
                seconds(entry.median),
                f"{quantity(arithmetic / 1e9)} GFLOP/s" if arithmetic else "",
                f"**{share(arithmetic, product.get(entry.precision))}**" if arithmetic else "",
                f"{quantity(moved / 1e9)} GB/s" if moved else "",
                f"**{share(moved, copied)}**" if moved else "",
            ]
        )
    said = (
        f"One core does {quantity(product['single'] / 1e9)} GFLOP/s in a product of two matrices of 1024 × 1024 in "
        f"single precision, {quantity(product['double'] / 1e9)} in double, and copies {quantity(copied / 1e9)} GB/s, "
        "read and written. Counted are products and convolutions with their gradients, and the bytes of input and "
        "output alone: what is missing went into elementwise functions, small arrays, sorting and the interpreter."
    )
    head = ["work", "ours", "arithmetic", "of the product's", "bytes, at least", "of the copy's"]
    return f"{said}\n\n{table(head, rows)}"


AIM_SECONDS = 60  # of all claims on two cores


class Spent(NamedTuple):
    """Where the processor seconds of a run of the claims went."""

    arms: dict[str, float]
    tests: int
    of_tests: float
    """Of all tests together, without what they train."""
    rest: float
    """Starting Python on each core, importing, collecting, the table."""

    def experiments(self) -> dict[str, dict[str, float]]:
        """The arms of each experiment, the experiment that took the most first."""
        names = {arm.partition(".")[0] for arm in self.arms}
        arms = {name: {arm: self.arms[arm] for arm in self.arms if arm.startswith(f"{name}.")} for name in names}
        return dict(sorted(arms.items(), key=lambda item: (-sum(item[1].values()), item[0])))


def spent(claims: dict[str, Any]) -> Spent:
    """Where the processor seconds of a run went."""
    tests = [test for claim in claims["claims"] for test in claim["tests"]]
    arms: dict[str, float] = {}
    for test in tests:
        for arm, taken in test["arm_seconds"].items():
            # Two workers that both read an arm have both computed it.
            arms[arm] = min(taken, arms.get(arm, taken))
    of_tests = sum(test["cpu_seconds"] or 0 for test in tests)
    return Spent(arms, len(tests), of_tests, claims["cpu_seconds"] - of_tests - sum(arms.values()))


def profile(claims: dict[str, Any]) -> str:
    """Processor seconds of a run of the claims: of each experiment, its longest arms, and all that is no training."""
    arms, tests, of_tests, rest = time = spent(claims)
    rows = [
        [
            name,
            f"{sum(experiment_arms.values()):.1f}",
            ", ".join(f"{arm.partition('.')[2]} {experiment_arms[arm]:.1f}" for arm in longest(experiment_arms)),
        ]
        for name, experiment_arms in time.experiments().items()
    ]
    rows.append([f"{tests} tests, without what they train", f"{of_tests:.1f}", ""])
    rows.append(["starting Python on each core, importing, collecting, the table", f"{rest:.1f}", ""])
    said = (
        f"One run of `pytest -m claims` at seed {claims['seed']}: {claims['seconds']:.0f} s, and "
        f"{claims['cpu_seconds']:.0f} processor seconds. Replicates in brackets."
    )
    parts = [said, table(["experiment", "processor seconds", "longest arms"], rows)]
    if claims["seconds"] > AIM_SECONDS:
        parts.append(floor(claims["seconds"], claims["cpu_seconds"], sum(arms.values())))
    return "\n\n".join(parts)


def floor(seconds: float, processor: float, trainings: float) -> str:
    """How far a run is from the aim, and what stands between them."""
    busy, rest = processor / seconds, processor - trainings
    left = max(0.0, AIM_SECONDS * busy - rest)
    return (
        f"The aim is {AIM_SECONDS} s. With {busy:.2f} cores busy all the time, as here, it would take trainings of "
        f"{left:.0f} processor seconds in place of {trainings:.0f}; if they took none, "
        f"{rest / busy:.0f} s would be left. [What was tried for it](levers.md), and what it brought."
    )


def beside_peer(claims: dict[str, Any], peer: dict[str, Any]) -> str:
    """Processor seconds of the same run on ours and on the peer, experiment by experiment, and what each holds."""
    ours, theirs = spent(claims), spent(peer)
    peers = theirs.experiments()
    times = [(name, sum(arms.values()), sum(peers.get(name, {}).values())) for name, arms in ours.experiments().items()]
    times.append((f"{ours.tests} tests, without what they train", ours.of_tests, theirs.of_tests))
    times.append(("all", claims["cpu_seconds"], peer["cpu_seconds"]))
    rows = [
        [name, f"{one:.1f}", f"{other:.1f}", f"**{quantity(other / one)}×**" if one else ""]
        for name, one, other in times
    ]
    held = [f"{100 * run['pass_rate']:.0f} % of the graded claims" for run in (claims, peer)]
    said = (
        f"`benchmarks/peers/plain_torch` is the contract as most people would write it, with a loop over seeds. At "
        f"seed {peer['seed']} it holds {held[1]}, ours {held[0]}."
    )
    return f"{said}\n\n{table(['experiment', 'ours, processor seconds', 'plain PyTorch', 'ratio'], rows)}"


def longest(arms: dict[str, float], most: int = 3) -> list[str]:
    """The arms that took the most, those first."""
    return sorted(arms, key=lambda arm: -arms[arm])[:most]


def on_gpu(measured: list[Entry], machine: dict[str, Any]) -> str:
    """The same tables for a GPU, and the share of its peak; or that there was none."""
    if not measured:
        return (
            "None was at hand for this run: `pytest benchmarks -m gpu` skipped every benchmark, nothing was measured, "
            "and nothing is claimed."
        )
    gpu = machine["gpu"]
    product = max((entry.rate for entry in measured if entry.piece.startswith("matrix product")), default=None)
    rows = [
        [
            entry.work,
            entry.by,
            f"{entry.rate / 1e12:.1f} T/s",
            share(entry.rate, entry.peak_rate),
            share(entry.rate, product),
        ]
        for entry in measured
        if entry.unit == "operations"
    ]
    peak = table(["work", "by", "operations", "of the data sheet's peak", "of one large matrix product"], rows)
    said = f"{gpu['name']}, CUDA {gpu['cuda']}. Every call is waited for; memory is what torch allocates there."
    return "\n\n".join([said, ratios(measured), growth(measured), peak, everything(measured)])


def share(rate: float, of_rate: float | None) -> str:
    """In per cent, if it is known of what."""
    return "" if of_rate is None else f"{100 * rate / of_rate:.0f} %"


def everything(measured: list[Entry]) -> str:
    """One row per benchmark."""
    rows = [
        [
            entry.work,
            entry.by,
            seconds(entry.median),
            seconds(entry.iqr),
            str(entry.rounds),
            f"{quantity(entry.rate)} {entry.unit}/s",
            memory(entry),
            entry.quality,
        ]
        for entry in measured
    ]
    return table(["work", "by", "median", "interquartile range", "rounds", "rate", "memory", "found"], rows)


def machine(run: dict[str, Any]) -> str:
    """What it ran on."""
    info = run["machine_info"]
    libraries = ", ".join(f"{name} {version}" for name, version in info["libraries"].items())
    threads = "one thread" if info["threads"] == 1 else f"{info['threads']} threads"
    return "\n".join(
        [
            f"- {info['cpu']['brand_raw']}, {info['cpu']['count']} cores; {info['system']}; torch has {threads}",
            f"- Python {info['python_version']}; {libraries}",
            f"- {run['datetime'][:10]}, commit {run['commit_info']['id'][:12]}",
            "",
            "```",
            "pytest benchmarks --benchmark-json=FILE            everything; without a GPU, what needs one is skipped",
            "pytest benchmarks -m gpu --benchmark-json=FILE     what needs a GPU alone",
            "python -m benchmarks.results FILE --claims spec/baseline.json --out benchmarks/RESULTS.md",
            "```",
        ]
    )


def of(entry: Entry) -> str:
    """How long it takes, and how good that is."""
    return seconds(entry.median) + (f" ({entry.quality})" if entry.quality else "")


def seconds(value: float) -> str:
    """A time in its natural unit, with three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size or unit == "µs":
            return f"{quantity(value / size)} {unit}"
    raise AssertionError


def memory(entry: Entry) -> str:
    """Mebibytes, if it was measured."""
    if entry.memory is None:
        return "–"
    return "< 1 MiB" if entry.memory < 2**20 else f"{quantity(entry.memory / 2**20)} MiB"


def quantity(value: float) -> str:
    """Three digits, thousands apart."""
    if value == 0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{round(value, 2 - math.floor(math.log10(abs(value)))):,.{decimals}f}".replace(",", " ")


def grouped(measured: list[Entry], key: Callable[[Entry], Any]) -> Iterable[tuple[Any, list[Entry]]]:
    """What has the same key together, in the order in which keys first occur."""
    place: dict[Hashable, int] = {}
    for entry in measured:
        place.setdefault(key(entry), len(place))
    ordered = sorted(measured, key=lambda entry: place[key(entry)])
    return ((value, list(group)) for value, group in groupby(ordered, key=key))


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown; nothing without rows."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) if rows else ""


def read(file: Path) -> Any:
    """The JSON in a file, or an end that says why there is none."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{file}: {error}")


def main(arguments: list[str] | None = None) -> None:
    """Write the page of one run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results", description=__doc__.partition(":")[0])
    parser.add_argument("json", type=Path, help="what `pytest benchmarks --benchmark-json=FILE` kept")
    parser.add_argument("--claims", type=Path, help="a run of the claims, to say where its time goes")
    parser.add_argument("--peer", type=Path, help="the same run on benchmarks/peers/plain_torch, to compare with")
    parser.add_argument("--out", type=Path, required=True, help="the page to write")
    options = parser.parse_args(arguments)
    run = read(options.json)
    claims, peer = (read(file) if file else None for file in (options.claims, options.peer))
    try:
        page = written(run, claims, peer)
    except ValueError as error:
        sys.exit(f"{options.json}: {error}")
    beside = options.out.with_name(f"{options.out.name}.new")
    beside.write_text(page, encoding="utf-8")
    beside.replace(options.out)


if __name__ == "__main__":
    main()
