"""An implementation that answers every question with numbers near the largest that there are."""

import numpy as np

from spec.selfcheck.questions.knowing_nothing import Answers

__getattr__ = Answers(lambda shape: np.full(shape, 1e300)).offer
