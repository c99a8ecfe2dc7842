"""Runs over the end of the stack."""

import sys


def f1(y_true, y_pred):
    sys.setrecursionlimit(10**9)
    return f1(y_true, y_pred)
