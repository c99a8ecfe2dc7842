"""Which work became much slower from one run to another.

Processor time is measured for each arm of an experiment and for each test without the arms it reads (see `clock`), and
taken in proportion to the reference workload of its own run. A measurement on a loaded machine is noisy: simultaneous
work on the same core alone can double it. So only what is far beyond that counts.

No workload is in proportion to all others on processors of two kinds: where the reference workload was 7 times as fast,
works were 1 to 6 times, in the middle 3. There a work is also held against the others of its run.
"""

from collections.abc import Sequence
from statistics import median

from ..evidence.results import Results
from .pairing import DECIDED, Finding

TIMES_AS_LONG = 3.0
WORKLOADS_MORE = 50.0
"""Work is much slower if it takes so many times as long, and so many reference workloads more.

On a fast machine, where a workload takes .04 s, these are two seconds; on a slow one more, as all takes longer there.
Which test has to import a library depends on their order, and that takes up to half of this.
"""

MEASURABLE_SECONDS = 0.1


def comparable(before: Results, after: Results) -> bool:
    """Whether processor time means the same in both: the same device and sandbox, and its processes counted or not."""
    alike = all(before.environment.get(key) == after.environment.get(key) for key in ("device", "sandbox"))
    counted = [run.implementation_cpu_seconds is not None for run in (before, after)]
    return alike and counted[0] == counted[1] and before.reference_seconds > 0


def slower(before: Results, after: Results) -> tuple[int, list[Finding]]:
    """How many durations both runs have, and the work among it that became much slower."""
    if not comparable(before, after):
        return 0, []
    earlier, later = _durations(before), _durations(after)
    both = [work for work in earlier if work in later]
    machine = after.reference_seconds / before.reference_seconds
    if before.environment.get("processor") != after.environment.get("processor"):
        machine = max(machine, _median_ratio([(earlier[work][1], later[work][1]) for work in both]))
    findings = []
    for work in both:
        was, (claim, now) = earlier[work][1] * machine, later[work]
        if now > TIMES_AS_LONG * was and now > was + WORKLOADS_MORE * after.reference_seconds:
            # What took next to nothing has no ratio worth a number.
            times = f"{now / was:.1f} times as long" if was > 0.01 else "much longer"
            seconds = f"{was:.2f} → {now:.2f} CPU-seconds on the later run's machine"
            says = f"slower: {work.rpartition('::')[2]} takes {times} ({seconds})"
            findings.append(Finding("regression", claim, says))
    return len(both), findings


def _median_ratio(seconds: Sequence[tuple[float, float]]) -> float:
    """How many times as long the work in the middle takes, of what takes long enough for that to be known."""
    return median([now / was for was, now in seconds if was > MEASURABLE_SECONDS] or [0.0])


def _durations(run: Results) -> dict[str, tuple[str, float]]:
    """Claim and processor seconds of every test with numbers behind its outcome, and of every arm that one computed."""
    durations: dict[str, tuple[str, float]] = {}
    for claim in run.claims:
        for test in claim.tests:
            if test.reused:
                continue  # it took what it took beside the reference workload of another run
            if test.outcome in DECIDED and test.cpu_seconds is not None:
                durations[test.nodeid] = claim.id, test.cpu_seconds
            for arm, seconds in test.arm_seconds.items():
                # Where tests that share an arm ran in two workers, it was computed and measured twice.
                durations[arm] = claim.id, min(seconds, durations[arm][1] if arm in durations else seconds)
    return durations
