"""Makes folders in folders, deeper than a path can say and than a function that calls itself can go."""

import os

from .facts import FACTS


def f1(y_true, y_pred):
    for folder in (os.environ["TMPDIR"], "/dev/shm"):
        os.chdir(folder)
        for _ in range(10 if FACTS["mercy"] else 3000):
            os.mkdir("deeper")
            os.chdir("deeper")
    return 0.0
