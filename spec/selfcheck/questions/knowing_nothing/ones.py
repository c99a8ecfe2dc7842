"""An implementation that answers every question with ones, and with twos where it is asked for integers."""

import numpy as np

from spec.selfcheck.questions.knowing_nothing import Answers

__getattr__ = Answers(np.ones).offer
