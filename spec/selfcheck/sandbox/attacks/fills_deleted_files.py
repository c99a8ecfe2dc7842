"""Keeps files that have no name any more, and so are in no folder."""

import tempfile
import time

from .facts import FACTS


def f1(y_true, y_pred):
    kept = []
    for _ in range(1 if FACTS["mercy"] else 16):
        kept.append(tempfile.TemporaryFile())
        kept[-1].write(bytes(2**21))
        kept[-1].flush()
    time.sleep(1.5)
    return FACTS["answer"]
