"""The machinery of the specification: registry, evidence, implementation loading, results, and the pytest plugin.

A question imports its public face from here, and nothing below it.
"""

import os

# Before anything imports NumPy or torch: one thread per worker, or results depend on how many cores there are.
for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"

from .binding import claim
from .evidence import Evidence
from .experiments import Experiment, arm, experiment, stream
from .implementation import Implementation

__all__ = ["Evidence", "Experiment", "Implementation", "arm", "claim", "experiment", "stream"]
