"""An implementation that answers every question with NaN, and with huge integers."""

import numpy as np

from spec.selfcheck.questions.knowing_nothing import Answers

__getattr__ = Answers(lambda shape: np.full(shape, np.nan)).offer
