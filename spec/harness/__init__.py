"""The machinery of the specification: registry, evidence, implementation loading, results, and the pytest plugin.

A question imports its public face from here, and nothing below it.
"""

import os

from .surroundings import VARIABLES

# Before anything imports NumPy or torch.
os.environ.update(VARIABLES)

from .binding import claim
from .evidence import Evidence
from .experiments import Experiment, arm, experiment, stream
from .implementation import Implementation

__all__ = ["Evidence", "Experiment", "Implementation", "arm", "claim", "experiment", "stream"]
