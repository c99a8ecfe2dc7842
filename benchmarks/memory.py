"""How much memory of a GPU each experiment takes with 1024 replicates, estimated without one.

    python -m benchmarks.memory

One arm of each (the one that `test_experiments.py` times) is computed on the pretended device of the selfcheck, which
counts the bytes of all tensors that are alive at one time, with few replicates and few steps. Memory does not depend
on the steps, and grows with the replicates in a straight line, which is followed to 1024. What kernels and torch's
allocator need for themselves comes on top: a tenth, or more.
"""

from collections.abc import Sequence

from benchmarks.arms import ARMS
from impl.training import deterministic
from spec.harness import Experiment, Implementation
from spec.selfcheck.device.pretended import NAME, gpu

FEW = (2, 4)
AT = 1024
STEPS = 60
"""At most: as many as learning curves need for all of their checkpoints."""
GIB = 2**30


def main() -> None:
    """Print a table in Markdown, the largest first."""
    rows = {experiment.__name__: estimate(experiment, *arm) for experiment, arm in ARMS.items()}
    print(f"| experiment | GiB at {AT} replicates | MiB for each replicate |\n|---|---|---|")
    for name, (fixed, each) in sorted(rows.items(), key=lambda row: -row[1][1]):
        print(f"| {name} | {(fixed + AT * each) / GIB:.1f} | {each / 2**20:.2f} |")


def estimate(experiment: type[Experiment], arm: str, *arguments: str) -> tuple[float, float]:
    """Bytes whatever the number of replicates, and for each of them."""
    few, more = (peak(experiment, range(n), arm, *arguments) for n in FEW)
    each = (more - few) / (FEW[1] - FEW[0])
    return few - FEW[0] * each, each


def peak(experiment: type[Experiment], seeds: Sequence[int], arm: str, *arguments: str) -> int:
    """The most bytes that are alive at one time, in as few steps as the arm can do."""
    few = {name: min(number, STEPS) for name, number in experiment.budget.items() if "steps" in name}
    few |= {name: 1 for name in experiment.budget if name == "epochs"}
    with deterministic(), gpu(None) as mode:
        getattr(experiment(Implementation(), list(seeds), NAME, few), arm)(*arguments)
    return mode.peak_bytes


if __name__ == "__main__":
    main()
