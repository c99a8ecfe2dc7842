"""Leaves a process whose name is no text."""

import ctypes
import os
import time


def f1(y_true, y_pred):
    if os.fork() == 0:
        SET_NAME = 15
        ctypes.CDLL(None).prctl(SET_NAME, b"\xff", 0, 0, 0)
        time.sleep(600)
    time.sleep(0.1)
    return 0.5
