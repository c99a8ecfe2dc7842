"""The environment variables of every process of a run, sandboxed ones too. A process reads them when it starts."""

import os

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""One thread per worker, or results would depend on how many cores there are."""

KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**28), "MALLOC_TRIM_THRESHOLD_": str(2**29)}
"""glibc gives memory back to the system at once, and takes it again for the next step of a training: page faults took a
fifth of the time of some. So blocks are kept, up to this many bytes."""

VARIABLES = ONE_THREAD | KEPT_MEMORY


def for_children() -> dict[str, str]:
    """The environment of a pytest that this process starts: what concerns the run that this may be part of left out."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
