"""Leaves a process that outlives it."""

import os
import time


def f1(y_true, y_pred):
    if os.fork() == 0:
        if os.fork() == 0:
            os.closerange(0, 100)
            time.sleep(600)
        os._exit(0)
    os.wait()
    return 0.5
