"""An implementation that returns an argument where its type fits, and zeros where none does."""

import numpy as np

from spec.selfcheck.questions.knowing_nothing import Answers

__getattr__ = Answers(np.zeros, echoes=True).offer
