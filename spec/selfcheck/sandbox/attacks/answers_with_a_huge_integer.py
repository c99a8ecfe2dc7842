"""Answers with an integer of a million bits."""

import msgspec

from .speaks_for_the_worker import send


def f1(y_true, y_pred):
    send(msgspec.msgpack.encode(msgspec.msgpack.Ext(3, b"\x7f" * 2**18)))
