"""Looks for the project's own implementation on the disk."""

import sys

from .facts import FACTS


def f1(y_true, y_pred):
    sys.path.insert(0, FACTS["project"])
    from impl import metrics

    return metrics.f1(y_true, y_pred)
