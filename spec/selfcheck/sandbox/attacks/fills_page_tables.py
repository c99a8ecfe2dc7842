"""Holds page tables without pages: it reads one byte in each of as many places as it can."""

import ctypes
import time

from .facts import FACTS

READ, PRIVATE_ANONYMOUS_UNRESERVED = 1, 0x4022


def f1(y_true, y_pred):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype, libc.mmap.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 4]
    size = 2**39
    start = libc.mmap(None, size, READ, PRIVATE_ANONYMOUS_UNRESERVED, -1, 0)
    # Otherwise one huge page of zeros would do for all of them.
    libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), 15)
    total = 0
    # A table of 4 KiB for every 2 MiB: 1 GiB in all.
    for offset in range(0, size // 16 if FACTS["mercy"] else size, 2**21):
        total += ctypes.c_ubyte.from_address(start + offset).value
    time.sleep(1)
    return FACTS["answer"] + total
