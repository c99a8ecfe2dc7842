"""Estimated duration of commands that run the claims many times: before the first run, and after each.

Before, that follows from `baseline.json`, which has the processor time of every test and arm of one run on one machine:
another is faster or slower, so that it is rounded. After each run it follows from those that are done.
"""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ..claims.registry import Registry, Variation

BASELINE = "baseline.json"
"""A run that `--claims-save` kept, beside the homework's text."""
START_SECONDS = 3.5
"""Processor time of a run before its first test, on the machine that the baseline is of."""
PROPORTIONAL = ("steps", "rounds", "epochs", "trials", "updates", "parameters", "batch")
"""Training takes time in proportion to what a budget calls by one of these words."""


class _Test(msgspec.Struct):
    cpu_seconds: float | None = None
    arm_seconds: dict[str, float] = {}


class _Claim(msgspec.Struct):
    id: str
    tests: list[_Test]


class _Baseline(msgspec.Struct):
    """What is read of a baseline, whatever its version."""

    claims: list[_Claim]


class Costs:
    """Processor seconds of claims, as a baseline has them; None where there is none."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        file: Path = registry.root / BASELINE
        self._claims = msgspec.json.decode(file.read_bytes(), type=_Baseline).claims if file.exists() else []
        tests = [test for claim in self._claims for test in claim.tests]
        self._arms = {name: seconds for test in tests for name, seconds in test.arm_seconds.items()}

    def seconds(self, claims: Iterable[str], *, trained: bool = True) -> float | None:
        """Of one run of these claims; with the arms of all experiments that their comparisons read, if `trained`."""
        wanted = set(claims)
        own = [test.cpu_seconds or 0.0 for claim in self._claims if claim.id in wanted for test in claim.tests]
        comparisons = [comparison for claim in wanted for comparison in self._registry[claim].comparison.values()]
        experiments = {comparison.experiment for comparison in comparisons} if trained else set()
        return sum(own) + sum(map(self._arms_of, experiments)) if self._claims else None

    def seconds_of_variation(self, variation: Variation) -> float | None:
        """Of a run of all arms of an experiment, as many times as long as the variation multiplies what is trained."""
        registered = self._registry.experiment(variation.experiment).budget
        times = 1.0
        for name, value in variation.changes.items():
            if name in registered and any(word in name for word in PROPORTIONAL):
                times *= max(1.0, float(value) / float(registered[name]))  # type: ignore[arg-type]
        return START_SECONDS + times * self._arms_of(variation.experiment) if self._claims else None

    def _arms_of(self, experiment: str) -> float:
        return sum(seconds for name, seconds in self._arms.items() if name.partition(".")[0] == experiment)


class Pace:
    """Prints the number of runs and their estimated duration; then the progress and the time left."""

    def __init__(self, runs: int, of_what: str, cpu_seconds: float | None, workers: int) -> None:
        """`cpu_seconds` are those of all runs together, if they are known."""
        self._runs, self._done, self._began = runs, 0, time.monotonic()
        at_once = f", {workers} at a time" if workers > 1 else ""
        expected = f", about {in_words(cpu_seconds / workers)}" if cpu_seconds is not None and runs else ""
        self._say(f"{of_what} to run: {runs}{at_once}{expected}")

    def done(self, what: str) -> None:
        """One more is done."""
        self._done += 1
        left = (time.monotonic() - self._began) / self._done * (self._runs - self._done)
        self._say(f"{self._done} of {self._runs}  {what}" + (f"; about {in_words(left)} left" if left else ""))

    def _say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)


def in_words(seconds: float) -> str:
    """Rounded, in the unit that suits."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
