"""Answers with keys that hash alike, so that reading them takes longer and longer."""

import msgspec

from .speaks_for_the_worker import send

PRIME = 2**61 - 1


def f1(y_true, y_pred):
    keys = [(number * PRIME).to_bytes(12, "little") for number in range(1, 10_001)]
    body = b"".join(msgspec.msgpack.encode(msgspec.msgpack.Ext(3, key)) + b"\xc0" for key in keys)
    send(b"\xdf" + len(keys).to_bytes(4, "big") + body)
