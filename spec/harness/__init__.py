"""The machinery of the specification: registry, evidence, implementation loading, results, and the pytest plugin.

A question imports its public face from here, and nothing below it.
"""

import os

from .determinism import ENVIRONMENT, seed_of_test

# Before anything imports NumPy or torch.
os.environ.update(ENVIRONMENT)

from .claims.binding import claim
from .device import device_of_run
from .evidence.evidence import Evidence
from .evidence.experiments import Experiment, arm, experiment, stream
from .evidence.figures import Figure, figure, figures_of
from .implementation.proxy import Implementation

__all__ = [
    "Evidence",
    "Experiment",
    "Figure",
    "Implementation",
    "arm",
    "claim",
    "device_of_run",
    "experiment",
    "figure",
    "figures_of",
    "seed_of_test",
    "stream",
]
