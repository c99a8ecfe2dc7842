"""An implementation that answers every question with random numbers."""

import numpy as np

from spec.selfcheck.questions.knowing_nothing import Answers

__getattr__ = Answers(np.random.default_rng(0).random).offer
