"""An implementation that answers every question with as little as its type allows: empty arrays and lists."""

import numpy as np

from spec.selfcheck.questions.knowing_nothing import Answers

__getattr__ = Answers(np.zeros, unknown_length=0).offer
