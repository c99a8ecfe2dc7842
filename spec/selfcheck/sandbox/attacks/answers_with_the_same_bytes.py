"""Answers with a hundred arrays of the same bytes."""

import msgspec

from .speaks_for_the_worker import array, send


def f1(y_true, y_pred):
    length = 2**20
    send(msgspec.msgpack.encode([array("bool", [length], 0)] * 100), length)
