"""Answers with keys that are lists, whose hash can be computed in advance."""

from .speaks_for_the_worker import send


def f1(y_true, y_pred):
    send(b"\x81\x92\x01\x02\xc0")
