"""Never answers, and ignores signals."""

import signal
import time


def f1(y_true, y_pred):
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_IGN)
    while True:
        time.sleep(1)
