"""Sends an answer so slowly that it never ends."""

import os
import socket
import stat
import struct
import time


def line():
    """The socket to the specification."""
    for number in range(3, 100):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                return socket.socket(fileno=os.dup(number))
        except OSError:
            pass


def f1(y_true, y_pred):
    out = line()
    for byte in struct.pack("<IQ", 1000, 0) + bytes(1000):
        out.sendall(bytes([byte]))
        time.sleep(0.05)
