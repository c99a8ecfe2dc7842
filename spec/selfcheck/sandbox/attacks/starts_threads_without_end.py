"""Starts threads until it may not."""

import threading
import time


def f1(y_true, y_pred):
    while True:
        threading.Thread(target=time.sleep, args=(60,)).start()
