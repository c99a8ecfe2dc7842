"""An implementation that answers every question with zeros."""

import numpy as np

from spec.selfcheck.questions.knowing_nothing import Answers

__getattr__ = Answers(np.zeros).offer
