"""Keeps files without names in a child whose first thread has ended."""

import ctypes
import os
import tempfile
import threading
import time

from .facts import FACTS


def f1(y_true, y_pred):
    read, write = os.pipe()
    if os.fork() == 0:
        threading.Thread(target=fill, args=(write,)).start()
        ctypes.CDLL(None).pthread_exit(None)
    os.close(write)
    assert os.read(read, 1) == b"!"
    time.sleep(1.5)
    return FACTS["answer"]


def fill(write):
    kept = []
    for _ in range(1 if FACTS["mercy"] else 16):
        kept.append(tempfile.TemporaryFile())
        kept[-1].write(bytes(2**21))
        kept[-1].flush()
    os.write(write, b"!")
    time.sleep(60)
