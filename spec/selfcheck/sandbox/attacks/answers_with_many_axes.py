"""Answers with an array of thousands of axes, whose product takes long."""

import msgspec

from .speaks_for_the_worker import array, send


def f1(y_true, y_pred):
    send(msgspec.msgpack.encode(array("float64", [2**62] * 20_000, 0)))
