"""Stops its own process."""

import os
import signal


def f1(y_true, y_pred):
    os.kill(os.getpid(), signal.SIGSTOP)
