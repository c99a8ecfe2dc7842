"""What makes two runs with the same seed equal, and what keeps the interpreter from costing more than the tests.

Gains are ratios of processor time with and without, the median of three pairs in alternation (and their range).
"""

import gc
import hashlib
from typing import Any

from .errors import SpecificationError

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""One thread per worker, or results would depend on how many cores there are."""

KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**28), "MALLOC_TRIM_THRESHOLD_": str(2**29)}
"""glibc gives memory back to the system at once, and takes it again for the next step of a training. So blocks are
kept, up to this many bytes: .99 (.95 to 1.09) of the claims about rotation, and .76 of their system time; page faults
cost more on some machines than on this one."""

CUBLAS_WORKSPACE = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
"""Without it, matrix products on CUDA need not come out the same twice; it is read as cuBLAS starts."""

ENVIRONMENT = ONE_THREAD | KEPT_MEMORY | CUBLAS_WORKSPACE
"""The environment variables of every process of a run, sandboxed ones too; they are read when a process starts."""

COLLECTOR_THRESHOLDS = (20_000, 10, 10)
"""Objects to make before the garbage collector looks at the youngest, and so on with the older ones. Python's own are
for programs of few objects. With `spare_from_collection` and `end`, .89 (.81 to 1.02) of the claims without training in
one process."""


def collect_garbage_rarely() -> None:
    """Use `COLLECTOR_THRESHOLDS` from now on."""
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def spare_from_collection() -> None:
    """What is there now stays to the end: the garbage collector need not look at it again."""
    gc.freeze()


def end() -> None:
    """What is not garbage by now is left to the system, or Python would go over all of it again as it ends."""
    gc.collect()
    gc.freeze()


def set_up_hypothesis() -> None:
    """Examples are a function of the seed alone: no clock, no database, no constants gleaned from what is imported."""
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis.internal import constants_ast
    from hypothesis.internal.conjecture import providers

    # Hypothesis tries constants that it finds in whatever modules were imported so far, which depends on the selection.
    providers._get_local_constants = constants_ast.Constants
    settings.register_profile(
        "claims",
        max_examples=200,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, Phase.target, Phase.shrink],
    )
    settings.load_profile("claims")


def seed_hypothesis(test: Any, seed: int, name: str) -> None:
    """The examples of a test under Hypothesis follow from `--claims-seed` and its name; other tests are left alone."""
    if hasattr(test, "hypothesis"):
        from hypothesis import seed as seeded

        seeded(_number(seed, name))(test)


def _number(seed: int, name: str) -> int:
    """64 bits that follow from a seed and a name."""
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:8], "big")


_of_the_test: int | None = None


def begin_test(seed: int, name: str) -> None:
    """`seed_of_test` follows from `--claims-seed` and the name of the test that begins."""
    global _of_the_test
    _of_the_test = _number(seed, name) >> 34


def seed_of_test(number: int = 0) -> int:
    """What the test under way draws from, where Hypothesis draws nothing for it: others with another `--claims-seed`.

    Each `number` below 2³¹ gives another one, and neighbours give neighbours; all are seeds of the contract's.
    """
    if _of_the_test is None:
        raise SpecificationError("seed_of_test() was called outside a test; expected a call in a test")
    return _of_the_test + number
